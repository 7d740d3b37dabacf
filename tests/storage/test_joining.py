"""Values that share objects: stored apart, loaded together, one object again."""

from __future__ import annotations

import collections
import copy
import gc
import pickle
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.joining import Joiner


@pytest.fixture(autouse=True)
def imported_before() -> Iterator[None]:
    """What is imported is frozen, as in the process that a step's is forked from."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def keep(store: ArtifactStore, values: dict[str, Any]) -> tuple[dict[str, ArtifactRef], Joiner]:
    joiner = Joiner()
    return {name: store.put(name, value, joiner=joiner) for name, value in values.items()}, joiner


def load(store: ArtifactStore, refs: dict[str, ArtifactRef]) -> dict[str, Any]:
    loading = store.loading([refs])
    return {name: store.load(ref, loading) for name, ref in refs.items()}


class Account:
    def __init__(self, log: Any) -> None:
        self.log = log


def an_alias() -> dict[str, Any]:
    xs = [1, 2]
    return {"a": xs, "b": xs}


def a_list_in_a_dict() -> dict[str, Any]:
    xs = [1, 2]
    return {"a": xs, "b": {"xs": xs, "n": 1}}


def a_dict_around() -> dict[str, Any]:
    xs = {"k": 1}
    return {"a": {"xs": xs}, "b": xs}


def an_object_that_holds() -> dict[str, Any]:
    log: list[Any] = []
    return {"a": Account(log), "b": log}


def two_that_hold() -> dict[str, Any]:
    log = [{1, 2, 3}]
    return {"a": Account(log), "b": (1, log)}


def a_cycle() -> dict[str, Any]:
    xs: list[Any] = []
    xs.append({"back": xs})
    return {"a": xs, "b": xs[0]}


def an_index() -> dict[str, Any]:
    index = pd.Index(["x", "y"])
    frame = pd.DataFrame({"v": [1, 2]})
    frame.index = index
    return {"a": frame, "b": index}


def a_closure() -> dict[str, Any]:
    counts: collections.Counter[str] = collections.Counter()

    def add(word: str) -> None:
        counts[word] += 1

    return {"a": counts, "b": add}


SHARING = [
    an_alias,
    a_list_in_a_dict,
    a_dict_around,
    an_object_that_holds,
    two_that_hold,
    a_cycle,
    an_index,
    a_closure,
]


@pytest.mark.parametrize("make", SHARING, ids=lambda make: make.__name__)
@pytest.mark.parametrize("first", ["a", "b"])
def test_names_that_share_an_object_are_joined(make: Any, first: str, store: ArtifactStore) -> None:
    values = make()
    refs, joiner = keep(
        store, {name: values[name] for name in sorted(values, key=lambda name: name != first)}
    )
    assert joiner.groups == [frozenset("ab")]
    later = refs["b" if first == "a" else "a"]
    assert later.references == (refs[first].digest,)
    assert later.content == "{0.serializer}:{0.digest}".format(store.put("alone", values[later.name]))


def test_whoever_loads_both_has_one_object(store: ArtifactStore) -> None:
    loaded = load(store, keep(store, an_alias())[0])
    assert loaded["a"] is loaded["b"]
    assert loaded["a"] == [1, 2]
    loaded = load(store, keep(store, a_list_in_a_dict())[0])
    assert loaded["b"]["xs"] is loaded["a"]
    assert loaded["b"]["n"] == 1
    loaded = load(store, keep(store, an_object_that_holds())[0])
    assert loaded["a"].log is loaded["b"]
    loaded = load(store, keep(store, two_that_hold())[0])
    assert loaded["b"][1] is loaded["a"].log
    assert loaded["b"][1] == [{1, 2, 3}]
    loaded = load(store, keep(store, a_cycle())[0])
    assert loaded["a"][0] is loaded["b"]
    assert loaded["b"]["back"] is loaded["a"]
    loaded = load(store, keep(store, an_index())[0])
    assert loaded["a"].index is loaded["b"]
    loaded = load(store, keep(store, a_closure())[0])
    loaded["b"]("word")
    assert loaded["a"] == {"word": 1}


def test_one_alone_is_whole(store: ArtifactStore) -> None:
    refs, _ = keep(store, a_list_in_a_dict())
    assert store.get(refs["b"]) == {"xs": [1, 2], "n": 1}
    assert store.get_whole(refs["b"]) == {"xs": [1, 2], "n": 1}


def test_what_a_link_leads_to_must_be_there(store: ArtifactStore, tmp_path: Path) -> None:
    refs, _ = keep(store, an_alias())
    next(tmp_path.glob(f"objects/*/{refs['a'].digest[2:]}")).unlink()
    assert not store.has(refs["b"])
    assert not store.is_whole(refs["b"])


def test_a_name_that_was_bound_anew_to_an_equal_value_is_another_object(store: ArtifactStore) -> None:
    refs, _ = keep(store, {**an_alias(), "c": 1})
    loading = store.loading([["b", "c"]])
    loaded = {name: store.load(ref, loading) for name, ref in refs.items()}
    assert loaded["a"] == loaded["b"]
    assert loaded["a"] is not loaded["b"]


def test_names_that_link_to_one_that_was_bound_anew_still_share_it(store: ArtifactStore) -> None:
    shared = [1]
    refs, _ = keep(store, {"a": shared, "b": [shared], "c": {"a": shared}})
    loading = store.loading([["b", "c"]])
    loaded = {name: store.load(ref, loading) for name, ref in refs.items()}
    assert loaded["b"][0] is loaded["c"]["a"]
    assert loaded["a"] is not loaded["b"][0]


def test_equal_values_are_not_one(store: ArtifactStore) -> None:
    refs, joiner = keep(store, {"a": [1, 2], "b": [1, 2], "c": (1, "x"), "d": "x", "e": 1})
    assert not joiner.groups
    assert not any(ref.references for ref in refs.values())
    loaded = load(store, refs)
    assert loaded["a"] is not loaded["b"]


TAKEN = {
    "rows": lambda base: base[2:5],
    "one row": lambda base: base[3],
    "a column": lambda base: base[:, 1],
    "every other": lambda base: base[::2, ::2],
    "backwards": lambda base: base[::-1],
    "turned": lambda base: base.T,
    "flat": lambda base: base.reshape(-1),
    "other type": lambda base: base.view("i8"),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN.keys())
@pytest.mark.parametrize("size", [10, 1000], ids=["small", "mapped"])
def test_a_view_and_its_base_share_memory(take: Any, size: int, store: ArtifactStore) -> None:
    base = np.arange(size * 100.0).reshape(size, 100)
    refs, joiner = keep(store, {"base": base, "view": take(base)})
    assert joiner.groups == [frozenset({"base", "view"})]
    loaded = load(store, refs)
    assert np.array_equal(loaded["view"], take(base))
    assert loaded["view"].dtype == take(base).dtype
    loaded["base"][:] = -1
    assert np.array_equal(loaded["view"], take(loaded["base"]))


def test_a_view_that_stands_in_several_places_is_one_and_two_of_one_place_are_two(
    store: ArtifactStore,
) -> None:
    base = np.arange(10.0)
    view, other = base[2:5], base[2:5]
    refs, _ = keep(store, {"base": base, "held": [view, view, other, base]})
    base, (view, again, other, whole) = load(store, refs).values()
    assert (view is again, view is other, base is whole) == (True, False, True)
    view[0] = 7
    assert (other[0], base[2]) == (7, 7)


def test_frames_that_pandas_keeps_apart_are_not_joined(store: ArtifactStore) -> None:
    frame = pd.DataFrame({"v": range(100), "w": "x", "c": pd.Categorical(["a", "b"] * 50)})
    frame.index = pd.date_range("2024", periods=100)
    derived = {
        "a": frame,
        "b": frame[["v", "c"]],
        "c": frame["c"],
        "d": frame[frame.v > 10],
        "e": frame.copy(),
    }
    assert not keep(store, derived)[1].groups


@pytest.mark.parametrize(("attributes", "is_shared"), [({"calls": 0}, True), ({}, False)])
def test_a_function_that_a_name_leads_to_is_shared_for_its_attributes(
    attributes: dict[str, int], is_shared: bool, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def price() -> None: ...

    price.__module__, price.__qualname__ = "__main__", "price"
    vars(price).update(attributes)
    monkeypatch.setattr(sys.modules["__main__"], "price", price, raising=False)
    _, joiner = keep(store, {"prices": [price], "price": price})
    assert bool(joiner.groups) == is_shared


# Any values that share: what one kernel sees -------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Names for lists, dictionaries and objects that hold each other in any way."""
    made: list[Any] = [[], {}, Account([]), collections.deque()]
    for _ in range(draw(st.integers(0, 8))):
        holder, held = draw(st.sampled_from(made)), draw(st.sampled_from([*made, 1, "x", (2, "y")]))
        if isinstance(holder, dict):
            holder[f"k{len(holder)}"] = held
        elif isinstance(holder, Account):
            holder.log = held
        else:
            holder.append(held)
        if draw(st.booleans()):
            made.append(draw(st.sampled_from([list, dict]))())
    return {name: draw(st.sampled_from(made)) for name in "abcd"}


@pytest.mark.slow
@given(world=worlds())
def test_objects_are_one_after_loading_where_they_were_before(world: dict[str, Any]) -> None:
    store = ArtifactStore(f"memory://{secrets.token_hex(8)}")
    refs, _ = keep(store, world)
    loaded = load(store, refs)
    # One pickle of all names keeps what is one object: the identities are those of its copy.
    expected, got = pickle.loads(pickle.dumps(world)), copy.deepcopy(loaded)
    assert _shape(got) == _shape(expected)


def _shape(world: dict[str, Any]) -> list[Any]:
    """Return what can be reached from each name, every object by the place where it was met first."""
    met: dict[int, int] = {}

    def describe(value: Any) -> Any:
        if isinstance(value, int | str | tuple):
            return value
        if id(value) in met:
            return ("met", met[id(value)])
        met[id(value)] = len(met)
        if isinstance(value, Account):
            return ("account", describe(value.log))
        if isinstance(value, dict):
            return {key: describe(held) for key, held in value.items()}
        return [type(value).__name__, *map(describe, value)]

    return [describe(world[name]) for name in sorted(world)]
