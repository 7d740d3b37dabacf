"""Blobs in a folder of this machine."""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property, partial
from io import BufferedRandom
from pathlib import Path

from blake3 import blake3

from jupyter_pipes.model.digests import BytesLike, digest_of
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
    write_pieces,
)
from jupyter_pipes.storage.file_digests import (
    checked_stamp,
    content_digest,
    file_digest,
    file_stamp,
    is_checked,
    is_same_file,
    is_synced,
    note_synced,
    remember_written,
    stamp_of,
    trust,
)
from jupyter_pipes.storage.whole_files import NotOnDisk, reach_disk

_MAPPED = 256 * 1024
"""Bytes from which a blob is mapped instead of read: a mapping holds a file descriptor and whole pages."""


_OVERLAPPED = 8 * 1024 * 1024
"""Bytes from which hashing and writing at the same time saves more than starting a thread costs."""

_SCRATCH = 1024 * 1024
"""Bytes that are read back at once to be hashed: what stays in a CPU's cache."""


class LocalBlobs:
    """Blobs in a folder of this machine; the folder is made private (mode 0700) when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._mapped: dict[str, str] = {}
        self._is_new = True
        """Whether the names of the folders above may not be on the disk."""

    def write(self, buffers: Sequence[BytesLike]) -> str:
        """Keep these bytes: under a temporary name first, so that a name only ever holds a whole blob."""
        with os_errors("written to", self._root):
            if total(buffers) >= _OVERLAPPED:
                return self._write(partial(_write_and_hash, buffers), is_new=False)
            # Taken out of the reach of threads that may go on changing it.
            content = b"".join(buffers)
            digest = digest_of([content])
            if not self._touch(digest):
                self._write(partial(_write_known, content, digest))
            return digest

    def adopt(self, digest: str, source: Blobs) -> None:
        """Keep a blob of another place, fetched in pieces; what came before a break is not fetched again."""
        self._make_folder()
        draft = self._root / "objects" / f"{UNFINISHED}{digest}"
        with os_errors("written to", self._root), draft.open("ab") as file:
            # Another process may fetch the same: whoever comes second finds it done.
            fcntl.flock(file, fcntl.LOCK_EX)
            if not self._path(digest).exists():
                begin = file.tell() // PIECE * PIECE
                file.truncate(begin)
                starts = range(begin, source.size(digest) or 0, PIECE)
                file.writelines(in_parallel(partial(_fetch, source, digest), starts))
                file.flush()
                self._name_whole(draft, digest, source)

    def _name_whole(self, draft: Path, digest: str, source: Blobs) -> None:
        """Give what was fetched its name, if that is what its content says."""
        if content_digest(draft) != digest:
            draft.unlink()
            raise DamagedBlob(source.uri(digest))
        final = self._path(digest)
        final.parent.mkdir(exist_ok=True)
        draft.replace(final)
        self.note_written(digest)

    def read(self, digest: str) -> memoryview:
        """Return the bytes, held against the digest: large blobs as pages shared until written to.

        A large one is read for that only where its file is not known to be the one that was checked.
        """
        path = self._path(digest)
        with os_errors("read from", path), path.open("rb", buffering=0) as file:
            stat = os.fstat(file.fileno())
            if stat.st_size >= _MAPPED:
                content = memoryview(mmap.mmap(file.fileno(), stat.st_size, access=mmap.ACCESS_COPY))
                self._mapped.setdefault(digest, stamp_of(stat))
                is_whole = is_checked(path, stat, digest) or digest_of([content]) == digest
                trust([(str(path), stamp_of(stat), digest)] if is_whole else [])
            else:
                data = bytearray(stat.st_size)
                content = memoryview(data)[: file.readinto(data)]
                is_whole = digest_of([content]) == digest
        if not is_whole:
            self._remove_damaged(path)
            raise DamagedBlob(path.as_uri())
        return content

    def piece(self, digest: str, start: int, end: int) -> memoryview:
        """Return a part of the bytes as they lie there."""
        path = self._path(digest)
        with os_errors("read from", path), path.open("rb") as file:
            return memoryview(os.pread(file.fileno(), end - start, start))

    def damaged(self) -> list[str]:
        """Return the digests of what was mapped and has another content now, where it lies."""
        stamps = ((digest, file_stamp(self._path(digest)), stamp) for digest, stamp in self._mapped.items())
        changed = [digest for digest, now, then in stamps if now != then and is_same_file(now, then)]
        return [digest for digest in changed if not self.is_whole(digest, None)]

    def proofs(self, digests: Iterable[str]) -> dict[str, str]:
        """Return digest -> stamp, of the files that are known to hold what they should."""
        stamps = ((digest, checked_stamp(self._path(digest), digest)) for digest in digests)
        return {digest: stamp for digest, stamp in stamps if stamp}

    def trust(self, proofs: Mapping[str, str]) -> None:
        """Take another process's word for which files it has checked."""
        trust((str(self._path(digest)), stamp, digest) for digest, stamp in proofs.items())

    def size(self, digest: str) -> int | None:
        """Return the size in bytes, or None when there is no such blob."""
        path = self._path(digest)
        with os_errors("read from", path), suppress(FileNotFoundError, NotADirectoryError):
            return path.stat().st_size
        return None

    def is_whole(self, digest: str, size: int | None) -> bool:
        """Return whether the blob is there with what was written, read again only if the file changed."""
        content = file_digest(self._name(digest))
        if content == digest:
            return True
        path = self._path(digest)
        if not content and not path.exists():
            return False
        self._remove_damaged(path)
        return False

    def note_written(self, digest: str) -> None:
        """Take the word of who has just written a blob for its content."""
        remember_written(self._path(digest), digest)

    def doubtful(self, digests: Iterable[str]) -> set[str]:
        """Return those whose file is not the one that somebody checked and had reach the disk."""
        return {digest for digest in digests if not self._is_beyond_doubt(digest)}

    def sync(self, digests: Iterable[str]) -> None:
        """Have the files reach the disk, with the folders on the way to them; those that cannot be go.

        A system that could not write a file once says nothing of it when it is asked again.
        """
        blobs = {self._path(digest) for digest in digests}
        stamps = {str(blob): file_stamp(blob) for blob in blobs}
        folders = {folder for blob in blobs for folder in blob.parents[: None if self._is_new else 2]}
        with os_errors("synced", self._root):
            try:
                reach_disk(blobs | folders)
            except NotOnDisk as error:
                for blob in blobs:
                    if not error.places.isdisjoint(map(str, (blob, *blob.parents))):
                        self._remove_damaged(blob)
                raise
        self._is_new = self._is_new and not blobs
        note_synced(stamps)

    def uri(self, digest: str) -> str:
        """Return the blob's `file:///` URL."""
        return f"{self._root_uri}/{key(digest)}"

    @cached_property
    def _root_uri(self) -> str:
        return self._root.as_uri()

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

    def _is_beyond_doubt(self, digest: str) -> bool:
        path = self._name(digest)
        stamp = file_stamp(path)
        return bool(stamp) and checked_stamp(path, digest) == stamp and is_synced(path, stamp)

    def _name(self, digest: str) -> str:
        # A `Path` takes longer to make than the file to look at.
        return f"{self._root}/{key(digest)}"

    def _path(self, digest: str) -> Path:
        return self._root / key(digest)

    def _unfinished(self) -> Path:
        return self._root / "objects" / f"{UNFINISHED}{os.getpid()}-{os.urandom(8).hex()}"

    def _remove_damaged(self, path: Path) -> None:
        """Clear the way of who makes it again."""
        with os_errors("cleaned of a damaged blob", path):
            path.unlink(missing_ok=True)

    def _write(self, write: Callable[[BufferedRandom], str], *, is_new: bool = True) -> str:
        """Have a file written under a temporary name, then give it that of the digest it comes to.

        Args:
            write: writes it, and returns the digest.
            is_new: whether no such blob is there; a whole one stays: a file system brings what takes the
                place of another file to the disk at once, which takes longer than reading the other one.
        """
        self._make_folder()
        path = self._unfinished()
        try:
            with path.open("x+b") as file:
                digest = write(file)
            if not is_new and self._touch(digest):
                path.unlink()
                return digest
            final = self._path(digest)
            final.parent.mkdir(exist_ok=True)
            path.replace(final)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return digest

    def _make_folder(self) -> None:
        folder = self._root / "objects"
        if not folder.is_dir():
            _make_private(self._root)
            folder.mkdir(exist_ok=True)

    def _touch(self, digest: str) -> bool:
        """Say of a whole blob that it is wanted again; return False if it is not there."""
        if self.is_whole(digest, None):
            # Whoever clears away what nobody refers to may have been here in between.
            with suppress(FileNotFoundError):
                os.utime(self._path(digest))
                return True
        return False


