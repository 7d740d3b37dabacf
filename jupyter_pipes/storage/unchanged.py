"""Whether a loaded value is still what is kept: by its mapped pages, by its bytes, or but for its caches."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.caches import differs_by_caches_only
from jupyter_pipes.storage.loading import Loading
from jupyter_pipes.storage.serializers import Serialized, deserialize, serialize
from jupyter_pipes.storage.serializers.base import Part, Parts
from jupyter_pipes.storage.serializers.definitions import qualified_name

_SMALL = 16 * 1024
"""Bytes up to which a piece is compared rather than looked up in the map of pages."""

UNCHANGING = (str, bytes, int, float, complex, type(None), ModuleType)
"""Types of values that nobody changes in place."""

_PAGE = mmap.PAGESIZE
_IN_MEMORY, _SWAPPED, _OF_FILE = 1 << 63, 1 << 62, 1 << 61
"""Bits of an entry of the page map. A page that was written to is no longer the file's.
Source: Documentation/admin-guide/mm/pagemap.rst of Linux."""


class Inspected(Struct, frozen=True):
    """What came out about a loaded value.

    Attributes:
        is_changed: whether it is another value now.
        parts: tells the parts that it shares with what is kept; None where that cannot be told.
    """

    is_changed: bool
    parts: Callable[[], Parts] | None


def inspect(ref: ArtifactRef, value: Any, loading: Loading, read: Callable[[str], memoryview]) -> Inspected:
    """Return whether `value` differs from what is kept.

    Args:
        ref: what is kept.
        value: what the name holds now.
        loading: loaded it.
        read: gives kept bytes anew, as they were.

    Raises:
        SerializationError: the value cannot be stored as it is now.
    """
    serializer, now = serialize(ref.name, value)
    if _is_same(ref, serializer, now, loading, read):
        return Inspected(False, partial(_parts_as_kept, ref, now, read) if ref.references else now.parts)
    whole = _whole(now)
    with _without_new_figures():
        fresh_loading = Loading(read)
        fresh = fresh_loading.value(ref)
        fresh_serializer, again = serialize(ref.name, fresh)
        if (serializer, whole) == (fresh_serializer, _whole(again)):
            return Inspected(False, lambda: _numbered_as_kept(now, again, fresh_loading.places(ref)))
        if _is_put_back(now, fresh_loading.places(ref)):
            deserialize(serializer, memoryview(bytearray(whole)))
            return Inspected(True, None)
        if not differs_by_caches_only(fresh, value):
            return Inspected(True, None)
        parts = _numbered_as_kept(now, again, fresh_loading.places(ref))
        return Inspected(False, (lambda: parts) if parts else None)


class Snapshot:
    """Values as they were, kept in memory, to tell later which of them were changed in place.

    Of those of more than `LARGEST_KEPT` bytes their digest is kept. What cannot be stored, is code, or takes
    more than `LARGEST` bytes is not looked at.

    Attributes:
        too_large: the names whose values take more.
    """

    LARGEST_KEPT = 4 * 1024 * 1024
    LARGEST = 256 * 1024 * 1024

    def __init__(self, values: Mapping[str, object]) -> None:
        self.too_large: list[str] = []
        self._digests: dict[str, str] = {}
        self._bytes: dict[str, bytes] = {}
        self._refs = {name: ref for name, value in values.items() if (ref := self._take(name, value))}

    def changed(self, values: Mapping[str, Any]) -> list[str]:
        """Return the names that hold something else in `values`.

        Raises:
            SerializationError: one cannot be stored as it is now.
        """
        small = (
            name
            for name, ref in self._refs.items()
            if name in values and inspect(ref, values[name], Loading(self._read), self._read).is_changed
        )
        large = (
            name
            for name, digest in self._digests.items()
            if name in values and digest_of(serialize(name, values[name])[1].buffers) != digest
        )
        return [*small, *large]

    @property
    def names(self) -> frozenset[str]:
        """The names that are looked at."""
        return frozenset(self._refs)

    def _take(self, name: str, value: object) -> ArtifactRef | None:
        if isinstance(value, UNCHANGING) or qualified_name(value) is not None:
            return None
        try:
            serializer, now = serialize(name, value)
        except SerializationError:
            return None
        size = sum(map(len, now.buffers))
        if size > self.LARGEST:
            self.too_large.append(name)
        if size > self.LARGEST or not now.stable:
            return None
        if size > self.LARGEST_KEPT:
            self._digests[name] = digest_of(now.buffers)
            return None
        content = digest_of(now.buffers)
        self._bytes[content] = _whole(now)
        return ArtifactRef(name, content, type(value).__name__, size, serializer)

    def _read(self, content: str) -> memoryview:
        return memoryview(bytearray(self._bytes[content]))


@contextmanager
def _without_new_figures() -> Generator[None]:
    """Close the figures that loading opens: pyplot would show them with the next that are drawn."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    before = set(pyplot.get_fignums()) if pyplot else set[int]()
    try:
        yield
    finally:
        for number in set(pyplot.get_fignums()) - before if pyplot else ():
            pyplot.close(number)


