"""What changed inside a value is told place by place: exactly, shortly, and for any value."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.runs.comparing import value_changes
from jupyter_pipes.runs.comparing.value_changes import LIMIT, changes

NAN = float("nan")


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (1, 2, ["x: 1 → 2"]),
        (1, 1.0, ["x: 1 → 1.0"]),
        (1, True, ["x: 1 → True"]),
        (0.0, -0.0, ["x: 0.0 → -0.0"]),
        (NAN, float("nan"), []),
        (None, 0, ["x: None → 0"]),
        ("a", "b", ['x: "a" → "b"']),
        ("1", 1, ['x: "1" → 1']),
        (b"a", b"b", ["x: b'a' → b'b'"]),
        ({"lr": 0.1, "n": NAN}, {"lr": 0.2, "n": NAN}, ['x["lr"]: 0.1 → 0.2']),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ['x["a"]["b"][1]["c"]: 2 → 3']),
        ({"a": 1}, {"b": 1}, ['x["a"]: 1 removed', 'x["b"]: 1 added']),
        ({1: "a"}, {1: "b"}, ['x[1]: "a" → "b"']),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ["x: keys in another order"]),
        ([1, 2, 3], [1, 9, 3], ["x[1]: 2 → 9"]),
        ([1, 2, 3], [1, 3], ["x[1]: 2 removed"]),
        ([1, 3], [0, 1, 3], ["x[0]: 0 added"]),
        ([1, 2, 3, 4], [1, 9, 4], ["x[1]: 2 → 9", "x[2]: 3 removed"]),
        ([0.0, NAN], [-0.0, NAN], ["x[0]: 0.0 → -0.0"]),
        ([(1, 0.0)], [(1, -0.0)], ["x[0][1]: 0.0 → -0.0"]),
        ((1, 2), [1, 2], ["x: (1, 2) → [1, 2]"]),
        ({1, 2}, {2, 3}, ["x: 1 removed", "x: 3 added"]),
        (object(), object(), []),
        (np.int64(1), np.int64(2), ["x: np.int64(1) → np.int64(2)"]),
    ],
)
def test_plain_data(old: Any, new: Any, lines: list[str]) -> None:
    assert list(changes("x", old, new)) == lines


def test_of_long_texts_the_place_where_they_part_is_shown() -> None:
    (line,) = changes("x", "a" * 1000 + "b" + "c" * 1000, "a" * 1000 + "d" + "c" * 1000)
    assert len(line) < 150
    assert line.startswith('x: …"aaaaaaaaaaaaaaaaaaaabccc')
    assert '→ …"aaaaaaaaaaaaaaaaaaaadccc' in line


def test_no_more_than_twenty_are_told_one_by_one() -> None:
    lines = changes("x", list(range(33)), [-n - 1 for n in range(33)])
    assert lines[LIMIT - 1 :] == ("x[19]: 19 → -20", "… and 13 more")
    assert len(changes("x", list(range(20)), [-n - 1 for n in range(20)])) == 20


def test_values_that_hold_themselves_or_one_another_often_come_to_an_end() -> None:
    one: list[Any] = [1]
    other: list[Any] = [2]
    one.append(one)
    other.append(other)
    assert changes("x", one, other) == ("x[0]: 1 → 2",)
    for _ in range(60):
        one, other = [one, one], [other, other]
    assert len(changes("x", one, other)) == 1


def test_deep_lists_of_other_lengths_are_compared_in_reasonable_time() -> None:
    one: list[Any] = [1]
    other: list[Any] = [2]
    for _ in range(60):
        one, other = [0, one], [0, other, 3]
    assert changes("x", one, other)


FRAME = pd.DataFrame({"n": [1, 2, 3], "price": [1.0, NAN, 3.0], "s": ["a", None, "c"]})


def with_price(value: float, **index: Any) -> pd.DataFrame:
    changed = FRAME.copy()
    changed.loc[2, "price"] = value
    return changed


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (FRAME, FRAME.copy(), []),
        (FRAME, with_price(2.0), ['x.loc[2, "price"]: 3.0 → 2.0']),
        (FRAME, FRAME.assign(new=1), ['x: column "new" added (int64)']),
        (FRAME, FRAME.drop(columns="n"), ['x: column "n" removed (int64)']),
        (FRAME, FRAME[["s", "n", "price"]], ["x: columns in another order"]),
        (FRAME, FRAME.astype({"n": float}), ['x["n"]: int64 → float64']),
        (FRAME, FRAME.iloc[1:], ["x: 1 row removed: 0"]),
        (FRAME.iloc[:1], FRAME, ["x: 2 rows added: 1, 2"]),
        (FRAME, FRAME[::-1], ["x: rows in another order"]),
        (FRAME, FRAME.set_axis(["a", "b", "c"]), ["x.index: int64 → str", "x: 3 rows removed: 0, 1, 2",
                                                  'x: 3 rows added: "a", "b", "c"']),
        (pd.DataFrame({"n": [1, 2]}, index=[0, 0]), pd.DataFrame({"n": [1, 3]}, index=[0, 0]),
         ['x["n"].iloc[1]: 2 → 3']),
        (pd.Series([1, 2], index=["a", "b"]), pd.Series([1, 3], index=["a", "b"]), ['x.loc["b"]: 2 → 3']),
        (pl.DataFrame({"n": [1, 2]}), pl.DataFrame({"n": [1, 3], "m": ["a", "b"]}),
         ['x: column "m" added (String)', 'x[1, "n"]: 2 → 3']),
        (pl.Series([1, None]), pl.Series([1, 2]), ["x[1]: None → 2"]),
        (np.zeros((2, 2)), np.array([[0.0, 0.0], [1.0, 0.0]]), ["x[1, 0]: 0.0 → 1.0"]),
        (np.zeros(2), np.zeros(3), ["x: 2 → 3"]),
        (np.zeros(2), np.zeros(2, int), ["x: float64 → int64"]),
        (np.array(1), np.array(2), ["x: 1 → 2"]),
        ({"df": FRAME}, {"df": with_price(2.0)}, ['x["df"].loc[2, "price"]: 3.0 → 2.0']),
        ({"df": FRAME}, {"df": None}, None),
    ],
)  # fmt: skip
def test_tables_and_arrays(old: Any, new: Any, lines: list[str] | None) -> None:
    told = list(changes("x", old, new))
    assert told == lines or (lines is None and len(told) == 1)


def test_large_tables_are_compared_by_shape_and_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_changes, "CELLS", 3)
    old, new = pd.DataFrame({"n": [1, 2, 3]}), pd.DataFrame({"n": [1.0, 2.0, 3.0, 4.0]})
    assert changes("x", old, new) == (
        'x["n"]: int64 → float64',
        "x: 3 \N{MULTIPLICATION SIGN} 1 → 4 \N{MULTIPLICATION SIGN} 1",
        "x: values of more than 3 cells are not compared",
    )


def test_a_table_whose_columns_have_one_name_is_told_by_its_repr() -> None:
    old, new = (pd.DataFrame([[1, value]], columns=["a", "a"]) for value in (2, 3))
    assert len(changes("x", old, new)) == 1
    assert changes("x", old, FRAME)
    assert changes("x", FRAME, old)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(plain, plain)
def test_a_value_differs_from_another_exactly_when_its_repr_does(old: Any, new: Any) -> None:
    assert changes("x", old, copy.deepcopy(old)) == ()
    assert bool(changes("x", old, new)) == (repr(old) != repr(new))
