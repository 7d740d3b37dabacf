"""Blobs anywhere that fsspec reaches: written under a temporary key, checked when read."""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.blobs import UNFINISHED, Stored, digest_at, key, os_errors, total, write_pieces


class RemoteBlobs:
    """Blobs behind an fsspec URL."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes under a temporary key, then move them."""
        digest = digest_of(buffers)
        if self.size(digest) == total(buffers):
            return digest
        files, root = self._open()
        final = posixpath.join(root, key(digest))
        temporary = posixpath.join(root, f"objects/{UNFINISHED}{secrets.token_hex(8)}")
        with os_errors("written to", self.uri(digest)):
            files.makedirs(posixpath.dirname(final), exist_ok=True)
            try:
                with files.open(temporary, "wb") as file:
                    write_pieces(file, buffers)
                files.mv(temporary, final)
            finally:
                if files.exists(temporary):
                    files.rm(temporary)
        return digest

    def read(self, digest: str) -> memoryview:
        """Return the bytes, copied into this process's memory and held against the digest."""
        files, root = self._open()
        path = posixpath.join(root, key(digest))
        with os_errors("read from", self.uri(digest)):
            data = bytearray(files.size(path) or 0)
            with files.open(path, "rb") as file:
                found = memoryview(data)[: file.readinto(data)]
            if digest_of([found]) != digest:
                # It would stand in the way of who makes it again.
                files.rm(path)
                raise StoreError(
                    f"A kept blob was damaged ({self.uri(digest)}): run the step that makes it again."
                )
        return found

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        files, root = self._open()
        with os_errors("read from", self.uri(digest)):
            try:
                return files.size(posixpath.join(root, key(digest)))
            except FileNotFoundError:
                return None

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with its size; its content is checked when it is read."""
        found = self.size(digest)
        return found is not None and (size is None or found == size)

    def note_written(self, digest: str) -> None:
        """Do nothing: what was written is checked when it is read."""

    def uri(self, digest: str) -> str:
        """Return the blob's URL."""
        return f"{self._url}/{key(digest)}"

    @property
    def renews(self) -> bool:
        """Most of these stores cannot change a time without writing everything again."""
        return False

    def stored(self) -> Iterator[Stored]:
        """Yield all keys below `objects/` that have a blob's name, or that of one being written."""
        files, root = self._open()
        folder = posixpath.join(root, "objects")
        with os_errors("listed", self._url):
            listed: dict[str, dict[str, Any]] = files.find(folder, detail=True)
        for place, facts in listed.items():
            digest = digest_at(place)
            if digest is not None:
                yield Stored(place, digest, int(facts["size"] or 0), _changed(facts))

    def renew(self, blob: Stored) -> None:
        """Do nothing: see `renews`."""

    def remove(self, blob: Stored, may_go: Callable[[float], bool]) -> bool:
        """Remove the key if it may still go."""
        files, _ = self._open()
        if not may_go(blob.changed):
            return False
        with os_errors("cleaned", blob.place), suppress(FileNotFoundError):
            files.rm(blob.place)
        return True

    def _open(self) -> tuple[Any, str]:
        import fsspec

        with os_errors("opened at", self._url):
            try:
                return fsspec.core.url_to_fs(self._url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - untyped
            except (ImportError, ValueError) as error:
                raise StoreError(f"The artifact store {self._url} cannot be opened: {error}.") from error


def _changed(facts: Mapping[str, Any]) -> float:
    """Return when a key was written, from what its file system tells of it."""
    found = next((facts[name] for name in _TIMES if facts.get(name) is not None), None)
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    return found.timestamp() if isinstance(found, datetime) else float("inf" if found is None else found)


_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