def _is_same(
    ref: ArtifactRef, serializer: str, now: Serialized, loading: Loading, read: Callable[[str], memoryview]
) -> bool:
    if ref.content:
        return ref.content == f"{serializer}:{digest_of(now.buffers)}"
    if serializer != ref.serializer or sum(map(len, now.buffers)) != ref.bytes:
        return False
    if ref.bytes > _SMALL:
        mapped = loading.data(ref)
        if isinstance(mapped.obj, mmap.mmap) and is_mapped(now.buffers, mapped, read(ref.digest)):
            return True
    return digest_of(now.buffers) == ref.digest


def is_mapped(buffers: Sequence[BytesLike], mapped: memoryview, kept: memoryview) -> bool:
    """Return whether bytes are what is kept, because their large parts are untouched pages of it.

    Args:
        buffers: a loaded value as bytes now, in pieces.
        mapped: the private mapping that it was loaded from.
        kept: the same file, mapped anew.
    """
    start = _address(mapped)
    position = 0
    for piece in buffers:
        end = position + len(piece)
        if len(piece) <= _SMALL:
            if bytes(piece) != bytes(kept[position:end]):
                return False
        elif (
            not start
            or _address(memoryview(piece)) != start + position
            or not _is_untouched(start + position, len(piece))
        ):
            return False
        position = end
    return True


def _address(view: memoryview) -> int:
    """Return where in memory a view begins; 0 where that is not told: large memory is mostly NumPy's."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return 0
    return int(numpy.frombuffer(view, dtype="u1").__array_interface__["data"][0])


def _is_untouched(address: int, size: int) -> bool:
    """Return whether no page of this memory was written to; False where the system does not tell."""
    import numpy as np

    first, last = address // _PAGE, (address + size - 1) // _PAGE
    try:
        with Path("/proc/self/pagemap").open("rb", buffering=0) as pages:
            pages.seek(first * 8)
            entries = np.frombuffer(pages.read((last - first + 1) * 8), dtype=np.uint64)
    except OSError:
        return False
    if len(entries) != last - first + 1:
        return False
    known = (entries & np.uint64(_IN_MEMORY | _SWAPPED)) != 0
    return bool(np.all(~known | ((entries & np.uint64(_OF_FILE)) != 0)))


def _is_put_back(now: Serialized, loaded: Parts) -> bool:
    """Return whether loading gave objects that are there already, as they were: a class makes one only."""
    there = now.parts()
    return any(key in there and _is_own_instance(part.held) for key, part in loaded.items())


def _is_own_instance(held: object) -> bool:
    is_code = isinstance(held, type | FunctionType | Enum)
    return not is_code and type(held).__module__ == "__main__" and bool(getattr(held, "__dict__", None))


def _whole(value: Serialized) -> bytes:
    return b"".join(map(bytes, value.buffers))


def _parts_as_kept(ref: ArtifactRef, now: Serialized, read: Callable[[str], memoryview]) -> Parts:
    """Return the parts of a value that is kept with links: its pickle without them has other numbers."""
    with _without_new_figures():
        loading = Loading(read)
        _, again = serialize(ref.name, loading.value(ref))
        return _numbered_as_kept(now, again, loading.places(ref))


def _numbered_as_kept(now: Serialized, again: Serialized, kept: Parts) -> Parts:
    """Return the parts of a value as those of what is kept; none where they do not stand in the same order.

    Equal pickles number equal objects alike. Texts do not count: two equal ones may be one object or two.
    """
    own, fresh = _in_order(now), _in_order(again)
    if [type(part.held) for _, part in own] != [type(part.held) for _, part in fresh]:
        return {}
    return {
        key: Part(place.number, part.held, part.is_inner, place.link)
        for (key, part), (counterpart, _) in zip(own, fresh, strict=True)
        if (place := kept.get(counterpart)) is not None
    }


def _in_order(value: Serialized) -> list[tuple[int, Part]]:
    parts = ((key, part) for key, part in value.parts().items() if not isinstance(part.held, str | bytes))
    return sorted(parts, key=lambda pair: pair[1].number)
