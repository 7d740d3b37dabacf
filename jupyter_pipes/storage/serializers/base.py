"""What a serializer is: the protocol that built-in and third-party ones fulfil."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from jupyter_pipes.model.digests import BytesLike


class Part(NamedTuple):
    """An object inside a value, by its number there: the one that `load` will give it again.

    Attributes:
        number: its number.
        held: the object.
        is_inner: whether only its holder knows it: nobody else changes it in place, whoever refers to it.
        link: where it is kept, if not with the value itself.
    """

    number: int
    held: Any
    is_inner: bool = False
    link: tuple[Any, ...] | None = None


Parts = Mapping[int, Part]
"""id of an object -> which part of the value it is."""


NumberedParts = Callable[[], Mapping[int, Any]]
"""Tells a loaded value's parts by their numbers."""


def _no_parts() -> Parts:
    return {}


class Serialized(NamedTuple):
    """A value as bytes.

    Attributes:
        buffers: what to write, one after the other; large data is referred to, not copied. A view has items
            of one byte (`view.cast("B")`).
        stable: False when an equal value may give other bytes in another process.
        parts: tells the objects inside that `load` makes anew, while `buffers` are held.
        imports: what of modules that are no installed packages `load` imports: `module:name`, `module:`.
    """

    buffers: list[BytesLike]
    stable: bool = True
    parts: Callable[[], Parts] = _no_parts
    imports: tuple[str, ...] = ()


class Serializer(Protocol):
    """Turns values of some types into bytes and back, exactly.

    A third party registers an instance as an entry point of the group `jupyter_pipes.serializers`.
    """

    name: str
    """Kept with every artifact that it writes; `load` is found by it, so it never changes."""

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is one that `load(dump(value))` gives back equal, types included.

        Called for every value: look at the type's module name before importing a library.
        """
        ...

    def dump(self, value: Any) -> Serialized:
        """Return `value` as bytes.

        Raises:
            Refused: the value holds something that is never stored.
        """
        ...

    def load(self, data: memoryview) -> Any:
        """Return the value that `dump` wrote.

        Args:
            data: the stored bytes; writable, private to this process, and alive as long as a view of it is.
        """
        ...


class Refused(Exception):
    """Something that is never stored was met while a value was turned into bytes.

    Args:
        kind: the type of what was met.
        reason: what it is and what to keep instead, to follow "it holds".
    """

    def __init__(self, kind: type, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
