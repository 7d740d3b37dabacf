"""Who used a file before the step that writes it: found whoever ends last, and opened again."""

from __future__ import annotations

import pytest

from jupyter_pipes.execution.early_reads import read_by, written_by
from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import FileSeen, StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from tests.scheduling import appended, attempt, cached, decided, endings, planned, run_of, started

EARLY = [ev.FileReadEarly("r", 1, "x.csv", "w")]
MISSING = StepError("FileNotFoundError", "[Errno 2] No such file or directory: 'x.csv'")
NO_TABLE = StepError("OperationalError", "no such table: t")


def read(*paths: str) -> tuple[FileSeen, ...]:
    return tuple(FileSeen(path, "d") for path in paths)


def end(step: str, error: StepError | None = None, files: str = "", written: str = "") -> ev.AttemptEnded:
    outcome: ev.Outcome = "failed" if error else "completed"
    return ev.AttemptEnded(
        step, 1, outcome, error=error, files=read(*files.split()), written=tuple(written.split())
    )


def view(**ends: ev.AttemptEnded | None) -> RunView:
    """Return a run of steps that began together, of which these have ended, or run."""
    steps: dict[str, StepView] = {}
    for name, ended in ends.items():
        state = AttemptView(1, Status.RUNNING, started=1.0)
        if ended is not None:
            state.status = Status.FAILED if ended.error else Status.COMPLETED
            state.ended, state.error, state.files, state.written = (
                2.0,
                ended.error,
                ended.files,
                ended.written,
            )
        steps[name] = StepView(name, ev.PlannedStep(name), attempts=[state])
    return RunView("run", directory="/p", steps=steps)


WRITER = end("w", written="x.csv")
ENDS = {
    "it read the file": (end("r", files="x.csv"), EARLY),
    "with its whole path": (end("r", files="/p/x.csv"), EARLY),
    "it read another": (end("r", files="y.csv"), []),
    "it wrote the file as well: twice is not once": (end("r", files="x.csv", written="x.csv"), []),
    "it failed as the file was not there": (end("r", MISSING), EARLY),
    "it failed on a file that it made": (end("r", NO_TABLE, written="x.csv"), EARLY),
    "it failed otherwise": (end("r", NO_TABLE), []),
}


@pytest.mark.parametrize(("ended", "early"), ENDS.values(), ids=ENDS.keys())
def test_it_is_found_whoever_ends_last(ended: ev.AttemptEnded, early: list[ev.FileReadEarly]) -> None:
    assert list(read_by(ended, view(w=WRITER, r=None))) == early
    assert list(written_by(WRITER, view(w=None, r=ended))) == early


def test_who_stands_before_the_writer_or_began_behind_it_is_right() -> None:
    reader = end("r", files="x.csv")
    assert list(read_by(reader, view(r=None, w=WRITER))) == []
    assert list(written_by(WRITER, view(r=reader, w=None))) == []
    behind = view(w=WRITER, r=None)
    behind.steps["r"].attempts[0].started = 3.0
    assert list(read_by(reader, behind)) == []


def test_a_writer_that_failed_has_written_nothing() -> None:
    assert list(written_by(end("w", MISSING, written="x.csv"), view(w=None, r=end("r", files="x.csv")))) == []


def test_the_reader_waits_for_the_writer_and_what_used_it_is_opened_again() -> None:
    scheduler = Scheduler()
    steps = (planned("w"), planned("r"), planned("after", "r"))
    run_of(scheduler, started(*steps), decided("w"), decided("r"), attempt("r", "completed"), cached("after"))
    again = appended(run_of(scheduler, *EARLY))
    assert [type(fact) for fact in again] == [ev.StepReopened, ev.StepReopened]
    assert do.Decide("r") not in run_of(scheduler, *EARLY)
    assert do.Decide("r") in run_of(scheduler, attempt("w", "completed"))
    assert endings(run_of(scheduler, decided("r"), attempt("r", "completed", 2)))["r"][0] is Status.COMPLETED


def test_a_reader_that_fails_meanwhile_is_not_failed() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("w"), planned("r")), decided("w"), decided("r"))
    run_of(scheduler, attempt("w", "completed"))
    commands = run_of(scheduler, *EARLY, attempt("r", "failed"))
    assert endings(commands) == {}
    assert do.Decide("r") in commands
