"""Present outputs are accepted as up to date after a change that does not matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ArtifactMissing, UsageError
from tests.acceptance.project import Project

pytestmark = pytest.mark.slow

CELLS = [
    "%%params\nn: int = 1",
    "%%step load\nx = n",
    "%%step clean\ny = x + len(open('rows.csv').read())",
    "%%step total\nz = y",
]
REFACTORED = [*CELLS[:2], "%%step clean\nrows = open('rows.csv')\ny = len(rows.read()) + x", CELLS[3]]


@pytest.fixture
def study(tmp_path: Path) -> Project:
    (tmp_path / "rows.csv").write_text("a")
    return Project(tmp_path, *CELLS)


def test_what_was_accepted_is_cached_and_undoing_the_change_is_still_a_hit(study: Project) -> None:
    first = study.run()
    study.write(*REFACTORED)
    assert [step.decision for step in study.pipeline().plan().steps] == ["cached", "run", "depends"]
    study.pipeline().accept("clean")
    assert [step.decision for step in study.pipeline().plan().steps] == ["cached"] * 3
    second = study.run()
    assert ([step.status for step in second.steps.values()], second["y"]) == (["cached"] * 3, 2)
    assert second.steps["clean"].source_run == first.id
    study.write(*CELLS)
    assert study.ran() == []


def test_an_accepted_result_does_not_hide_a_later_change(study: Project) -> None:
    study.run()
    study.write(*REFACTORED)
    study.pipeline().accept("clean")
    study.write(*[cell.replace("+ x", "- x") for cell in REFACTORED])
    assert study.pipeline().why("clean").reasons == ("code changed",)
    assert study.ran() == ["clean", "total"]


def test_a_file_is_accepted_as_it_is_now(study: Project) -> None:
    study.run()
    (study.folder / "rows.csv").write_text("other")
    assert study.pipeline().plan().steps[1].decision == "run"
    study.pipeline().accept("clean")
    assert study.ran() == []
    (study.folder / "rows.csv").write_text("third")
    assert study.ran() == ["clean", "total"]


def test_a_file_that_the_step_was_only_seen_reading_is_accepted_as_it_is_now(study: Project) -> None:
    study.write(*[cell.replace("'rows.csv'", "'rows' + chr(46) + 'csv'") for cell in CELLS])
    study.run()
    (study.folder / "rows.csv").write_text("other")
    assert study.pipeline().why("clean").reasons == ("file rows.csv: other content",)
    study.pipeline().accept("clean")
    assert study.ran() == []
    (study.folder / "rows.csv").write_text("third")
    assert study.ran() == ["clean", "total"]


def test_outputs_are_accepted_for_the_values_that_are_said_only(study: Project) -> None:
    study.run()
    study.pipeline().accept("load", params={"n": 5})
    assert study.ran("load", params={"n": 5}) == []
    assert study.run("load", params={"n": 5})["x"] == 1
    assert study.ran("load", params={"n": 6}) == ["load"]


def test_accepting_behind_a_step_that_is_stale_is_refused_unless_that_is_accepted_as_well(
    study: Project,
) -> None:
    study.run()
    study.write(CELLS[0], "%%step load\nx = n + 0", *REFACTORED[2:])
    with pytest.raises(UsageError, match=r"clean cannot be accepted: load.* is not up to date") as caught:
        study.pipeline().accept("clean")
    assert caught.value.step == "clean"
    assert study.pipeline().plan().steps[1].decision == "run"
    study.pipeline().accept("load", "clean")
    assert study.ran() == []


def test_a_step_without_outputs_cannot_be_accepted(study: Project) -> None:
    with pytest.raises(ArtifactMissing, match="no kept outputs of load") as caught:
        study.pipeline().accept("load")
    assert caught.value.step == "load"
    study.run("load")
    for blob in (study.folder / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if blob.is_file():
            blob.unlink()
    with pytest.raises(ArtifactMissing, match="load"):
        study.pipeline().accept("load")


def test_an_unknown_step_cannot_be_accepted(study: Project) -> None:
    with pytest.raises(UsageError, match="no step 'lod'"):
        study.pipeline().accept("lod")


def test_the_run_that_made_the_outputs_tells_of_it_and_stands_as_it_was(study: Project) -> None:
    first = study.run()
    study.write(*REFACTORED)
    study.pipeline().accept("clean")
    view = first.workspace.history.view(first.id)
    assert (view.status, view.steps["clean"].status) == ("completed", "completed")
    assert view.seq == first.view.seq + 1
