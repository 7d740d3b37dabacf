"""What a project keeps: opened on a full disk or after a power cut; where a moved run's folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.storage.blobs.local import LocalBlobs
from tests.leases import here, hold
from tests.stories import Story

SHARED = "store = 'artifacts'\n"
ELSEWHERE = "history = 'postgresql://localhost/runs'\n"


@pytest.mark.parametrize(
    ("settings", "before", "asked_from", "now"),
    [
        ("", "here", "here", "here"),
        ("", "gone", "here", "here"),
        ("", "other", "here", "here"),
        (SHARED, "here/sub", "here", "here/sub"),
        (SHARED, "gone/sub", "here", "here/sub"),
        (SHARED, "other/sub", "here", "here/sub"),
        (SHARED, "gone/renamed", "here/sub", "here/sub"),
        (ELSEWHERE, "other", "here", "other"),
        (ELSEWHERE, "gone/sub", "here", "here/sub"),
    ],
)
def test_runs_go_along_when_their_project_is_moved_or_copied(
    settings: str, before: str, asked_from: str, now: str, tmp_path: Path
) -> None:
    """Not where several projects share a history: then a folder that is there is meant."""
    for place in ("here", "here/sub", "other", "other/sub"):
        (tmp_path / place).mkdir()
        if place != "here" or not settings:
            (tmp_path / place / "study.ipynb").touch()
    if settings:
        (tmp_path / "here" / "pipes.toml").write_text(settings)
    workspace = Workspace(tmp_path / asked_from)
    assert workspace.folder_now(tmp_path / before, "study.ipynb") == tmp_path / now


def test_runs_can_be_looked_at_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: History) -> list[str]:
        raise StoreError("the history cannot be written: database or disk is full")

    monkeypatch.setattr(History, "settle_interrupted", full)
    assert Workspace(tmp_path).history.runs() == []
    assert "count as running: the history cannot be written" in caplog.text


def left_behind(folder: Path) -> Path:
    """Have a run of two completed steps left behind by a process that is gone; return one's blob."""
    workspace = Workspace(folder)
    story = Story(workspace, "r")
    story.compute("a", b"1")
    story.compute("b", b"2")
    hold(workspace.history, "r", here(999_999_999, "1"))
    workspace.history.close()
    return Path(workspace.store.uri(story.view.steps["a"].artifacts[0].digest).removeprefix("file://"))


def test_of_a_run_that_was_left_behind_a_step_stays_completed_only_if_its_artifacts_are_whole(
    tmp_path: Path,
) -> None:
    """A power cut takes what was not on the disk, in whatever order."""
    blob = left_behind(tmp_path)
    blob.write_bytes(b"\0")
    steps = Workspace(tmp_path).history.view("r").steps
    reason = "what it left did not outlast the end of its run"
    assert (steps["a"].status, steps["a"].reason) == (Status.CANCELLED, reason)
    assert (steps["b"].status, steps["b"].reason) == (Status.COMPLETED, "")
    assert not blob.exists()


def test_what_is_whole_of_a_run_that_was_left_behind_reaches_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = left_behind(tmp_path)
    synced: set[str] = set()
    monkeypatch.setattr(LocalBlobs, "sync", lambda _, digests: synced.update(digests))
    workspace = Workspace(tmp_path)
    steps = workspace.history.view("r").steps
    assert {steps["a"].status, steps["b"].status} == {Status.COMPLETED}
    assert synced == {artifact.digest for name in "ab" for artifact in steps[name].artifacts}
    assert blob.exists()


def test_a_run_that_was_left_behind_is_settled_where_its_artifacts_cannot_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path)

    def fail(_: LocalBlobs, digests: object) -> None:
        raise StoreError("it is broken")

    monkeypatch.setattr(LocalBlobs, "sync", fail)
    view = Workspace(tmp_path).history.view("r")
    assert (view.status, view.steps["a"].status) == (Status.INTERRUPTED, Status.COMPLETED)


def test_a_queue_that_is_named_while_a_kernel_runs_is_known(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.queues == {}
    (tmp_path / "pipes.toml").write_text('[queues.far]\nscheduler = "tcp://127.0.0.1:1"\n')
    assert [*workspace.queues] == ["far"]
