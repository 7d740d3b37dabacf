"""Content-addressed bytes: named by their BLAKE3 digest, on a local disk or anywhere that fsspec reaches."""

from __future__ import annotations

import mmap
import os
import re
import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from blake3 import blake3
from msgspec import Struct

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.file_digests import file_digest, remember_written
from jupyter_pipes.storage.serializers.base import BytesLike

_MAPPED = 256 * 1024
"""Bytes from which a blob is mapped instead of read: a mapping holds a file descriptor and whole pages."""

_OVERLAPPED = 8 * 1024 * 1024
"""Bytes from which hashing and writing at the same time saves more than starting a thread costs."""

DIGEST = "[0-9a-f]{64}"
UNFINISHED = ".writing-"
"""What the names of blobs look like, and of those that are being written."""

_PIECE = 16 * 1024 * 1024
"""Bytes written at once."""


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


def open_blobs(url: str | Path) -> Blobs:
    """Return the blobs kept under a path or fsspec URL (`file://`, `s3://`, `memory://`, …)."""
    text = str(url)
    if text.startswith("file://"):
        # Few say it so, and the import takes longer than the rest of a look at the store.
        from urllib.request import url2pathname

        return LocalBlobs(Path(url2pathname(text.removeprefix("file://"))))
    if "://" in text or "::" in text:
        from jupyter_pipes.storage.remote_blobs import RemoteBlobs

        return RemoteBlobs(text)
    return LocalBlobs(Path(text))


def digest_of(buffers: Sequence[BytesLike]) -> str:
    """Return the BLAKE3 hex digest of these bytes, one buffer after the other."""
    hasher = blake3(max_threads=blake3.AUTO)
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.hexdigest()


def key(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest[2:]}"


def total(buffers: Sequence[BytesLike]) -> int:
    return sum(len(buffer) for buffer in buffers)


class LocalBlobs:
    """Blobs in a folder of this machine; the folder is made private (mode 0700) when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes: under a temporary name first, so that a name only ever holds a whole blob."""
        size = total(buffers)
        with os_errors("written to", self._root):
            if size < _OVERLAPPED:
                digest = digest_of(buffers)
                if not self._touch(digest):
                    with self._temporary() as (path, file):
                        write_pieces(file, buffers)
                        file.close()
                        self._publish(path, digest)
                return digest
            return self._write_while_hashing(buffers)

    def read(self, digest: str) -> memoryview:
        """Return the bytes: large blobs as pages shared between processes until written to."""
        path = self._path(digest)
        with os_errors("read from", path), path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size >= _MAPPED:
                return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY))
            data = bytearray(size)
            return memoryview(data)[: file.readinto(data)]

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        path = self._path(digest)
        try:
            with os_errors("read from", path):
                return path.stat().st_size
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                return None
            raise

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with what was written, read again only if the file changed."""
        # As text: a `Path` takes longer to make than the file to look at.
        found = file_digest(f"{self._root}/{key(digest)}")
        if found == digest:
            return True
        path = self._path(digest)
        if not found and not path.exists():
            return False
        # It would stand in the way of who makes it again.
        with os_errors("cleaned of a damaged blob", path):
            path.unlink(missing_ok=True)
        return False

    def note_written(self, digest: str) -> None:
        """Take the word of who has just written a blob for its content."""
        remember_written(self._path(digest), digest)

    def uri(self, digest: str) -> str:
        """Return the blob's `file:///` URL."""
        return self._path(digest).as_uri()

    @property
    def renews(self) -> bool:
        """Writers touch the file."""
        return True

    def stored(self) -> Iterator[Stored]:
        """Yield all files below `objects/` that have a blob's name, or that of one being written."""
        folder = self._root / "objects"
        with os_errors("listed", folder):
            for path in (*folder.glob(f"{UNFINISHED}*"), *folder.glob("??/*")):
                found = _listed(path)
                if found is not None:
                    yield found

    def renew(self, blob: Stored) -> None:
        """Give the file the time of now."""
        with os_errors("written to", blob.place), suppress(FileNotFoundError):
            os.utime(blob.place)

    def remove(self, blob: Stored, may_go: Callable[[float], bool]) -> bool:
        """Take the file away first and look then: from there on, whoever wants it writes it anew."""
        path = Path(blob.place)
        taken = self._unfinished()
        with os_errors("cleaned", path):
            try:
                if not may_go(path.stat().st_mtime):
                    return False
                path.replace(taken)
            except FileNotFoundError:
                return False
            if may_go(taken.stat().st_mtime):
                taken.unlink()
                return True
            taken.replace(path)
            return False

    def _path(self, digest: str) -> Path:
        return self._root / key(digest)

    def _unfinished(self) -> Path:
        return self._root / "objects" / f"{UNFINISHED}{os.getpid()}-{secrets.token_hex(8)}"

    def _write_while_hashing(self, buffers: Sequence[BytesLike]) -> str:
        # Also over a blob that is there: reading it, to see whether it is whole, takes as long.
        with ThreadPoolExecutor(1) as pool, self._temporary() as (path, file):
            hashing = pool.submit(digest_of, buffers)
            write_pieces(file, buffers)
            file.close()
            digest = hashing.result()
            self._publish(path, digest)
            return digest

    def _touch(self, digest: str) -> bool:
        """Say of a whole blob that it is wanted again; return False if it is not there."""
        if not self.is_whole(digest, None):
            return False
        try:
            os.utime(self._path(digest))
        except FileNotFoundError:
            # Whoever clears away what nobody refers to was here in between.
            return False
        return True

    @contextmanager
    def _temporary(self) -> Generator[tuple[Path, Any]]:
        folder = self._root / "objects"
        if not folder.is_dir():
            _make_private(self._root)
            folder.mkdir(exist_ok=True)
        path = self._unfinished()
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


def _listed(path: Path) -> Stored | None:
    """Return what there is to tell of a file, None if it is gone."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    digest = digest_at(str(path))
    return None if digest is None else Stored(str(path), digest, stat.st_size, stat.st_mtime)


def digest_at(place: str) -> str | None:
    """Return the digest that a path or key stands for: "" while a blob is written, None for anything else."""
    folder, name = place.rsplit("/", 2)[-2:]
    if name.startswith(UNFINISHED):
        return ""
    return folder + name if re.fullmatch(DIGEST, folder + name) else None


def write_pieces(file: Any, buffers: Sequence[BytesLike]) -> None:
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
def os_errors(what: str, where: Path | str) -> Generator[None]:
    """Tell an operating system's error as one of the store."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"The artifact store cannot be {what} ({where}): {reason}.") from error
