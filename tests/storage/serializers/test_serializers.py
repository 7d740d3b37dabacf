"""What is loaded equals what was stored, types included, or storing it was refused."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import functools
import importlib
import importlib.metadata
import io
import logging
import math
import os
import random
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage import serializers
from jupyter_pipes.storage.serializers import Serialized, deserialize, serialize


def stored(value):
    """Return the serializer's name and the bytes."""
    name, (buffers, *_) = serialize("value", value)
    return name, b"".join(buffers)


def back(value):
    name, data = stored(value)
    return deserialize(name, memoryview(bytearray(data)))


def assert_same(a, b):
    """Assert that two values are equal, with the types and the order of all that they hold."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert_same(list(a.items()), list(b.items()))
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif isinstance(a, float):
        assert repr(a) == repr(b)
    else:
        assert a == b


class Colour(str):
    """A subclass of a plain type, which JSON would flatten."""


@dataclass
class Node:
    name: str
    children: list[Node] = field(default_factory=list)


Point = collections.namedtuple("Point", "x y")

PLAIN = [
    None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**64 - 1, 0.0, -0.0, 1.0, 1e16, 5e-324,
    1.7976931348623157e308, 0.1, "", "é", "😀", "\x00\u2028", [], {}, [[]], {"a": {}}, {"": None},
    {"b": 1, "a": 2}, {"a": [1, 2.5, None, True, {"b": ["x"]}]},
]  # fmt: skip

NOT_PLAIN = [
    float("nan"), float("inf"), float("-inf"), 2**64, -(2**63) - 1, 10**400, "\ud800",
    ["a", "\ud800", "\udc00"],
    {1: 2}, {"a": {1.5: 2}}, {None: 1}, {"\udfff": 1}, (), (1, [2]), [(1,)], set(), {1, 2}, frozenset("abc"),
    b"", b"x", bytearray(b"x"), 1j, range(3), slice(1, 2), Ellipsis, NotImplemented, int, len, math.sin,
    Colour("red"), [Colour("red")],
    collections.OrderedDict(a=1), collections.Counter("abca"), collections.deque([1], maxlen=3), Point(1, 2),
    collections.defaultdict(list, a=[1]), decimal.Decimal("1.10"), Fraction(1, 3),
    uuid.UUID(int=5), PurePosixPath("a/b"),
    dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.timedelta(1), dt.time(1, 2),
    random.Random(3).getstate(), bytes(100_000), bytearray(100_000), ("é" * 100_000,), ("\x8f\x94(",) * 3,
    Node("n", [Node("m")]), logging.getLogger("jupyter_pipes"),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_is_json_and_comes_back_the_same(value):
    assert stored(value)[0] == "json"
    assert_same(value, back(value))


@pytest.mark.parametrize("value", NOT_PLAIN, ids=lambda value: type(value).__name__)
def test_what_json_would_change_is_pickled_and_comes_back_the_same(value):
    assert stored(value)[0] == "pickle5"
    if callable(value) and not isinstance(value, type):
        assert back(value).__name__ == value.__name__
    else:
        assert_same(value, back(value))


class TestSharing:
    """One object in two places is one object again."""

    def test_containers(self):
        inner = [1]
        first, second = back([inner, inner])
        assert first is second

    def test_cycles(self):
        loop = []
        loop.append(loop)
        loaded = back(loop)
        assert loaded[0] is loaded

    def test_sets(self):
        inner = {"a", "b"}
        first, second = back([inner, inner])
        assert first is second
        assert first == inner

    def test_arrays(self):
        array = np.arange(100_000)
        first, second = back([array, array])
        assert first is second

    def test_a_set_that_holds_what_holds_it(self):
        node = Cyclic()
        node.members = {node, "other"}
        loaded = back(node)
        assert {type(member) for member in loaded.members} == {Cyclic, str}
        assert loaded in loaded.members


class Cyclic:
    members: set


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(json_values)
def test_any_plain_data_comes_back_the_same(value):
    assert_same(value, back(value))


hashable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False) | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner),
    max_leaves=6,
)


@given(st.sets(hashable))
def test_any_set_comes_back_the_same_and_has_the_same_bytes_however_it_grew(value):
    assert_same(value, back(value))
    grown = set(range(1000))
    grown.update(reversed(list(value)))
    grown -= set(range(1000)) - value
    if sorted(map(repr, grown)) == sorted(map(repr, value)):
        assert stored(grown) == stored(value)


@pytest.mark.parametrize("depth", [99, 101, 150])
def test_deep_nesting_comes_back(depth):
    value = []
    for _ in range(depth):
        value = [value]
    assert back(value) == value


class Stubborn:
    def __reduce__(self):
        raise ValueError("not today")


class Vanishing:
    def __reduce__(self):
        return _vanish, ()


def _vanish():
    raise OSError("gone")


def test_whatever_a_values_own_pickling_raises_names_variable_and_type():
    with pytest.raises(
        SerializationError, match=r"'mine' \(Stubborn\) cannot be stored: ValueError: not today"
    ):
        serialize("mine", Stubborn())


def test_nesting_beyond_pickles_reach_is_refused():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(SerializationError, match="nested too deeply"):
        serialize("mine", value)


def test_a_value_that_cannot_be_made_again_is_an_error():
    with pytest.raises(SerializationError, match="gone"):
        back(Vanishing())


@pytest.mark.parametrize(
    "data", [b"", b"x", b"PIPES\x00\x01\n", bytes(100), b"PIPES\x00\x01\n" + b"\xff" * 24]
)
@pytest.mark.parametrize("serializer", ["pickle5", "arrow", "json"])
def test_bytes_of_something_else_are_an_error(serializer, data):
    with pytest.raises(SerializationError):
        deserialize(serializer, memoryview(data))


def test_an_unknown_serializer_is_named():
    with pytest.raises(SerializationError, match="'parquet9', which is not installed"):
        deserialize("parquet9", memoryview(b""))


class FileSerializer:
    """A third party's: takes what we refuse."""

    name = "text-file"

    def accepts(self, value):
        return isinstance(value, io.TextIOWrapper)

    def dump(self, value):
        return Serialized([value.name.encode()])

    def load(self, data):
        return Path(bytes(data).decode()).open()


