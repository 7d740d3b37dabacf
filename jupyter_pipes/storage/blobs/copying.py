"""Blobs copied from one place to another, and looked at where they are: by digest, several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

from blake3 import blake3
from msgspec import Struct

from jupyter_pipes.storage.blobs.base import PIECE, Blobs, DamagedBlob, in_parallel

State = Literal["copied", "there", "missing", "damaged", "whole"]


class Seen(Struct, frozen=True):
    """How it stands with a blob that was to be copied or looked at; `bytes` is 0 where it is missing."""

    digest: str
    state: State
    bytes: int = 0


def copy(digests: Iterable[str], source: Blobs, target: Blobs) -> Iterator[Seen]:
    """Have blobs at `target` as well, and yield of each whether it was copied, or why not, in their order.

    What is there is not sent again. A blob stands at the target only once all of it came over, as its digest
    says.

    Raises:
        StoreError: one of the places cannot be read or written; what was copied by then is there.
    """
    yield from in_parallel(partial(_copied, source, target), digests)


def rehash(digests: Iterable[str], blobs: Blobs) -> Iterator[Seen]:
    """Read blobs, and yield of each whether it is whole, damaged or missing; all stay as they are.

    Raises:
        StoreError: the place cannot be read.
    """
    yield from in_parallel(partial(_rehashed, blobs), digests)


def _copied(source: Blobs, target: Blobs, digest: str) -> Seen:
    size = source.size(digest)
    if target.is_whole(digest, size):
        return Seen(digest, "there", target.size(digest) or 0)
    if size is None:
        return Seen(digest, "missing")
    try:
        target.adopt(digest, source)
    except DamagedBlob:
        return Seen(digest, "damaged", size)
    return Seen(digest, "copied", size)


def _rehashed(blobs: Blobs, digest: str) -> Seen:
    size = blobs.size(digest)
    if size is None:
        return Seen(digest, "missing")
    hasher = blake3()
    for start in range(0, size, PIECE):
        hasher.update(blobs.piece(digest, start, min(start + PIECE, size)))
    return Seen(digest, "whole" if hasher.hexdigest() == digest else "damaged", size)
