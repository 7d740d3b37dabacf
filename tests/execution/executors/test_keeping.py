"""What attempts print and write is in the store before their end is told, under the notebook's own paths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyter_pipes.execution.executors import keeping
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.keeping import KeepingExecutor
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import FileSeen, StepError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.artifacts import ArtifactStore

LAPTOP = "/home/me/study"


class Told:
    """An executor that reports what it is told to."""

    def submit(self, job: Job, report: Report) -> None:
        self.report = report

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None: ...

    def close(self) -> None: ...


class Scene:
    """An attempt in a folder of its own, and what was reported of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder / "work", ArtifactStore(folder / "store")
        self.folder.mkdir()
        self.log = folder / "log"
        self.reported: list[ev.AnyEvent] = []
        self.is_over, self.has_kept = asyncio.Event(), asyncio.Event()
        inner = Told()
        executor = KeepingExecutor(inner, self.store, LAPTOP)
        step = Step("a", 0, "", "cell 1")
        job = Job("r", "p", step, 1, directory=str(self.folder), log=str(self.log))
        executor.submit(job, self._take)
        self.tell = inner.report

    def _take(self, event: ev.AnyEvent) -> None:
        self.reported.append(event)
        (self.is_over if isinstance(event, ev.AttemptEnded) else self.has_kept).set()

    async def end(self, ended: ev.AttemptEnded) -> Sequence[ev.AnyEvent]:
        self.tell(ended)
        await asyncio.wait_for(self.is_over.wait(), 60)
        return self.reported


def test_log_and_files_come_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PIECE", 4)

    async def attempt() -> None:
        scene = Scene(tmp_path)
        scene.log.write_bytes(b"one two")
        (scene.folder / "out.txt").write_text("made")
        seen = FileSeen(f"{scene.folder}/in.csv", "d")
        ended = ev.AttemptEnded("a", 1, "completed", files=(seen,), written=(f"{scene.folder}/out.txt",))
        *pieces, folder, end = await scene.end(ended)
        kept = [each for each in pieces if isinstance(each, ev.LogKept)]
        assert [scene.store.get_bytes(each.digest) for each in kept] == [b"one ", b"two"]
        assert isinstance(folder, ev.FolderKept)
        assert scene.store.get_bytes(folder.files["out.txt"]) == b"made"
        assert isinstance(end, ev.AttemptEnded)
        assert (end.files[0].path, end.written) == (f"{LAPTOP}/in.csv", (f"{LAPTOP}/out.txt",))

    asyncio.run(attempt())


def test_a_log_is_kept_while_the_attempt_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_SOON", 0.0)

    async def attempt() -> None:
        scene = Scene(tmp_path)
        scene.tell(ev.AttemptStarted("a", 1, 7, "h"))
        scene.has_kept.clear()
        scene.log.write_bytes(b"one")
        await asyncio.wait_for(scene.has_kept.wait(), 60)
        assert [type(each) for each in scene.reported] == [ev.AttemptStarted, ev.LogKept]
        reported = await scene.end(ev.AttemptEnded("a", 1, "completed"))
        assert [type(each) for each in reported] == [ev.AttemptStarted, ev.LogKept, ev.AttemptEnded]

    asyncio.run(attempt())


def test_a_store_that_cannot_be_written_is_told_and_the_attempt_ends_all_the_same(tmp_path: Path) -> None:
    async def attempt() -> None:
        scene = Scene(tmp_path)
        scene.log.write_bytes(b"one")
        (tmp_path / "store").write_text("no folder")
        note, end = await scene.end(ev.AttemptEnded("a", 1, "completed"))
        assert isinstance(note, ev.NoteAdded)
        assert "could not be kept for other machines" in note.text
        assert isinstance(end, ev.AttemptEnded)

    asyncio.run(attempt())


def test_who_missed_a_file_is_told_that_the_folder_is_not_there(tmp_path: Path) -> None:
    async def attempt() -> None:
        scene = Scene(tmp_path)
        error = StepError("FileNotFoundError", "no x.csv", bases=("FileNotFoundError", "OSError"))
        (end,) = await scene.end(ev.AttemptEnded("a", 1, "failed", "it failed", error))
        assert isinstance(end, ev.AttemptEnded)
        assert end.reason.startswith(f"it failed; the run's folder {LAPTOP} is not there")
        assert end.error is not None
        assert "is not there: what travels are the files" in end.error.message

    asyncio.run(attempt())