class _Point:
    name, value = "files", "test:FileSerializer"

    def load(self):
        return FileSerializer


@pytest.fixture
def third_party(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [_Point()])
    serializers.registered.cache_clear()
    yield
    serializers.registered.cache_clear()


def test_a_third_partys_serializer_is_asked_first(third_party):
    with Path(os.devnull).open() as file, back(file) as loaded:
        assert loaded.name == os.devnull
        assert stored(file)[0] == "text-file"


def test_a_broken_third_party_is_named(third_party, monkeypatch):
    monkeypatch.setattr(_Point, "load", lambda self: 1 / 0)
    with pytest.raises(SerializationError, match=r"'files'.*division by zero"):
        stored([1])


@pytest.mark.slow
def test_no_heavy_library_is_imported_to_store_plain_values():
    code = """
import sys
from jupyter_pipes.storage.serializers import serialize
from jupyter_pipes.storage.previews import describe
for value in ({"a": [1]}, {1, 2}, (1, "x"), b"x" * 100000):
    serialize("v", value); describe(value)
heavy = {"numpy", "pandas", "pyarrow", "polars", "sqlalchemy", "matplotlib", "fsspec"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# What loading imports ---------------------------------------------------------------------------------------

LOCAL = """
class Box:
    class Inner: pass
    def grown(self): return 1
def more(x): return x
def maker():
    def made(): return more(1)
    return made
"""


@pytest.mark.parametrize(
    ("value", "imports"),
    [
        ("m.Box()", ("boxes:Box",)),
        ("{'k': [m.Box(), {m.more}]}", ("boxes:Box", "boxes:more")),
        ("m.Box.Inner()", ("boxes:Box",)),
        ("m.Box().grown", ("boxes:Box",)),
        ("partial(m.more, 1)", ("boxes:more",)),
        ("m.maker()", ("boxes:more",)),
        ("pd.Series([m.Box()])", ("boxes:Box",)),
        ("pd.DataFrame({'a': [1]})", ()),
        ("[1, 'text', np.zeros(3), Fraction(1)]", ()),
    ],
)
def test_what_loading_a_value_imports_of_local_modules_is_known(
    value: str, imports: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "boxes.py").write_text(LOCAL)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "boxes", raising=False)
    names = {"m": importlib.import_module("boxes"), "pd": pd, "np": np}
    made = eval(value, {**names, "partial": functools.partial, "Fraction": Fraction})
    assert serialize("value", made)[1].imports == imports
    monkeypatch.delitem(sys.modules, "boxes")
