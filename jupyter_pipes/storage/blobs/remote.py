"""Blobs anywhere that fsspec reaches: a name only ever holds a whole one, and what is read is checked."""

from __future__ import annotations

import posixpath
import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from blake3 import blake3

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.blobs.base import (
    PIECE,
    UNFINISHED,
    Blobs,
    DamagedBlob,
    Stored,
    digest_at,
    in_parallel,
    key,
    os_errors,
    pieces,
    total,
)
from jupyter_pipes.storage.blobs.multipart import is_s3, upload


class RemoteBlobs:
    """Blobs behind an fsspec URL."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes, large ones in pieces of which some are on their way at a time."""
        is_small = total(buffers) <= PIECE
        if is_small:
            # Taken out of the reach of threads that may go on changing it.
            buffers = [b"".join(buffers)]
        digest = digest_of(buffers)
        if self.size(digest) == total(buffers):
            return digest
        files, path = self._place(key(digest))
        with store_errors("written to", self._url):
            if not is_s3(files):
                return self._write_and_move(buffers)
            if is_small:
                files.pipe_file(path, buffers[0])
            elif not self._uploaded(files, path, buffers, digest):
                return self.write([b"".join(buffers)])
        return digest

    def adopt(self, digest: str, source: Blobs) -> None:
        """Keep a blob of another place, as its reading there gives it."""
        self.write([source.read(digest)])

    def _uploaded(self, files: Any, path: str, buffers: Sequence[BytesLike], digest: str) -> bool:
        """Return whether the content stands under its key, sent from here or by who sends the same."""
        try:
            return upload(files, path, buffers, digest)
        except Exception:  # of any kind: see `store_errors`
            # Whoever sent the same at the same time may have ended the upload that both went on with.
            if self.size(digest) != total(buffers):
                raise
            return True

    def _write_and_move(self, buffers: Sequence[BytesLike]) -> str:
        """Write under a temporary key first: elsewhere than on S3, what is being written may be seen."""
        files, temporary = self._place(f"objects/{UNFINISHED}{secrets.token_hex(8)}")
        files.makedirs(posixpath.dirname(temporary), exist_ok=True)
        try:
            with files.open(temporary, "wb") as file:
                digest = _write_and_hash(file, buffers)
            _, final = self._place(key(digest))
            files.makedirs(posixpath.dirname(final), exist_ok=True)
            files.mv(temporary, final)
        finally:
            if files.exists(temporary):
                files.rm(temporary)
        return digest

    def read(self, digest: str) -> memoryview:
        """Return the bytes, copied into this process's memory and held against the digest."""
        files, path = self._place(key(digest))
        with store_errors("read from", self.uri(digest)):
            content = memoryview(bytearray(files.size(path) or 0))
            ends = range(0, len(content), PIECE)

            def fetch(start: int) -> None:
                end = min(start + PIECE, len(content))
                content[start:end] = files.cat_file(path, start=start, end=end)

            deque(in_parallel(fetch, ends) if len(ends) > 1 else map(fetch, ends), maxlen=0)
            if digest_of([content]) != digest:
                # It would stand in the way of who makes it again.
                files.rm(path)
                raise DamagedBlob(self.uri(digest))
        return content

    def piece(self, digest: str, start: int, end: int) -> memoryview:
        """Return a part of the bytes as they lie there."""
        files, path = self._place(key(digest))
        with store_errors("read from", self.uri(digest)):
            return memoryview(files.cat_file(path, start=start, end=end) if start < end else b"")

    def damaged(self) -> list[str]:
        """Return nothing: what was read is a copy."""
        return []

    def proofs(self, digests: Iterable[str]) -> dict[str, str]:
        """Return nothing: what is read is checked."""
        return {}

    def trust(self, proofs: Mapping[str, str]) -> None:
        """Do nothing: what is read is checked."""

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        files, path = self._place(key(digest))
        with store_errors("read from", self.uri(digest)), suppress(FileNotFoundError):
            return files.size(path)
        return None

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with its size; its content is checked when it is read."""
        stored = self.size(digest)
        return stored is not None and size in (None, stored)

    def note_written(self, digest: str) -> None:
        """Do nothing: what was written is checked when it is read."""

    def doubtful(self, digests: Iterable[str]) -> set[str]:
        """Return nothing: such a store takes a blob for good, or not at all."""
        return set()

    def sync(self, digests: Iterable[str]) -> None:
        """Do nothing: see `doubtful`."""

    def uri(self, digest: str) -> str:
        """Return the blob's URL."""
        return f"{self._url}/{key(digest)}"

    @property
    def renews(self) -> bool:
        """Most of these stores cannot change a time without writing everything again."""
        return False

    def stored(self) -> Iterator[Stored]:
        """Yield all keys below `objects/` that have a blob's name, or that of one being written."""
        files, folder = self._place("objects")
        with store_errors("listed", self._url):
            listed: dict[str, dict[str, Any]] = files.find(folder, detail=True)
        for place, facts in listed.items():
            digest = digest_at(place)
            if digest is not None:
                yield Stored(place, digest, int(facts["size"] or 0), _changed(facts))

    def renew(self, blob: Stored) -> None:
        """Do nothing: see `renews`."""

    def remove(self, blob: Stored, may_go: Callable[[float], bool]) -> bool:
        """Remove the key if it may still go."""
        files, _ = self._place("")
        if not may_go(blob.changed):
            return False
        with store_errors("cleaned", blob.place), suppress(FileNotFoundError):
            files.rm(blob.place)
        return True

    def _place(self, name: str) -> tuple[Any, str]:
        """Return the file system, and what it calls a key below the URL."""
        import fsspec

        with store_errors("opened at", self._url):
            try:
                # Others write there as well: what was listed once says nothing of what is there now.
                core: Any = fsspec.core
                files, root = core.url_to_fs(self._url, use_listings_cache=False)
            except ImportError as error:
                is_s3_url = self._url.startswith(("s3://", "s3a://"))
                remedy = 'pip install "jupyter_pipes[s3]"' if is_s3_url else "install what it names"
                raise StoreError(
                    f"The artifact store {self._url} cannot be opened ({error}): {remedy}."
                ) from error
        return files, posixpath.join(root, name)


@contextmanager
def store_errors(what: str, where: str) -> Generator[None]:
    """Tell whatever the library of a store raises, which need be no OSError, as an error of the store."""
    try:
        with os_errors(what, where):
            yield
    except StoreError:
        raise
    except Exception as error:  # of botocore, aiohttp, …: each file system has its own
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise StoreError(f"The artifact store cannot be {what} ({where}): {reason}.") from error


def _write_and_hash(file: Any, buffers: Sequence[BytesLike]) -> str:
    """Write buffers and return the digest of what was written: a thread may go on changing them."""
    hasher = blake3()
    for piece in pieces(buffers):
        content = bytes(piece)
        file.write(content)
        hasher.update(content)
    return hasher.hexdigest()


def _changed(facts: Mapping[str, Any]) -> float:
    """Return when a key was written, from what its file system tells of it."""
    moment = next((facts[name] for name in _TIMES if facts.get(name) is not None), float("inf"))
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
