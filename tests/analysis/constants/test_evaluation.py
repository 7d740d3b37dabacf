"""Rules of constants: what Python itself makes of known things is told, anything else is not looked at."""

from __future__ import annotations

import ast
import builtins
import datetime
import math
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.evaluation import evaluate
from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant

NAMES = {
    **known.BUILTINS,
    "date": datetime.date,
    "dt": known.Module("datetime"),
    "math": known.Module("math"),
    "os": known.Module("os"),
    "Decimal": Decimal,
    "Path": Path,
    "n": 3,
    "xs": [1, 2, 3],
    "secret": UNKNOWN,
}
REAL = {**NAMES, **vars(builtins), "dt": datetime, "math": math, "os": __import__("os")}


def value_of(text: str, names: dict[str, Any] = NAMES) -> Any:
    return evaluate(ast.parse(text, mode="eval").body, names)


@pytest.mark.parametrize(
    "text",
    [
        "[1, (2.5, 'a'), {3}, {'k': None}, b'x', ...]",
        "n // 2 + 2 ** 10 - -n % 2",
        "'ab' * 2 + f'{n:>4}{n!r}'",
        "xs[-1] + xs[0:2][1]",
        "[*xs, *(4, 5)] + [i * n for i in range(3) if i]",
        "{k: v for k, v in zip_ if k}",
        "{**{'a': 1}, 'b': 2}",
        "1 < n <= 3 and not n == 4 or secret",
        "n if n > 1 else secret",
        "date(2024, 1, 31)",
        "dt.datetime(2024, 1, 1, 12).date().isoformat()",
        "dt.timedelta(hours=n) / 2",
        "dt.date.fromisoformat('2024-02-03').replace(year=2025).year",
        "Decimal('0.10') * 3",
        "Path('a') / 'b' / f'{n}.csv'",
        "Path('a/b.csv').with_suffix('.txt').name",
        "math.sqrt(2) + math.pi",
        "os.path.join('a', 'b')",
        "max(len(x) for x in ['a', 'bc'])",
        "sorted(xs, key=str, reverse=True)",
        "'data_{}.csv'.format(n) + 'n=%d' % n + ', '.join(['a', 'b'])",
    ],
)
def test_what_only_puts_together_what_is_known_is_what_python_makes_of_it(text: str) -> None:
    names = {**NAMES, "zip_": [("a", 1), ("", 2)]}
    # The text is that of the table above.
    value, expected = value_of(text, names), eval(text, {**REAL, "zip_": [("a", 1), ("", 2)]})
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        "secret()",
        "[secret]",
        "open('x', 'w')",
        "eval('1')",
        "__import__('os').system('true')",
        "print(1)",
        "getattr(n, 'real')",
        "(lambda: 1)()",
        "sorted(['1'], key=eval)",
        "max(['1'], key=lambda x: 1)",
        "n.__class__",
        "().__class__.__base__.__subclasses__()",
        "'{0.__class__}'.format(n)",
        "date.today()",
        "dt.datetime.now()",
        "Path.home()",
        "Path('a').exists()",
        "Path('a').read_text()",
        "os.getcwd()",
        "os.environ['HOME']",
        "(m := 3)",
        "type('X', (), {})",
    ],
)
def test_anything_else_is_not_told(text: str) -> None:
    with pytest.raises(NotConstant):
        value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "10 ** 10 ** 10",
        "1 << 10 ** 9",
        "'a' * 10 ** 9",
        "[[0] * 10 ** 6] * 10 ** 6",
        "f'{1:1000000000}'",
        "'{:1000000000}'.format(1)",
        "'{:{}}'.format(1, 10 ** 9)",
        "'%1000000000d' % 1",
        "'%*d' % (10 ** 9, 1)",
        "list(range(10 ** 9))",
        "[i for i in range(10 ** 6) for j in range(10 ** 6)]",
        "sum(i for i in range(10 ** 12))",
        "('a' * 10 ** 5).join(['b'] * 10 ** 5)",
        "1" + " + 1" * 3000,
        "+" * 2000 + "1",
    ],
)
def test_what_takes_all_time_or_memory_is_not_told(text: str) -> None:
    begun = time.process_time()
    with pytest.raises((NotConstant, RecursionError, MemoryError)):
        value_of(text)
    # Each would take minutes, or gigabytes.
    assert time.process_time() - begun < 30


def test_what_python_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        value_of("1 / 0")
    with pytest.raises(NameError, match="nothing"):
        value_of("nothing + 1")
    with pytest.raises(ValueError, match="month"):
        value_of("date(2024, 13, 1)")


EXPRESSIONS = st.recursive(
    st.integers(-9, 9).map(str) | st.sampled_from(["n", "xs", "'a'", "1.5", "True", "None"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "<", "in", "and", "or"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        )
        | st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda item: f"str({item})")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_any_expression_comes_to_what_python_makes_of_it_or_is_not_told(text: str) -> None:
    try:
        expected = eval(text, dict(REAL))
    except Exception as error:  # any that Python raises
        with pytest.raises((type(error), NotConstant)):
            value_of(text)
        return
    value = value_of(text)
    assert (value, type(value)) == (expected, type(expected))
