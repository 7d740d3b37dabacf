"""The serializer for everything that has no better one: pickle protocol 5, mapped back where it was large.

Loading a pickle runs code that the pickle names. What is loaded here comes from the project's own store, and
whoever can write to that could run code as you: keep a store as private as the notebook itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage.serializers.base import Refused, Serialized
from jupyter_pipes.storage.serializers.definitions import fingerprint, notebook_definition
from jupyter_pipes.storage.serializers.framing import TooLarge, pack, unpack
from jupyter_pipes.storage.serializers.pickler import Link, Unpickled, pickled, unpickled

_LARGEST_PAYLOAD = 4 * 1024 * 1024
"""Bytes. Code that drags more than this along (a global frame, say) is named only, not written out."""


class PickleSerializer:
    """Any value, notebook classes included: they come back as the reader's own where those are the same."""

    name = "pickle5"

    def accepts(self, value: Any) -> bool:
        """Return True: whether it can be pickled is known when it is."""
        return True

    def dump(self, value: Any) -> Serialized:
        """Return the pickle, its large buffers as views of the value's own memory.

        Raises:
            Refused: the value holds something that is never stored.
            Exception: whatever the value's own methods for pickling raise.
        """
        return self.dump_linked(value, {})

    def dump_linked(self, value: Any, links: Mapping[int, Link]) -> Serialized:
        """Return the pickle with links in the place of the objects of these ids; see `dump`."""
        result = pickled(value, links=links)
        written, imported = _written_out(result.definitions)
        section = msgspec.msgpack.encode(written) if written else b""
        stable = result.stable and (written is None or written.stable)
        buffers = pack(result.stream, section, result.buffers)
        return Serialized(buffers, stable, result.parts, tuple(sorted(result.imports | imported)))

    def load(self, data: memoryview) -> Any:
        """Return the value; its large buffers are views of `data`."""
        return self.load_linked(data, None).value

    def load_linked(self, data: memoryview, find_link: Callable[[Link], Any] | None) -> Unpickled:
        """Return the value as `load` does; `find_link` gives what its links stand for."""
        frame = unpack(data)
        return unpickled(frame.stream, frame.buffers, _Finder(frame.definitions).find, find_link)


class _Definitions(msgspec.Struct):
    """The notebook's definitions that a pickle names.

    Attributes:
        marks: qualified name -> fingerprint.
        payload: a pickle of name -> definition, written out; b"" when that is not possible.
        problem: why there is no payload.
        stable: whether the same definitions always give these bytes.
    """

    marks: dict[str, str]
    payload: bytes = b""
    problem: str = ""
    stable: bool = True


def _written_out(definitions: dict[str, Any]) -> tuple[_Definitions | None, frozenset[str]]:
    """Return the definitions as they are stored, and what reading them imports."""
    nothing = frozenset[str]()
    if not definitions:
        return None, nothing
    marks = {name: fingerprint(definition) for name, definition in definitions.items()}
    try:
        result = pickled(definitions, by_value=True, limit=_LARGEST_PAYLOAD)
    except Refused as refused:
        return _Definitions(marks, problem=f"its code uses {refused.reason.partition(':')[0]}"), nothing
    except TooLarge:
        return _Definitions(marks, problem="its code uses large global values"), nothing
    except Exception as error:  # values' own pickling may raise anything; the definitions are still named
        return _Definitions(marks, problem=f"its code cannot be pickled ({error})"), nothing
    payload = b"".join(pack(result.stream, b"", result.buffers))
    return _Definitions(marks, payload, stable=result.stable), result.imports


class _Finder:
    """Finds a definition by name: the reader's own when it is the same, else the one stored."""

    def __init__(self, section: memoryview) -> None:
        self._section = msgspec.msgpack.decode(section, type=_Definitions) if section else _Definitions({})
        self._stored: dict[str, Any] | None = None

    def find(self, name: str) -> Any:
        definition = notebook_definition(name)
        mark = self._section.marks.get(name)
        if definition is not None and (mark is None or fingerprint(definition) == mark):
            return definition
        if self._stored is None:
            self._stored = self._unpickled_payload()
        if name not in self._stored:
            raise SerializationError(self._missing(name, definition))
        return self._stored[name]

    def _unpickled_payload(self) -> dict[str, Any]:
        if not self._section.payload:
            return {}
        frame = unpack(memoryview(self._section.payload))
        return unpickled(frame.stream, frame.buffers, _Finder(frame.definitions).find).value

    def _missing(self, name: str, definition: object) -> str:
        state = "is defined otherwise here" if definition is not None else "is not defined here"
        problem = self._section.problem
        because = f" and was not stored with the value, because {problem}" if problem else ""
        return (
            f"The value needs {name} of the notebook, which {state}{because}. "
            f"Run the cell that defines {name} first."
        )
