"""Content-addressed bytes: named by their BLAKE3 digest, on a local disk or anywhere that fsspec reaches."""

from __future__ import annotations

import mmap
import os
import posixpath
import secrets
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.request import url2pathname

from blake3 import blake3

from jupyter_pipes.errors import StoreError
from jupyter_pipes.file_digests import file_digest, remember_written
from jupyter_pipes.serializers.base import BytesLike

_MAPPED = 256 * 1024
"""Bytes from which a blob is mapped instead of read: a mapping holds a file descriptor and whole pages."""

_OVERLAPPED = 8 * 1024 * 1024
"""Bytes from which hashing and writing at the same time saves more than starting a thread costs."""

_PIECE = 16 * 1024 * 1024
"""Bytes written at once."""


class Blobs(Protocol):
    """Where blobs are kept. A blob never changes; a name without a blob under it is free."""

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes, one buffer after the other, and return their digest; StoreError if that fails."""
        ...

    def read(self, digest: str) -> memoryview:
        """Return the bytes, writable and private to this process; StoreError if missing or unreadable."""
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

    def uri(self, digest: str) -> str:
        """Return the absolute fsspec URL of a blob, whether it is there or not."""
        ...


def open_blobs(url: str | Path) -> Blobs:
    """Return the blobs kept under a path or fsspec URL (`file://`, `s3://`, `memory://`, …)."""
    text = str(url)
    if text.startswith("file://"):
        return LocalBlobs(Path(url2pathname(text.removeprefix("file://"))))
    if "://" in text or "::" in text:
        return RemoteBlobs(text)
    return LocalBlobs(Path(text))


def digest_of(buffers: Sequence[BytesLike]) -> str:
    """Return the BLAKE3 hex digest of these bytes, one buffer after the other."""
    hasher = blake3(max_threads=blake3.AUTO)
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.hexdigest()


def _key(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest[2:]}"


def _total(buffers: Sequence[BytesLike]) -> int:
    return sum(len(buffer) for buffer in buffers)


class LocalBlobs:
    """Blobs in a folder of this machine; the folder is made private (mode 0700) when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes: under a temporary name first, so that a name only ever holds a whole blob."""
        total = _total(buffers)
        with _os_errors("written to", self._root):
            if total < _OVERLAPPED:
                digest = digest_of(buffers)
                if not self._touch(digest):
                    with self._temporary() as (path, file):
                        _write_pieces(file, buffers)
                        file.close()
                        self._publish(path, digest)
                return digest
            return self._write_while_hashing(buffers)

    def read(self, digest: str) -> memoryview:
        """Return the bytes: large blobs as pages shared between processes until written to."""
        path = self._path(digest)
        with _os_errors("read from", path), path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size >= _MAPPED:
                return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY))
            data = bytearray(size)
            return memoryview(data)[: file.readinto(data)]

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        path = self._path(digest)
        try:
            with _os_errors("read from", path):
                return path.stat().st_size
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                return None
            raise

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with what was written, read again only if the file changed."""
        found = self.size(digest)
        if found is None:
            return False
        path = self._path(digest)
        if (size is None or found == size) and file_digest(path) == digest:
            return True
        # It would stand in the way of who makes it again.
        with _os_errors("cleaned of a damaged blob", path):
            path.unlink(missing_ok=True)
        return False

    def note_written(self, digest: str) -> None:
        """Take the word of who has just written a blob for its content."""
        remember_written(self._path(digest), digest)

    def uri(self, digest: str) -> str:
        """Return the blob's `file:///` URL."""
        return self._path(digest).as_uri()

    def _path(self, digest: str) -> Path:
        return self._root / _key(digest)

    def _write_while_hashing(self, buffers: Sequence[BytesLike]) -> str:
        # Also over a blob that is there: reading it, to see whether it is whole, takes as long.
        with ThreadPoolExecutor(1) as pool, self._temporary() as (path, file):
            hashing = pool.submit(digest_of, buffers)
            _write_pieces(file, buffers)
            file.close()
            digest = hashing.result()
            self._publish(path, digest)
            return digest

    def _touch(self, digest: str) -> bool:
        """Say of a whole blob that it is wanted again; return False if it is not there."""
        if not self.is_whole(digest, None):
            return False
        os.utime(self._path(digest))
        return True

    @contextmanager
    def _temporary(self) -> Generator[tuple[Path, Any]]:
        folder = self._root / "objects"
        if not folder.is_dir():
            _make_private(self._root)
            folder.mkdir(exist_ok=True)
        path = folder / f".writing-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with path.open("xb") as file:
                yield path, file
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _publish(self, path: Path, digest: str) -> None:
        final = self._path(digest)
        try:
            path.replace(final)
        except FileNotFoundError:
            final.parent.mkdir(exist_ok=True)
            path.replace(final)


class RemoteBlobs:
    """Blobs behind an fsspec URL."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes under a temporary key, then move them."""
        digest = digest_of(buffers)
        if self.size(digest) == _total(buffers):
            return digest
        files, root = self._open()
        final = posixpath.join(root, _key(digest))
        temporary = posixpath.join(root, f"objects/.writing-{secrets.token_hex(8)}")
        with _os_errors("written to", self.uri(digest)):
            files.makedirs(posixpath.dirname(final), exist_ok=True)
            try:
                with files.open(temporary, "wb") as file:
                    _write_pieces(file, buffers)
                files.mv(temporary, final)
            finally:
                if files.exists(temporary):
                    files.rm(temporary)
        return digest

    def read(self, digest: str) -> memoryview:
        """Return the bytes, copied into this process's memory and held against the digest."""
        files, root = self._open()
        path = posixpath.join(root, _key(digest))
        with _os_errors("read from", self.uri(digest)):
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
        with _os_errors("read from", self.uri(digest)):
            try:
                return files.size(posixpath.join(root, _key(digest)))
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
        return f"{self._url}/{_key(digest)}"

    def _open(self) -> tuple[Any, str]:
        import fsspec

        with _os_errors("opened at", self._url):
            try:
                return fsspec.core.url_to_fs(self._url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - untyped
            except (ImportError, ValueError) as error:
                raise StoreError(f"The artifact store {self._url} cannot be opened: {error}.") from error


def _write_pieces(file: Any, buffers: Sequence[BytesLike]) -> None:
    for piece in _pieces(buffers):
        file.write(piece)


def _pieces(buffers: Sequence[BytesLike]) -> Iterator[memoryview]:
    for buffer in buffers:
        view = memoryview(buffer)
        for start in range(0, view.nbytes, _PIECE):
            yield view[start : start + _PIECE]


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only."""
    if not folder.parent.exists():
        _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _os_errors(what: str, where: Path | str) -> Generator[None]:
    """Tell an operating system's error as one of the store."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"The artifact store cannot be {what} ({where}): {reason}.") from error
