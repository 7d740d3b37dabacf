"""How a value's bytes are put together: what libraries write is collected, and large buffers are aligned."""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from pickle import UnpicklingError
from typing import Any, NamedTuple

from jupyter_pipes.model.digests import BytesLike

ALIGNMENT = 64
"""Bytes; a cache line, and what Arrow and vector instructions ask for."""

_MAGIC = b"PIPES\x00\x01\n"
_HEADER = struct.Struct("<8sQQQ")


class TooLarge(Exception):
    """What is written grew beyond the limit that it was given."""


class Sink:
    """The file that a library writes to: keeps what it is given, without copying, up to `limit` bytes."""

    closed = False

    def __init__(self, limit: int | None = None) -> None:
        self.pieces: list[BytesLike] = []
        self._room = sys.maxsize if limit is None else limit

    def write(self, piece: Any) -> int:
        """Keep a piece, and return its bytes."""
        view = piece if isinstance(piece, bytes) else memoryview(piece).cast("B")
        self.take(len(view))
        self.pieces.append(view)
        return len(view)

    def take(self, size: int) -> None:
        """Count bytes that are kept elsewhere; TooLarge if there is no room for them."""
        self._room -= size
        if self._room < 0:
            raise TooLarge

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


class Frame(NamedTuple):
    """What a blob holds: a pickle stream, the notebook's definitions that it needs, and its large buffers."""

    stream: memoryview
    definitions: memoryview
    buffers: list[memoryview]


def pack(stream: Sequence[BytesLike], definitions: bytes, buffers: Sequence[memoryview]) -> list[BytesLike]:
    """Return the blob in pieces: header, lengths of the buffers, definitions, stream, aligned buffers."""
    lengths = [buffer.nbytes for buffer in buffers]
    header = _HEADER.pack(_MAGIC, sum(len(piece) for piece in stream), len(definitions), len(buffers))
    pieces: list[BytesLike] = [header, struct.pack(f"<{len(lengths)}Q", *lengths), definitions, *stream]
    position = sum(len(piece) for piece in pieces)
    for buffer in buffers:
        padding = -position % ALIGNMENT
        pieces += (bytes(padding), buffer)
        position += padding + buffer.nbytes
    return pieces


def unpack(data: memoryview) -> Frame:
    """Return views of the parts of a blob that `pack` made.

    Raises:
        ValueError: the bytes are no such blob.
    """
    if data.nbytes < _HEADER.size:
        raise ValueError("too short for its header")
    magic, stream_length, definitions_length, count = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("not a blob of this format")
    lengths = struct.unpack_from(f"<{count}Q", data, _HEADER.size)
    start = _HEADER.size + 8 * count
    middle = start + definitions_length
    end = middle + stream_length
    return Frame(data[middle:end], data[start:middle], _buffers(data, end, lengths))


def _buffers(data: memoryview, position: int, lengths: Sequence[int]) -> list[memoryview]:
    buffers: list[memoryview] = []
    for length in lengths:
        position += -position % ALIGNMENT
        buffers.append(data[position : position + length])
        position += length
    if position > data.nbytes:
        raise ValueError("shorter than its header says")
    return buffers


class Source:
    """The file that an unpickler reads from: a view of stored bytes."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        start, self._position = self._position, self._position + size
        return bytes(self._data[start : self._position])

    def readinto(self, target: bytearray) -> int:
        """Fill `target` with the next bytes and return how many there were."""
        piece = self.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def readline(self) -> bytes:
        """Refuse: no pickle that we write has lines."""
        raise UnpicklingError("protocol 5 has no lines")
