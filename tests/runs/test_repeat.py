"""Kept runs run again: resumed under their own id, with their own code and outputs, or repeated anew."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jupyter_pipes.display.text import run_text
from jupyter_pipes.model.errors import (
    ArtifactMissing,
    InvalidPipeline,
    ParameterError,
    RunNotFound,
    UsageError,
)
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs import repeat as repetition
from jupyter_pipes.runs.run import Run
from tests.acceptance.project import Project
from tests.waiting import until

pytestmark = pytest.mark.slow

CELLS = [
    "from pathlib import Path",
    "def told(step):\n    with open('told.txt', 'a') as file:\n        file.write(step)",
    "%%step load\ntold('l')\nx = 1",
    "%%step clean\ntold('c')\nassert Path('good').exists()\ny = x + 1",
    "%%step total\ntold('t')\nz = y + 1",
]


@pytest.fixture
def study(tmp_path: Path) -> Project:
    return Project(tmp_path, *CELLS)


def resume(study: Project, run: str) -> Run:
    taken_up = repetition.resume(Run(study.pipeline().workspace, run))
    taken_up.wait(60)
    return taken_up


def repeat(study: Project, run: str, **given: object) -> Run:
    again = repetition.repeat(Run(study.pipeline().workspace, run), given)
    again.wait(60)
    return again


def statuses(run: Run) -> dict[str, str]:
    return {name: str(step.status) for name, step in run.steps.items()}


def told(study: Project) -> str:
    return (study.folder / "told.txt").read_text()


# Resume -------------------------------------------------------------------------------------------------


def test_a_failed_run_goes_on_under_its_id_and_what_completed_is_kept(study: Project) -> None:
    failed = study.run(check=False)
    assert statuses(failed) == {"load": "completed", "clean": "failed", "total": "skipped"}
    (study.folder / "good").touch()
    run = resume(study, failed.id)
    assert (run.id, run.status, run["z"]) == (failed.id, Status.COMPLETED, 3)
    assert told(study) == "lcct"
    assert [attempt.status for attempt in run.steps["clean"].attempts] == ["failed", "completed"]
    assert [summary.run for summary in run.workspace.history.runs()] == [failed.id]


def test_a_run_of_some_steps_may_be_taken_up_again_and_again(study: Project) -> None:
    run = study.run("clean", check=False)
    for number in (2, 3):
        run = resume(study, run.id)
        assert (run.status, len(run.steps["clean"].attempts)) == (Status.FAILED, number)
        kept = run.workspace.history.runs()[0]
        assert (kept.status, kept.ended) == (Status.FAILED, run.view.ended)


def test_a_cancelled_run_goes_on(study: Project) -> None:
    study.write(
        *CELLS[:3], "%%step clean\ntold('c')\nwhile not Path('good').exists():\n    pass\ny = 2", CELLS[4]
    )
    run = study.pipeline().start()
    until(lambda: run.steps["clean"].status == "running", "the step")
    run.cancel()
    run.wait(60)
    assert statuses(run)["clean"] == "cancelled"
    (study.folder / "good").touch()
    resumed = resume(study, run.id)
    assert (resumed.status, statuses(resumed)["load"], resumed["z"]) == (Status.COMPLETED, "completed", 3)


def test_a_run_whose_process_was_killed_goes_on(study: Project) -> None:
    study.write(
        *CELLS[:3], "%%step clean\nopen('begun', 'w')\nwhile not Path('good').exists():\n    pass\ny = x + 1"
    )
    process = study.start("run", "study.ipynb")
    try:
        until((study.folder / "begun").exists, "the step")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    (run,) = study.pipeline().workspace.history.runs()
    assert run.status is Status.INTERRUPTED
    (study.folder / "good").touch()
    resumed = resume(study, run.run)
    assert statuses(resumed) == {"load": "completed", "clean": "completed"}
    assert told(study) == "l"


def test_a_resumed_run_has_its_own_code_not_today_s(study: Project) -> None:
    failed = study.run(check=False)
    study.write(*CELLS[:3], CELLS[3], CELLS[4].replace("y + 1", "y + 100"))
    (study.folder / "good").touch()
    assert resume(study, failed.id)["z"] == 3


def test_a_resumed_run_goes_on_with_its_own_outputs_not_with_newer_ones(study: Project) -> None:
    """Another run has made other outputs under the same signature meanwhile, and gone on with them."""
    study.write(*CELLS[:2], "%%step load\nimport random\nx = random.random()", *CELLS[3:])
    failed = study.run(check=False)
    (study.folder / "good").touch()
    other = study.run(force=["load"])
    assert other["x"] != failed["x"]
    resumed = resume(study, failed.id)
    assert resumed["x"] == failed["x"]
    assert resumed["y"] == resumed["x"] + 1
    assert statuses(resumed) == {"load": "completed", "clean": "completed", "total": "completed"}


def test_a_skipped_step_stays_skipped(study: Project) -> None:
    study.write(*CELLS[:4], "%%step other\ntold('o')\nq = 1")
    failed = study.run(check=False, skip=["other"])
    (study.folder / "good").touch()
    resumed = resume(study, failed.id)
    assert statuses(resumed) == {"load": "completed", "clean": "completed", "other": "skipped"}
    assert (resumed.status, resumed.steps["other"].reason) == (Status.COMPLETED, "--skip")


def test_the_values_that_a_run_was_given_are_those_of_its_resumption(study: Project) -> None:
    study.write("%%params\nn: int = 1", *CELLS[:2], CELLS[2].replace("x = 1", "x = n"), CELLS[3])
    failed = study.run(check=False, params={"n": 5})
    (study.folder / "good").touch()
    resumed = resume(study, failed.id)
    assert (resumed["y"], resumed.params["n"]) == (6, 5)


def test_a_run_that_needs_no_resuming_or_is_not_there_is_refused(study: Project) -> None:
    (study.folder / "good").touch()
    workspace = study.pipeline().workspace
    with pytest.raises(RunNotFound):
        repetition.resume(Run(workspace, "none"))
    completed = study.run()
    with pytest.raises(UsageError, match=f"completed.*run --of {completed.id}"):
        repetition.resume(completed)
    study.write("%%step load\nwhile True:\n    pass")
    running = study.pipeline().start()
    try:
        with pytest.raises(UsageError, match="still going on"):
            repetition.resume(running)
    finally:
        running.cancel()
        running.wait(60)


# Repeat -------------------------------------------------------------------------------------------------

REPEATED = [
    "%%params\nn: int = 1\nm: int = 2 * n",
    "%%step load\nx = n",
    "%%step total\nz = x + m",
]


@pytest.fixture
def kept(tmp_path: Path) -> Project:
    return Project(tmp_path, *REPEATED)


def test_a_repeated_run_is_a_new_one_that_says_what_it_repeats(kept: Project) -> None:
    first = kept.run()
    second = repeat(kept, first.id)
    assert (second.view.repeats, second.status, second.id != first.id) == (first.id, Status.COMPLETED, True)
    assert f"\nrepeats run {first.id}\n" in run_text(second.view, colour=False)
    assert statuses(second) == {"load": "cached", "total": "cached"}
    assert second.view.version == first.view.version


def test_a_repeated_run_has_its_own_code_with_other_values_and_what_follows_from_them(kept: Project) -> None:
    first = kept.run()
    kept.write(REPEATED[0].replace("2 * n", "0"), REPEATED[1], REPEATED[2].replace("x + m", "-1"))
    second = repeat(kept, first.id, n="10")
    assert (second["x"], second["z"], second.params) == (10, 30, {"n": 10, "m": 20})


def test_values_that_were_given_stay_unless_others_are(kept: Project) -> None:
    first = kept.run(params={"n": 3, "m": 4})
    assert repeat(kept, first.id, n=5)["z"] == 9
    assert repeat(kept, first.id, **{"load.n": 7})["z"] == 11


def test_a_value_that_a_step_makes_may_be_given_again_or_left(tmp_path: Path) -> None:
    study = Project(tmp_path, "%%params\nn: int = 1", "%%step a\nxs = [5, 6]", "%%step b\ny = n * 10")
    made = study.pipeline().run(params={"n": "${a.xs.rows}"})
    given = repeat(study, made.id, n=7)
    assert (made["y"], given["y"], repeat(study, given.id, n="${a.xs[0]}")["y"]) == (20, 70, 50)
    again = repeat(study, made.id)
    assert (again["y"], statuses(again)) == (20, {"a": "cached", "b": "cached"})


def test_values_that_do_not_fit_are_refused(kept: Project) -> None:
    first = kept.run()
    for given in ({"n": "many"}, {"none": 1}, {"total.n": 1}):
        with pytest.raises(ParameterError):
            repetition.repeat(first, given)


def test_what_was_taken_as_it_was_is_taken_again(kept: Project) -> None:
    kept.run()
    kept.write(REPEATED[0], REPEATED[1].replace("x = n", "x = n + 100"), REPEATED[2])
    only = kept.run(only=["total"])
    assert (statuses(only), only["z"]) == ({"load": "cached", "total": "cached"}, 3)
    second = repeat(kept, only.id, m=5)
    assert (statuses(second), second["z"]) == ({"load": "cached", "total": "completed"}, 6)
    for blob in (kept.folder / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if blob.is_file():
            blob.unlink()
    with pytest.raises(ArtifactMissing, match="--only total"):
        repetition.repeat(only, {})


# On a queue ---------------------------------------------------------------------------------------------


def test_a_queue_that_the_settings_do_not_name_is_refused_before_anything_is_repeated(study: Project) -> None:
    (study.folder / "good").touch()
    first = study.run()
    with pytest.raises(InvalidPipeline, match="queue far is unknown"):
        repetition.repeat(first, {}, queue="far")
    assert study.jupyter_pipes_here("run", "study.ipynb", "--of", "last", "--queue", "far").code == 2
