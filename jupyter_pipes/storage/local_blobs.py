"""Blobs in a folder of this machine."""

from __future__ import annotations

import mmap
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.storage.blobs import UNFINISHED, Stored, digest_at, key, os_errors, total, write_pieces
from jupyter_pipes.storage.file_digests import file_digest, remember_written

_MAPPED = 256 * 1024
"""Bytes from which a blob is mapped instead of read: a mapping holds a file descriptor and whole pages."""


_OVERLAPPED = 8 * 1024 * 1024
"""Bytes from which hashing and writing at the same time saves more than starting a thread costs."""


class LocalBlobs:
    """Blobs in a folder of this machine; the folder is made private (mode 0700) when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes: under a temporary name first, so that a name only ever holds a whole blob."""
        size = total(buffers)
        with os_errors("written to", self._root):
            if size >= _OVERLAPPED:
                # Also over a blob that is there: reading it, to see whether it is whole, takes as long.
                with ThreadPoolExecutor(1) as pool:
                    hashing = pool.submit(digest_of, buffers)
                    self._write(buffers, hashing.result)
                    return hashing.result()
            digest = digest_of(buffers)
            if not self._touch(digest):
                self._write(buffers, lambda: digest)
            return digest

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
        with os_errors("read from", path), suppress(FileNotFoundError, NotADirectoryError):
            return path.stat().st_size
        return None

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with what was written, read again only if the file changed."""
        # As text: a `Path` takes longer to make than the file to look at.
        content = file_digest(f"{self._root}/{key(digest)}")
        if content == digest:
            return True
        path = self._path(digest)
        if not content and not path.exists():
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
                digest = digest_at(str(path))
                if digest is not None:
                    with suppress(FileNotFoundError):
                        stat = path.stat()
                        yield Stored(str(path), digest, stat.st_size, stat.st_mtime)

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

    def _write(self, buffers: Sequence[BytesLike], digest: Callable[[], str]) -> None:
        """Write under a temporary name, then give the blob that of its digest, asked for at the end."""
        folder = self._root / "objects"
        if not folder.is_dir():
            _make_private(self._root)
            folder.mkdir(exist_ok=True)
        path = self._unfinished()
        try:
            with path.open("xb") as file:
                write_pieces(file, buffers)
            final = self._path(digest())
            final.parent.mkdir(exist_ok=True)
            path.replace(final)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _touch(self, digest: str) -> bool:
        """Say of a whole blob that it is wanted again; return False if it is not there."""
        if self.is_whole(digest, None):
            # Whoever clears away what nobody refers to may have been here in between.
            with suppress(FileNotFoundError):
                os.utime(self._path(digest))
                return True
        return False


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only."""
    if not folder.parent.exists():
        _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
