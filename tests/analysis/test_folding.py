"""Long runs of literals: one number of the same length, with every position as it was."""

from __future__ import annotations

import ast
import json

import pytest

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.folding import WORTH_IT, folded
from jupyter_pipes.planning.signing.code_digests import code_digest

ROWS = [[number / 7, number, "a'b", None] for number in range(20_000)]
RECORDS = [{"a": number, "b": [1, 2, 3], "c": 'x"y'} for number in range(10_000)]
LITERALS = {
    "numbers on one line": f"{[*range(60_000)]}",
    "numbers on lines": "[\n" + "".join(f"    {number},\n" for number in range(60_000)) + "]",
    "short lines": "[" + "".join(f"{number % 10},\n" for number in range(90_000)) + "1]",
    "negative floats": f"{[-number / 1e9 for number in range(60_000)]}",
    "texts that are no ASCII": "(\n" + "".join(f"  'é{number}',\n" for number in range(40_000)) + ")",
    "a dict": "{" + ", ".join(f'"k{number}": {number}.5' for number in range(30_000)) + "}",
    "a dict that ends with a comma": "{" + "".join(f"{number}: 'v',\n" for number in range(30_000)) + "}",
    "a dict whose first key is a name": "{k: 1, " + ", ".join(f"{n}: 2" for n in range(40_000)) + "}",
    "rows": repr(ROWS),
    "records": json.dumps(RECORDS, indent=1).replace("null", "None"),
    "a set": f"{set(range(50_000))}",
    "arguments": f"max({', '.join(map(str, range(60_000)))})",
}


@pytest.mark.parametrize("literal", LITERALS.values(), ids=LITERALS)
def test_names_and_positions_stay(literal: str) -> None:
    source = f"k = 0; data = {literal}; last = data\nafter = k"
    short = folded(source)
    assert len(source) > WORTH_IT
    assert len(" ".join(short.split())) < len(source) / 50
    places, expected = _places(ast.parse(short)), _places(ast.parse(source))
    assert places == expected
    assert analyze(source).writes == {"k", "data", "last", "after"}


def _places(tree: ast.Module) -> list[tuple[int, int, int | None, int | None]]:
    return [(each.lineno, each.col_offset, each.end_lineno, each.end_col_offset) for each in tree.body]


def test_what_differs_in_a_run_has_another_digest() -> None:
    one, other = ([*range(60_000), last, 0] for last in (1, 2))
    assert code_digest(f"xs = {one}") == code_digest(f"xs = {one}  # the same")
    assert code_digest(f"xs = {one}") != code_digest(f"xs = {other}")


@pytest.mark.parametrize(
    "source",
    [
        "text = '''" + "1, 2, " * 60_000 + "'''\ny = x",
        "text = [" + ", ".join(f"f'{{x}}{number}'" for number in range(30_000)) + "]\ny = x",
        "y = [" + ", ".join(f"x[{number}]" for number in range(30_000)) + "]\ntext = 1",
        "#" + " 1, 2," * 60_000 + "\ntext = 1; y = x",
    ],
)
def test_what_only_looks_like_literals_is_read_as_it_is(source: str) -> None:
    names = analyze(source)
    assert (names.reads, names.writes) == ({"x"}, {"text", "y"})


def test_short_sources_are_left_alone() -> None:
    source = f"xs = {[*range(1_000)]}"
    assert folded(source) is source
