"""The place of an attempt on a machine that sees nothing of its notebook's folder."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.execution.executors.remote.luggage import files_in, is_local, unpack
from jupyter_pipes.execution.executors.remote.messages import PIECE, Bring, Luggage
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import WORKER_LOST, StepError
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.blobs.base import key
from jupyter_pipes.storage.file_digests import file_digest

ARTIFACTS = "artifacts"
"""The folder, beside those of the attempts, of what they brought and made, by content."""

ROOM = 1 << 20
"""Bytes that a disk has at least which is not full."""

_NO_ROOM = os.strerror(errno.ENOSPC)
_FULL = "has no room left on its disk"


class Home:
    """The place of one attempt whose folder cannot be seen from this machine.

    Args:
        folder: the worker's own, for all that comes to it and is made there.
        attempt: a number that no other attempt here has.
    """

    def __init__(self, folder: Path, attempt: int) -> None:
        self._folder = folder / f"attempt-{os.getpid()}-{attempt}"
        self.store = ArtifactStore(folder / ARTIFACTS)
        self._pieces: dict[str, dict[int, bytes]] = {}
        self._job: Job | None = None
        self._brought: dict[str, str] = {}

    def lacks(self, digests: tuple[str, ...]) -> tuple[str, ...]:
        """Return those that are not here; those that are stay for now."""
        missing = tuple(digest for digest in digests if not self.store.blobs.is_whole(digest, None))
        for digest in set(digests) - {*missing}:
            with suppress(FileNotFoundError):
                os.utime(self.store_folder / key(digest))
        return missing

    async def take(self, brought: Bring) -> None:
        """Take a piece of something.

        Raises:
            StoreError: it is not what its digest says, or cannot be kept.
        """
        pieces = self._pieces.setdefault(brought.digest, {})
        # What is sent again, because the way was cut, takes the place of what came first.
        pieces[brought.offset] = brought.data
        if brought.is_last:
            del self._pieces[brought.digest]
            buffers = [pieces[offset] for offset in sorted(pieces)]
            if await asyncio.to_thread(self.store.blobs.write, buffers) != brought.digest:
                raise StoreError(f"{brought.digest} did not come over as it was sent")

    async def settle(self, job: Job, luggage: Luggage) -> Job:
        """Return the job as it runs here."""
        self._job, self._brought = job, luggage.files
        settled = await unpack(luggage, self.store, self._folder, job)
        store = str(self.store_folder) if is_local(job.store) else job.store
        return replace(settled, store=store, log=str(self._folder / "log"), proofs={})

    @property
    def store_folder(self) -> Path:
        """The folder of what was brought and made here, by content."""
        return self._folder.parent / ARTIFACTS

    def as_at_home(self, event: ev.AnyEvent) -> ev.AnyEvent:
        """Return an event with the paths that the notebook's machine has."""
        if not isinstance(event, ev.AttemptEnded):
            return event
        is_full = event.error is not None and (_NO_ROOM in event.error.message or self._is_full)
        if event.outcome == "failed" and is_full:
            return replace(
                event, outcome="lost", reason=_FULL, error=StepError(WORKER_LOST, _FULL, bases=(WORKER_LOST,))
            )
        files = tuple(replace(seen, path=path) for seen in event.files if (path := self._path(seen.path)))
        written = tuple(path for each in event.written if (path := self._path(each)))
        listed = tuple(replace(seen, path=path) for seen in event.listed if (path := self._path(seen.path)))
        return replace(event, files=files, written=written, listed=listed)

    def trouble(self, error: Exception) -> str:
        """Return in words what keeps the worker from doing something for the attempt."""
        is_full = _NO_ROOM in str(error) or self._is_full
        return _FULL if is_full else f"cannot take it in: {type(error).__name__}: {error}"

    @property
    def _is_full(self) -> bool:
        place = next(each for each in (self._folder, *self._folder.parents) if each.exists())
        return shutil.disk_usage(place).free < ROOM

    def _path(self, path: str) -> str:
        """Return the path on the notebook's machine, "" for one that it does not have."""
        assert self._job is not None
        work = str(self._folder / "work")
        if path == work or path.startswith(work + os.sep):
            return self._job.directory + path.removeprefix(work)
        return "" if Path(path).is_absolute() else path

    def piece(self, what: str, offset: int) -> tuple[bytes, int]:
        """Return a piece of a blob, or of a file in the working directory, and the size of the whole."""
        if self.store.blobs.size(what) is not None:
            content = self.store.view(what)
            return bytes(content[offset : offset + PIECE]), len(content)
        with (self._folder / "work" / what).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(offset)
            return file.read(PIECE), size

    def left_files(self) -> tuple[str, ...]:
        """Return the paths in the working directory of what is not as it was brought."""
        work = self._folder / "work"
        files = {str(path.relative_to(work)): path for path in files_in(work)}
        return tuple(name for name, path in files.items() if self._brought.get(name) != file_digest(path))

    def log(self, offset: int) -> bytes:
        """Return what the log has behind an offset, a piece at most."""
        path = self._folder / "log"
        if not path.exists():
            return b""
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE)

    def leave(self) -> None:
        """Remove all of the attempt but what is kept by content."""
        shutil.rmtree(self._folder, ignore_errors=True)
