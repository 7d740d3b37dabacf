"""An executor whose attempts' logs and files go to the store: nobody sees the folder that they stand in."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.execution.executors.base import Executor, Report
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.job import Job
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.out_files import keep_content

PIECE = 1 << 22
"""Bytes of a log that are kept at once."""

_SOON, _LATE, _SHARE = 0.5, 5.0, 0.01
"""Seconds between two looks at a log, at first and at most, and which part of an attempt's time that is."""


class KeepingExecutor:
    """Serves as another executor does, and keeps in the store what its attempts print and write.

    Args:
        executor: what runs the attempts, in a folder of this machine.
        store: where to.
        folder: the notebook's folder, on another machine, as facts are to name it.
    """

    def __init__(self, executor: Executor, store: ArtifactStore, folder: str) -> None:
        self._executor = executor
        self._store = store
        self._folder = folder

    def submit(self, job: Job, report: Report) -> None:
        """Give a job to the other executor."""
        self._executor.submit(job, _Keeper(job, report, self._store, self._folder).take)

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt."""
        self._executor.cancel(attempt, outcome, reason)

    def close(self) -> None:
        """Close the other executor."""
        self._executor.close()


class _Keeper:
    """Keeps what one attempt prints, while it runs, and what it wrote, when it ends."""

    def __init__(self, job: Job, report: Report, store: ArtifactStore, folder: str) -> None:
        self._job = job
        self._report = report
        self._store = store
        self._folder = folder
        self._kept = 0
        self._watching: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def take(self, event: ev.AnyEvent) -> None:
        """Pass on what the executor reports; the end comes behind what belongs to it."""
        if isinstance(event, ev.AttemptEnded):
            self._ending = asyncio.get_running_loop().create_task(self._end(event))
            return
        if isinstance(event, ev.AttemptStarted) and self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())
        self._report(event)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            await asyncio.sleep(min(max(_SOON, _SHARE * (loop.time() - began)), _LATE))
            # A store that cannot be written just now is tried again.
            with suppress(StoreError):
                await self._keep_log()

    async def _end(self, event: ev.AttemptEnded) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        try:
            await self._keep_log()
            if files := await in_thread(self._keep_files, event):
                self._report(ev.FolderKept(files))
        except (OSError, StoreError) as error:
            text = f"what it printed and wrote could not be kept for other machines: {error}"
            self._report(ev.NoteAdded(event.step, event.attempt, text))
        self._report(_explained(self._as_in_the_folder(event), self._folder))

    async def _keep_log(self) -> None:
        while data := await in_thread(_piece, Path(self._job.log), self._kept):
            digest = await in_thread(self._store.put_bytes, data)
            self._kept += len(data)
            self._report(ev.LogKept(self._job.step.name, self._job.attempt, digest, len(data)))

    def _keep_files(self, event: ev.AttemptEnded) -> dict[str, str]:
        """Keep the files in the folder that the attempt wrote; return path -> digest."""
        written = [file for path in event.written if (file := self._file(path)) is not None]
        here = self._job.directory
        return {os.path.relpath(file, here): keep_content(self._store, file) for file in written}

    def _file(self, path: str) -> Path | None:
        file = Path(os.path.normpath(Path(self._job.directory, path)))
        return file if file.is_relative_to(self._job.directory) and file.is_file() else None

    def _as_in_the_folder(self, event: ev.AttemptEnded) -> ev.AttemptEnded:
        """Return the end with the paths that the notebook's folder has."""
        at = partial(_moved, before=self._job.directory, now=self._folder)
        return replace(
            event,
            files=tuple(replace(seen, path=at(seen.path)) for seen in event.files),
            written=tuple(map(at, event.written)),
            listed=tuple(replace(seen, path=at(seen.path)) for seen in event.listed),
        )


def _moved(path: str, before: str, now: str) -> str:
    is_inside = path == before or path.startswith(before + os.sep)
    return now + path.removeprefix(before) if is_inside else path


def _piece(log: Path, start: int) -> bytes:
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read(PIECE)
    except FileNotFoundError:
        return b""


def _explained(event: ev.AttemptEnded, folder: str) -> ev.AttemptEnded:
    """Return the end of an attempt; of one that missed a file, with why it may not be there."""
    error = event.error
    if error is None or "FileNotFoundError" not in error.bases:
        return event
    hint = (
        f"the run's folder {folder} is not there: what travels are the files that the code or --file names, "
        "and all others if they are few and small"
    )
    return replace(
        event, reason=f"{event.reason}; {hint}", error=replace(error, message=f"{error.message}\n{hint}")
    )
