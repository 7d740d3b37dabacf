"""A description is short, cheap and never fails."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jupyter_pipes.storage import previews
from jupyter_pipes.storage.previews import Describer, describe, value_in_words, within


@dataclass
class Bag:
    items: list


class Bad:
    shape = property(lambda self: 1 / 0)

    def __repr__(self):
        raise ValueError


class Odd:
    shape = "round"


@pytest.mark.parametrize(
    ("value", "name", "shape", "preview"),
    [
        (None, "NoneType", (), "None"),
        (1.5, "float", (), "1.5"),
        ("abc", "str", (3,), "'abc'"),
        ([1, [2]], "list", (2,), "[1, [2]]"),
        (list(range(1000)), "list", (1000,), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...]"),
        ({"b": [1], "a": {}}, "dict", (2,), "{'b': [1], 'a': {}}"),
        ({i: i for i in range(11)}, "dict", (11,), f"{{{', '.join(f'{i}: {i}' for i in range(10))}, ...}}"),
        ({3, 1}, "set", (2,), "{1, 3}"),
        (set(range(11)), "set", (11,), "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...}"),
        (frozenset(), "frozenset", (0,), "frozenset()"),
        (np.arange(3), "numpy.ndarray", (3,), "array([0, 1, 2])"),
        (np.float64(1), "numpy.float64", (), "np.float64(1.0)"),
        (pd.DataFrame({"a": [1]}), "pandas.DataFrame", (1, 1), "   a\n0  1"),
        (
            pd.Series(range(100)),
            "pandas.Series",
            (100,),
            "0    0\n1    1\n2    2\n3    3\n4    4\ndtype: int64",
        ),
        (pl.DataFrame({"a": [1]}), "polars.DataFrame", (1, 1), None),
        (pa.table({"a": [1]}), "pyarrow.Table", (1, 1), None),
        (Bad(), "{}.Bad", (), ""),
        (Odd(), "{}.Odd", (), None),
        (Bag([1]), "{}.Bag", (), "Bag(items=[1])"),
        (int, "type", (), "<class 'int'>"),
        (pd.DataFrame, "type", (), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_type_shape_and_beginning_are_told(value, name, shape, preview):
    told = describe(value)
    assert told[:2] == (name.format(__name__), shape)
    assert preview is None or told[2] == preview


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        [["y" * 1000] * 1000] * 1000,
        {i: i for i in range(10**5)},
        Bag([list(range(10**5))] * 50),
        pd.DataFrame({f"column {i}": range(1000) for i in range(200)}),
        np.random.default_rng(0).random((1000, 1000)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_preview_is_short(value):
    assert 0 < len(describe(value)[2]) <= 300


def test_a_query_is_not_run():
    def explode(_):
        raise AssertionError("the query was run")

    assert describe(pl.LazyFrame({"a": [1]}).map_batches(explode))[0] == "polars.LazyFrame"


class Endless:
    """Never says what it is, whatever interrupts it as one of its own errors."""

    asked = 0

    def __repr__(self):
        Endless.asked += 1
        while True:
            try:
                threading.Event().wait(60)
            except Exception:
                continue


def test_a_value_that_never_answers_is_told_by_its_type_and_the_patience_with_all_ends(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(previews, "PATIENCE", 0.1)
    monkeypatch.setattr(previews, "_PATIENCE_FOR_ALL", 0.3)
    Endless.asked = 0
    describer = Describer()
    for _ in range(20):
        name, shape, text = describer.describe(Endless())
        assert (name, shape) == (f"{__name__}.Endless", ())
        assert "no preview" in text
    assert 0 < Endless.asked < 10


def test_a_timer_and_handler_of_the_steps_own_are_there_afterwards():
    rung = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: rung.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 600)
        assert describe([1])[2] == "[1]"
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        assert rung.wait(60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_beside_the_main_thread_there_is_a_limit_as_well():
    ended = []

    def ask():
        with pytest.raises(TimeoutError):
            within(0.05, Endless().__repr__)
        ended.append(within(60, lambda: 1))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(60)
    assert ended == [1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1], "x has 1"),
        (3, "x is 3"),
        ("abc", "x is 'abc'"),
        (np.zeros((2, 3)), "x has 2 by 3"),
        (None, "x is None"),
        (np.float64(0.5), "x is 0.5"),
        (np.int8(3), "x is 3"),
    ],
)
def test_a_reason_tells_a_value_by_how_much_it_holds_or_as_it_is(value, words):
    assert value_in_words("x", value) == words
