"""What a run leaves is on the disk before its end is written, in few goes, and a broken disk ends no run."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Status
from tests.execution.test_controller import DEADLINE, Stage, graph_of

CELLS = ("%%step a\nx = 1", "%%step b\ny = 2", "%%step c\nz = x, y")


class Leaving(Stage):
    """A run whose steps leave an artifact each; notes what is synced, and how the history stood then."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, graph_of(*CELLS), a="completed", b="completed", c="completed")
        self.synced: list[tuple[int, Status]] = []
        self.may_sync = threading.Event()
        self.may_sync.set()
        self.is_broken = False
        monkeypatch.setattr(self.workspace, "sync", self._sync)

    def submit(self, job: Job, report: Report) -> None:
        ref = self.workspace.store.put("x", job.step.name)

        def report_all(*facts: ev.AnyEvent) -> None:
            for fact in facts:
                if isinstance(fact, ev.AttemptEnded):
                    report(ev.ArtifactStored(job.step.name, job.attempt, ref))
                report(fact)

        super().submit(job, report_all)

    def _sync(self, digests: set[str]) -> None:
        assert self.may_sync.wait(DEADLINE)
        if self.is_broken:
            raise StoreError("the disk is broken")
        self.synced.append((len(digests), self.workspace.history.view("r").status))


@pytest.fixture
def leaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Leaving:
    return Leaving(tmp_path, monkeypatch)


def written_end(workspace: Workspace) -> bool:
    return any(isinstance(record.event, ev.RunEnded) for record in workspace.history.records("r"))


def test_the_end_is_written_when_all_that_the_steps_left_is_synced(leaving: Leaving) -> None:
    leaving.run()
    before = [count for count, status in leaving.synced if status is Status.RUNNING]
    assert sum(before) == 3
    assert leaving.controller.view.status is Status.COMPLETED


def test_what_completes_is_written_at_once_and_the_end_waits_and_says_so(
    leaving: Leaving,
) -> None:
    leaving.may_sync.clear()
    told = threading.Event()

    def look(_: object, record: ev.Record) -> None:
        if isinstance(record.event, ev.RunHeldUp):
            told.set()

    leaving.controller.subscribe(look)
    starter = threading.Thread(target=leaving.run)
    starter.start()
    assert told.wait(DEADLINE)
    steps = leaving.workspace.history.view("r").steps
    assert {step.status for step in steps.values()} == {Status.COMPLETED}
    assert not written_end(leaving.workspace)
    leaving.may_sync.set()
    starter.join(DEADLINE)
    assert written_end(leaving.workspace)
    assert leaving.controller.view.held_up == ""


def test_a_run_whose_results_cannot_be_brought_to_the_disk_has_not_completed(leaving: Leaving) -> None:
    leaving.is_broken = True
    leaving.run()
    assert written_end(leaving.workspace)
    view = leaving.workspace.history.view("r")
    assert (view.status, view.reason) == (Status.FAILED, "the disk is broken")
    assert str(leaving.controller.error) == "the disk is broken"


def test_steps_whose_results_cannot_be_brought_to_the_disk_are_not_done_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second sync would say that all is well: what failed is gone, and no later run takes it."""
    leaving, failing = Leaving(tmp_path, monkeypatch), {"b"}
    monkeypatch.undo()
    fsync = os.fsync

    def fail(file: int) -> None:
        name = Path(f"/proc/self/fd/{file}").resolve().name
        blobs = {step.artifacts[0].digest[2:]: each for each, step in view.steps.items() if step.artifacts}
        if blobs.get(name) in failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(file)

    view = leaving.controller.view
    monkeypatch.setattr(os, "fsync", fail)
    leaving.run()
    kept = leaving.workspace.history.view("r")
    assert kept.status is Status.FAILED
    assert os.strerror(errno.EIO) in kept.reason
    statuses = {name: step.status for name, step in kept.steps.items()}
    assert statuses == {"a": Status.COMPLETED, "b": Status.CANCELLED, "c": Status.COMPLETED}
    assert not leaving.workspace.store.has(kept.steps["b"].attempts[0].artifacts[0])
