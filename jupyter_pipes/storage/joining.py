"""Which objects the values of several names share, and links in the place of those that are kept already."""

from __future__ import annotations

import array
import gc
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cached_property
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, cast

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.loading import View, link_to, told_apart
from jupyter_pipes.storage.serializers import arrays
from jupyter_pipes.storage.serializers.base import Part, Parts
from jupyter_pipes.storage.serializers.definitions import definition_name, qualified_name
from jupyter_pipes.storage.serializers.pickler import Link

_UNCHANGING = (str, bytes, tuple, frozenset, range, slice, Enum, MethodType, ModuleType, CodeType)
"""Types whose instances nobody changes in place, or that are code."""

_LIBRARIES_OF_TABLES = ("pandas", "pyarrow", "polars")
_TABLES = ("DataFrame", "Series", "LazyFrame")
"""What tables are made of is the library's own affair: users change tables, and the labels of an index."""

_PLAIN_CONTAINERS = (list, dict, set, bytearray)


_identity = object.__hash__
"""Tells objects apart as `id` does, of which Python would tell our audit hook, for each object."""


class Joined(NamedTuple):
    """What a value shares with others.

    Attributes:
        links: id of an object in it -> where that is kept.
        names: the names that hold it as well.
        references: digests of the artifacts that the links lead to, and of those that these need.
    """

    links: dict[int, Link]
    names: frozenset[str] = frozenset()
    references: tuple[str, ...] = ()


NOTHING = Joined({})
"""What a value shares with nobody."""


class Holder:
    """A name whose value is kept: its parts can be linked to.

    Args:
        name: the name.
        keep: gives what is kept, or keeps it now; called when something is to link to it.
        parts: tells the parts that loading it will give again.
    """

    def __init__(self, name: str, keep: Callable[[], ArtifactRef], parts: Callable[[], Parts]) -> None:
        self.name = name
        self._keep = keep
        self._tell = parts

    @cached_property
    def artifact(self) -> ArtifactRef:
        """What is kept."""
        return self._keep()

    @property
    def is_linked(self) -> bool:
        """Whether something links to it."""
        return "artifact" in vars(self)

    @cached_property
    def parts(self) -> Parts:
        """The objects that others may share with it."""
        return changeable(self._tell())

    @cached_property
    def memory(self) -> _Memory:
        """Where its arrays lie."""
        return _Memory(self.parts)

    def link(self, part: Part, view: View | None = None) -> Link:
        """Return a link to a part, or to a view of it."""
        artifact = self.artifact
        if part.link is not None and view is None:
            return part.link
        return link_to(self.name, artifact.digest, artifact.serializer, part.number, view)


class Joiner:
    """Finds what values share with those of holders."""

    def __init__(self) -> None:
        self.groups: list[frozenset[str]] = []
        """The names that hold parts of one object, by object."""
        self._holders: dict[str, Holder] = {}

    def add(self, holder: Holder) -> None:
        """Take in a name whose value is kept, in place of an earlier one."""
        self._holders[holder.name] = holder

    def join(self, name: str, tell: Callable[[], Parts]) -> Joined:
        """Return what the value of `name` shares with the holders of other names, and note the names.

        Args:
            name: the name.
            tell: tells the value's parts.
        """
        others = [holder for holder in self._holders.values() if holder.name != name]
        if not others or not (parts := changeable(tell())):
            return NOTHING
        young = _young(parts, {key for holder in others for key in holder.parts.keys() & parts.keys()})
        links: dict[int, Link] = {}
        names: set[str] = set()
        references: set[str] = set()
        for holder in others:
            if shared := dict(_shared(holder, parts, young)):
                links = shared | links
                names.add(holder.name)
                references.update((holder.artifact.digest, *holder.artifact.references))
        if names:
            self._note({name, *names})
        return Joined(told_apart(links), frozenset(names), tuple(sorted(references)))

    def _note(self, names: set[str]) -> None:
        touching = [group for group in self.groups if group & names]
        self.groups = [group for group in self.groups if group not in touching]
        self.groups.append(frozenset(names).union(*touching))


