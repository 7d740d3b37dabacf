"""Content-addressed bytes: named by their BLAKE3 digest, on a local disk or anywhere that fsspec reaches."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from jupyter_pipes.model.digests import BytesLike
from jupyter_pipes.model.errors import StoreError

Item = TypeVar("Item")
Done = TypeVar("Done")

DIGEST = "[0-9a-f]{64}"
UNFINISHED = ".writing-"
"""What the names of blobs look like, and of those that are being written."""

PIECE = 16 * 1024 * 1024
"""Bytes written or fetched at once."""

AT_ONCE = 8
"""Pieces, or blobs, that are on their way at a time."""


class Stored(Struct, frozen=True):
    """A blob as it is listed, or what is left of one that was not written to its end.

    Attributes:
        place: its path, or its key in the store.
        digest: its name; "" for one that is not whole.
        bytes: its size.
        changed: when it was written or wanted last, in seconds since 1970; `inf` where nobody can tell.
    """

    place: str
    digest: str
    bytes: int
    changed: float


class DamagedBlob(StoreError):
    """A blob was not what its name says, and is removed; `place` is its URL."""

    def __init__(self, place: str) -> None:
        super().__init__(f"A kept blob was damaged ({place}): run the step that makes it again.")


class Blobs(Protocol):
    """Where blobs are kept. A blob never changes; a name without a blob under it is free."""

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes, one buffer after the other, and return their digest; StoreError if that fails."""
        ...

    def adopt(self, digest: str, source: Blobs) -> None:
        """Keep a blob of another place, under its digest.

        Raises:
            DamagedBlob: what came from there is not what the digest says; nothing is kept.
            StoreError: one of the places cannot be read or written.
        """
        ...

    def read(self, digest: str) -> memoryview:
        """Return the bytes, writable and private to this process.

        Raises:
            StoreError: the blob is missing, cannot be read, or is damaged (then it is removed).
        """
        ...

    def piece(self, digest: str, start: int, end: int) -> memoryview:
        """Return bytes `start` to `end` of a blob as they lie there, not held against the digest.

        Raises:
            StoreError: the blob is missing, or cannot be read.
        """
        ...

    def damaged(self) -> list[str]:
        """Return the digests of what `read` gave that may have changed since then under its reader."""
        ...

    def proofs(self, digests: Iterable[str]) -> Mapping[str, str]:
        """Return digest -> what tells another process that the blob is the one that was checked here."""
        ...

    def trust(self, proofs: Mapping[str, str]) -> None:
        """Take another process's word for which blobs it has checked (`proofs`)."""
        ...

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        ...

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with what was written; one that is damaged is removed.

        Args:
            digest: its name.
            size: in bytes, if known.
        """
        ...

    def note_written(self, digest: str) -> None:
        """Take the word of who has just written a blob for its content."""
        ...

    def doubtful(self, digests: Iterable[str]) -> set[str]:
        """Return those that are not known to be whole and to outlast a power cut."""
        ...

    def sync(self, digests: Iterable[str]) -> None:
        """Have these blobs outlast a power cut, their names and folders too; StoreError if they cannot."""
        ...

    def uri(self, digest: str) -> str:
        """Return the absolute fsspec URL of a blob, whether it is there or not."""
        ...

    @property
    def renews(self) -> bool:
        """Whether `changed` of a blob goes up when somebody writes it that is there already."""
        ...

    def stored(self) -> Iterator[Stored]:
        """Yield all that is kept; StoreError if the place cannot be read."""
        ...

    def renew(self, blob: Stored) -> None:
        """Say that a blob is wanted, where the store can tell; nothing happens if it is gone."""
        ...

    def remove(self, blob: Stored, may_go: Callable[[float], bool]) -> bool:
        """Remove a blob unless somebody wanted it meanwhile, and return whether it went.

        Args:
            blob: as it was listed.
            may_go: told when it was wanted last, whether it may go.
        """
        ...


def key(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest[2:]}"


def total(buffers: Sequence[BytesLike]) -> int:
    return sum(len(buffer) for buffer in buffers)


def digest_at(place: str) -> str | None:
    """Return the digest that a path or key stands for: "" while a blob is written, None for anything else."""
    folder, name = place.rsplit("/", 2)[-2:]
    if name.startswith(UNFINISHED):
        return ""
    return folder + name if re.fullmatch(DIGEST, folder + name) else None


def pieces(buffers: Iterable[BytesLike]) -> Iterator[memoryview]:
    """Yield views of buffers, one after the other, of never more than some MB."""
    for view in map(memoryview, buffers):
        for start in range(0, view.nbytes, PIECE):
            yield view[start : start + PIECE]


def write_pieces(file: Any, buffers: Iterable[BytesLike]) -> None:
    """Write buffers one after the other, never more than some MB at once."""
    for piece in pieces(buffers):
        file.write(piece)


def in_parallel(work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """Yield what is made of each item, in their order; some are worked on at a time, and no more are held.

    Raises:
        Exception: what the work of one raises; no more is begun then.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun: deque[Future[Done]] = deque()
        try:
            for item in items:
                begun.append(pool.submit(work, item))
                if len(begun) >= AT_ONCE:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def os_errors(what: str, where: Path | str) -> Generator[None]:
    """Tell an operating system's error as one of the store."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"The artifact store cannot be {what} ({where}): {reason}.") from error
