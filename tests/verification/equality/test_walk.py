"""Values are equal when nothing tells them apart: content, types, order, and what is one object."""

from __future__ import annotations

import collections
import copy
import datetime
import enum
import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import cloudpickle
import matplotlib.figure
import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jupyter_pipes.verification.equality.walk import Incomparable, difference, joint_difference


class Colour(enum.Enum):
    RED = 1


@dataclass
class Account:
    balance: int = 0
    items: list[str] = field(default_factory=list[str])


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self
        self.parts = [self]


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a: int) -> None:
        self.a = a


class Lazy:
    """Keeps what it computed."""

    @functools.cached_property
    def total(self) -> int:
        return 3


Pair = collections.namedtuple("Pair", "a b")


def figure(title: str = "speed") -> Any:
    made = matplotlib.figure.Figure()
    axes = made.add_subplot()
    axes.plot([1, 2, 4])
    axes.set_title(title)
    return made


def frame() -> Any:
    return pd.DataFrame(
        {
            "n": [1.5, float("nan")],
            "c": pd.Categorical(["x", None], categories=["y", "x"]),
            "t": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Paris"),
            "i": pd.array([1, None], dtype="Int64"),
            "o": [[1], {2}],
        },
        index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None]),
    )


def shared() -> Any:
    part = [1]
    return [part, part]


VALUES: dict[str, Callable[[], Any]] = {
    "numbers": lambda: [1, True, 1.5, float("nan"), -0.0, 2**70, 1j, Decimal("1.10")],
    "texts": lambda: ["ü", b"x", None, ..., range(3), slice(1, None)],
    "dict": lambda: {"b": 1, "a": {2: (3, [4])}},
    "sets": lambda: [{3, 1, "a"}, frozenset({("x", 1)})],
    "counter": lambda: collections.Counter("banana"),
    "defaultdict of a lambda": lambda: collections.defaultdict(lambda: 0, {1: 2}),
    "deque": lambda: collections.deque([1, 2], maxlen=3),
    "namedtuple": lambda: Pair(1, [2]),
    "dataclass": lambda: Account(3, ["tea"]),
    "enum": lambda: {Colour.RED: 1},
    "slots": lambda: Slotted(1),
    "cycle": Knot,
    "shared": shared,
    "moments": lambda: [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(1)],
    "pandas scalars": lambda: [pd.Timestamp("2020", tz="Asia/Tokyo"), pd.NaT, pd.NA, pd.Interval(0, 1)],
    "array": lambda: np.array([[1.0, np.nan]]),
    "structured array": lambda: np.zeros(2, np.dtype([("a", "i4"), ("b", "O")])),
    "masked array": lambda: np.ma.masked_equal(np.array([1, 2]), 2),
    "generators": lambda: [np.random.default_rng(3), np.random.RandomState(4), random.Random(5)],
    "frame": frame,
    "period index": lambda: pd.period_range("2020", periods=3, freq="M"),
    "polars": lambda: pl.DataFrame({"a": [1, None], "b": ["x", "y"]}),
    "arrow": lambda: pa.table({"a": [1.0, float("nan")]}),
    "graph": nx.karate_club_graph,
    "figure": figure,
    "axes": lambda: figure().axes[0],
    "function": lambda: lambda x, y=[1]: x + len(y),
    "iterator": lambda: iter([1, 2, 3]),
    "descriptors": lambda: [str.join, Slotted.a],
    "bound methods": lambda: [[1].append, {}.get],
    "partial": lambda: functools.partial(max, 3),
}


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES.keys())
def test_what_comes_back_from_a_pickle_is_equal(make: Callable[[], Any]) -> None:
    value = make()
    assert difference(value, cloudpickle.loads(cloudpickle.dumps(value))) is None


def advanced(values: Any) -> Any:
    next(values)
    return values


DIFFERENT: dict[str, tuple[Any, Any, str]] = {
    "type of a number": (1, True, ""),
    "float for int": ([1], [1.0], "[0]"),
    "sign of zero": (0.0, -0.0, ""),
    "order of keys": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "list(…)[0]"),
    "one key more": ({"a": 1}, {"a": 1, "b": 2}, "list(…)"),
    "set": ({1, 2}, {1, 3}, "[1]"),
    "deep inside": ({"x": [0, Account(1)]}, {"x": [0, Account(2)]}, "['x'][1].balance"),
    "attribute more": (Account(1), (lambda a: setattr(a, "extra", 1) or a)(Account(1)), "vars(…)"),
    "slot": (Slotted(1), Slotted(2), ".a"),
    "size of numbers": (np.int32(1), np.int64(1), ""),
    "cell of an array": (np.array([[1, 2]]), np.array([[1, 3]]), "[0, 1]"),
    "dtype": (np.zeros(2), np.zeros(2, "f4"), ".dtype"),
    "state of a generator": (np.random.default_rng(1), np.random.default_rng(2), "…"),
    "cell of a frame": (frame(), frame().assign(n=[1.5, 2.0]), "['n'][1]"),
    "categories": (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"]), ".dtype"),
    "name of a series": (pd.Series([1], name="x"), pd.Series([1]), ".name"),
    "index": (pd.Series([1], index=[0]), pd.Series([1], index=["0"]), "…"),
    "place of an iterator": (iter([1, 2]), advanced(iter([1, 2])), "…"),
    "code": (lambda x: x + 1, lambda x: x + 2, ".__code__.co_consts[1]"),
    "default of a function": (lambda x=1: x, lambda x=2: x, ".__defaults__[0]"),
    "title of a figure": (figure(), figure("height"), "[0]['title']"),
    "one object, two objects": (shared(), [[1], [1]], "[1]"),
    "two objects, one object": ([[1], [1]], shared(), "[1]"),
}


@pytest.mark.parametrize(("a", "b", "where"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_differs_is_told_with_its_place(a: Any, b: Any, where: str) -> None:
    found = difference(a, b)
    assert found is not None
    assert where in (found.where, "…")


def test_what_an_object_keeps_only_to_be_quick_is_no_difference() -> None:
    used = Lazy()
    assert used.total == 3
    assert difference(used, Lazy()) is None


def test_properties_are_equal_by_what_they_call() -> None:
    members = [functools.cached_property(len), property(len), staticmethod(len)]
    assert difference(members, [functools.cached_property(len), property(len), staticmethod(len)]) is None
    assert difference([property(len)], [property(max)]) is not None


def test_what_cannot_be_looked_into_is_said() -> None:
    import threading

    with pytest.raises(Incomparable, match="lock"):
        difference([threading.Lock()], [threading.Lock()])


def test_two_names_of_one_object_are_two_objects_on_no_side() -> None:
    a, b = [1], [1]
    assert joint_difference([("x", a, b), ("y", a, b)]) is None
    assert joint_difference([("x", a, b), ("y", a, [1])]) is not None


def test_a_difference_deep_in_objects_of_a_library_is_found_by_looking_at_each_level_once() -> None:
    """Each level that differs is tried as a copy; copies of copies would double that with every level."""
    copies: list[int] = []

    class Level:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def __deepcopy__(self, memo: object) -> Level:
            copies.append(1)
            return Level(copy.deepcopy(self.inner))

    Level.__module__, Level.__qualname__ = "a_library", "Level"

    def nested(innermost: int) -> object:
        value: object = innermost
        for _ in range(12):
            value = Level(value)
        return value

    assert difference(nested(1), nested(2)) is not None
    assert len(copies) <= 12 * 13
