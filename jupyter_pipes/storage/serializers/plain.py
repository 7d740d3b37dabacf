"""What any tool can read: plain data as JSON, where JSON keeps all of it, and files as their bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from math import isfinite
from typing import Any

import msgspec

from jupyter_pipes.storage.serializers.base import Part, Parts, Serialized

_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = frozenset({list, dict})
_PLAIN = _SCALARS | _CONTAINERS
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_DEEPEST = 100


class PlainSerializer:
    """Lists, dictionaries with text keys, text, numbers, booleans and None, of exactly these types."""

    name = "json"

    def accepts(self, value: Any) -> bool:
        """Return whether JSON gives the value back exactly; see `_is_plain`."""
        return type(value) in _PLAIN and _is_plain(value)

    def dump(self, value: Any) -> Serialized:
        """Return the value as one JSON document."""
        return Serialized([msgspec.json.encode(value)], parts=lambda: _parts(value))

    def load(self, data: memoryview) -> Any:
        """Return the value of a JSON document."""
        return msgspec.json.decode(data)


def numbered(value: Any) -> Iterator[Any]:
    """Yield the lists and dictionaries of plain data in an order that is the same for equal data."""
    level: list[Any] = [value]
    while level := [item for item in level if type(item) in _CONTAINERS]:
        yield from level
        level = list(chain.from_iterable(map(_items, level)))


def _parts(value: Any) -> Parts:
    return {id(held): Part(number, held) for number, held in enumerate(numbered(value))}


class FileSerializer:
    """Bytes without any form around them; `out_files.keep` stores them, straight from the file."""

    name = "file"

    def accepts(self, value: Any) -> bool:
        """Return False: which bytes are a file's is not seen in the value."""
        return False

    def dump(self, value: bytes) -> Serialized:
        """Return the bytes."""
        return Serialized([value])

    def load(self, data: memoryview) -> bytes:
        """Return the file's bytes."""
        return bytes(data)


def _is_plain(value: Any) -> bool:
    """Look at one level of nesting after the other; a container that is met twice is none of JSON's."""
    level: list[Any] = [value]
    seen: set[int] = set()
    for _ in range(_DEEPEST):
        kinds = set(map(type, level))
        if not (kinds <= _PLAIN and _scalars_survive(level, kinds)):
            return False
        containers = [item for item in level if type(item) in _CONTAINERS] if kinds & _CONTAINERS else []
        if not containers:
            return True
        met = set(map(id, containers))
        if len(met) < len(containers) or met & seen or not _keys_survive(containers):
            return False
        seen |= met
        level = list(chain.from_iterable(map(_items, containers)))
    return False


def _items(container: list[Any] | dict[str, Any]) -> Collection[Any]:
    return container.values() if isinstance(container, dict) else container


def _keys_survive(containers: list[Any]) -> bool:
    dictionaries: list[dict[Any, Any]] = [item for item in containers if type(item) is dict]
    keys = list(chain.from_iterable(dictionaries))
    return set(map(type, keys)) <= {str} and _is_utf8(keys)


def _scalars_survive(values: list[Any], kinds: set[type]) -> bool:
    if not all(_SMALLEST <= number <= _LARGEST for number in _of_kind(int, values, kinds)):
        return False
    return all(map(isfinite, _of_kind(float, values, kinds))) and _is_utf8(_of_kind(str, values, kinds))


def _of_kind(kind: type, values: list[Any], kinds: set[type]) -> list[Any]:
    if kind not in kinds:
        return []
    return values if len(kinds) == 1 else [value for value in values if type(value) is kind]


def _is_utf8(texts: list[str]) -> bool:
    """Return whether no text holds a lone surrogate, which UTF-8 cannot write."""
    if all(map(str.isascii, texts)):
        return True
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
