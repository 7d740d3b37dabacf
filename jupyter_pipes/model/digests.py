"""Digests of content."""

from __future__ import annotations

from collections.abc import Sequence

from blake3 import blake3


def digest(data: bytes | str) -> str:
    """Return the BLAKE3 hex digest of the data."""
    return blake3(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).hexdigest()


BytesLike = bytes | bytearray | memoryview


def digest_of(buffers: Sequence[BytesLike]) -> str:
    """Return the BLAKE3 hex digest of these bytes, one buffer after the other."""
    hasher = blake3(max_threads=blake3.AUTO)
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.hexdigest()
