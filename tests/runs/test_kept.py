"""A kept run is found by what people call it, in one way for every verb; what is unclear is told."""

from __future__ import annotations

import pytest

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.kept import find_resumable, find_run, find_running

RUNS = [
    # id, pipeline, version, tags, how it ended; the newest last
    ("20260101-120000-aaaa", "study", "1.0.0", ("best",), Status.FAILED),
    ("20260102-120000-bbbb", "study", "1.0.1", ("best", "x"), Status.COMPLETED),
    ("20260102-130000-abba", "other", "1.0.0", (), Status.CANCELLED),
    ("20260103-120000-cbbb", "study", "1.0.1", (), Status.COMPLETED),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("kept"))
    for run, pipeline, version, tags, status in RUNS:
        journal, view = workspace.history.journal(run), RunView(run)
        for event in (
            ev.RunStarted(pipeline, version, ()),
            ev.RunEnded(status),
            ev.RunTagged(tags),
        ):
            journal.append(event, view)
    return workspace


@pytest.mark.parametrize(
    ("name", "pipeline", "run"),
    [
        ("20260101-120000-aaaa", None, 0),
        ("20260101", None, 0),
        ("aaaa", "other", 0),
        ("abba", "study", 2),
        ("last", None, 3),
        ("last", "other", 2),
        ("previous", None, 2),
        ("previous", "study", 1),
        ("1.0.1", None, 3),
        ("1.0.0", "study", 0),
        ("1.0.0", None, 2),
        ("best", None, 1),
        ("x", "other", 1),
    ],
)
def test_a_run_is_found_by(workspace: Workspace, name: str, pipeline: str | None, run: int) -> None:
    assert find_run(workspace, name, pipeline).id == RUNS[run][0]


@pytest.mark.parametrize(
    ("name", "pipeline", "message"),
    [
        ("20260102", None, "2 runs begin or end with '20260102'"),
        ("bbb", None, "2 runs begin or end with"),
        ("nowhere", None, "there is no run 'nowhere'.*kept runs: 20260103"),
        ("9.9.9", "study", "there is no run '9.9.9'.*versions: 1.0.1, 1.0.0"),
        ("previous", "other", "there is no run 'previous'"),
        ("last", "nothing", "no runs of nothing are kept"),
        ("", None, "there is no run ''"),
    ],
)
def test_what_names_no_run_or_several_is_told(
    workspace: Workspace, name: str, pipeline: str | None, message: str
) -> None:
    with pytest.raises(RunNotFound, match=message):
        find_run(workspace, name, pipeline)


def test_without_a_name_the_newest_run_that_did_not_complete_is_resumed(workspace: Workspace) -> None:
    assert find_resumable(workspace).id == RUNS[2][0]
    assert find_resumable(workspace, "study").id == RUNS[0][0]
    with pytest.raises(RunNotFound, match="no run of nothing can be resumed"):
        find_resumable(workspace, "nothing")


def test_where_no_run_goes_on_it_is_said_what_there_is_to_do(workspace: Workspace) -> None:
    with pytest.raises(RunNotFound, match=rf"begin one \(run\).*which is \w+ \(show {RUNS[3][0]}\)"):
        find_running(workspace)
    with pytest.raises(RunNotFound, match=r"no run of nothing goes on: begin one.*\(run --detach\)$"):
        find_running(workspace, "nothing")