def _shared(holder: Holder, parts: Parts, young: set[int]) -> Iterator[tuple[int, Link]]:
    """Yield what of `parts` a holder has as well, or lies in its memory, with where that is kept."""
    for key in holder.parts.keys() & young:
        yield key, holder.link(holder.parts[key])
    for key, part in parts.items():
        if key not in holder.parts and (place := holder.memory.view_of(part.held)) is not None:
            yield key, holder.link(*place)


def _young(parts: Parts, keys: set[int]) -> set[int]:
    """Return those of the parts that were made in this process, and are none of a library's constants.

    What was imported before this process was forked is frozen: the collector does not list it.
    """
    tracked = {_identity(parts[key].held): key for key in keys if gc.is_tracked(parts[key].held)}
    # Of all that the collector lists, only these are looked for: a set of all would be far dearer.
    listed = set(tracked).intersection(map(_identity, gc.get_objects())) if tracked else set[int]()
    return keys - {tracked[identity] for identity in tracked.keys() - listed}


def changeable(parts: Parts) -> Parts:
    """Return the parts that somebody may change in place."""
    return {key: part for key, part in parts.items() if not part.is_inner and _may_change(part.held)}


def _may_change(held: Any) -> bool:
    if isinstance(held, _PLAIN_CONTAINERS):
        return True
    if isinstance(held, _UNCHANGING):
        return False
    if isinstance(held, FunctionType):
        # One that no name leads to has what it remembers for itself; attributes are each function's own.
        return held.__module__ == "__main__" and (bool(vars(held)) or definition_name(held) is None)
    if _is_array(held):
        return arrays.may_show_changes(held)
    kind = cast("type[object]", type(held))
    if kind.__module__.partition(".")[0] in _LIBRARIES_OF_TABLES:
        return kind.__name__ in _TABLES or kind.__name__.endswith("Index")
    return gc.is_tracked(held) and qualified_name(held) is None and not kind.__name__.endswith("DType")


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


class _Memory:
    """The memory of arrays and byte arrays, to find the one that another array lies in."""

    def __init__(self, parts: Parts) -> None:
        bounds = ((_bounds_of_memory(part.held), part) for part in parts.values())
        spans = sorted(((*span, part) for span, part in bounds if span), key=lambda span: (span[0], -span[1]))
        self._spans: list[tuple[int, int, Part]] = []
        for span in spans:
            if not self._spans or span[1] > self._spans[-1][1]:
                self._spans.append(span)
        self._starts = [start for start, _, _ in self._spans]

    def view_of(self, value: Any) -> tuple[Part, View] | None:
        """Return the array that `value` is a view into, and where it lies there."""
        if not self._spans or not _is_array(value) or value.dtype.hasobject or not value.size:
            return None
        if not arrays.is_memory_only(value):
            return None
        low, high = _bounds(value)
        place = bisect_right(self._starts, low) - 1
        if place < 0 or high > self._spans[place][1]:
            return None
        start, _, part = self._spans[place]
        first = value.__array_interface__["data"][0]
        return part, arrays.place_in_memory(value, first - start)


def _bounds_of_memory(held: Any) -> tuple[int, int] | None:
    """Return where memory that arrays may lie in begins and ends; None of what is none."""
    if _is_array(held):
        return _bounds(held) if _lies_in_order(held) else None
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or type(held) not in (bytearray, array.array) or not held:
        return None
    return _bounds(numpy.frombuffer(held, dtype="u1"))


def _lies_in_order(held: Any) -> bool:
    flags = held.flags
    return held.size > 0 and not held.dtype.hasobject and (flags.c_contiguous or flags.f_contiguous)


def _bounds(held: Any) -> tuple[int, int]:
    import numpy as np

    return np.lib.array_utils.byte_bounds(held)