def _fetch(source: Blobs, digest: str, start: int) -> memoryview:
    """Return the piece of a blob that begins there; the last one is shorter."""
    return source.piece(digest, start, min(start + PIECE, source.size(digest) or 0))


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only."""
    if not folder.parent.exists():
        _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write_known(content: bytes, digest: str, file: BufferedRandom) -> str:
    write_pieces(file, [content])
    return digest


def _write_and_hash(buffers: Sequence[BytesLike], file: BufferedRandom) -> str:
    """Write buffers and return the digest of what the file holds then, hashed close behind the writing.

    The buffers are the value's own memory, which a thread of the step may go on changing.
    """
    hasher, scratch = blake3(), memoryview(bytearray(_SCRATCH))
    with ThreadPoolExecutor(1) as pool:
        hashed: list[Future[None]] = []
        for piece in pieces(buffers):
            start = file.tell()
            write_pieces(file, [piece])
            file.flush()
            hashed.append(pool.submit(_hash_part, hasher, file.fileno(), start, file.tell(), scratch))
        for each in hashed:
            each.result()
    return hasher.hexdigest()


def _hash_part(hasher: blake3, file: int, start: int, end: int, scratch: memoryview) -> None:
    while start < end:
        size = os.preadv(file, [scratch[: end - start]], start)
        hasher.update(scratch[:size])
        start += size
