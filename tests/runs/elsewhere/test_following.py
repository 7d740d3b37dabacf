"""A run of another process is followed by its journal as one of this process is by its controller."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import Cancel
from jupyter_pipes.model.errors import RunCancelled, UsageError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.elsewhere import following
from jupyter_pipes.runs.elsewhere.following import attach
from jupyter_pipes.runs.run import Run
from tests.elsewhere import Elsewhere

DEADLINE = 60.0
"""Seconds after which a test that waits gives up: a bound for hangs, no measure of speed."""


def attached(elsewhere: Elsewhere) -> Run:
    return attach(Run(elsewhere.workspace, "r"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path)


def test_what_happened_before_and_what_happens_is_told_up_to_the_end(elsewhere: Elsewhere) -> None:
    elsewhere.add(ev.AttemptStarted("a", 1, 7, "h"), ev.AttemptEnded("a", 1, "completed"))
    run, told = attached(elsewhere), list[str]()
    run.subscribe(lambda view, record: told.append(type(record.event).__name__))
    assert (run.status, run.steps["a"].latest is not None) == (Status.RUNNING, True)
    elsewhere.add(ev.StepEnded("a", Status.COMPLETED), ev.StepEnded("b", Status.CACHED))
    elsewhere.add(ev.RunEnded(Status.COMPLETED))
    assert run.wait(DEADLINE).check().status is Status.COMPLETED
    assert told == ["StepEnded", "StepEnded", "RunEnded"]
    assert run.view == fold("r", elsewhere.workspace.history.records("r"))


def test_a_run_that_has_ended_is_not_waited_for(elsewhere: Elsewhere) -> None:
    elsewhere.add(ev.RunEnded(Status.CANCELLED, "enough"))
    run = attached(elsewhere)
    assert run.has_ended
    with pytest.raises(RunCancelled, match="was cancelled: enough"):
        run.check()


def test_it_does_not_end_with_this_process_and_a_command_is_a_fact_of_its_journal(
    elsewhere: Elsewhere,
) -> None:
    run = attached(elsewhere)
    assert not run.is_driven_here
    run.cancel("b", reason="too slow")
    run.cancel()
    events = [record.event for record in elsewhere.workspace.history.records("r")]
    assert events[1:] == [ev.CommandGiven(Cancel("b", "too slow")), ev.CommandGiven(Cancel())]
    assert not run.has_ended
    with pytest.raises(UsageError, match="has no step 'c'"):
        run.cancel("c")


def test_a_run_that_ended_meanwhile_takes_no_command(elsewhere: Elsewhere) -> None:
    run = attached(elsewhere)
    elsewhere.add(ev.RunEnded(Status.COMPLETED))
    run.wait(DEADLINE)
    with pytest.raises(UsageError, match="run r does not go on: it is completed"):
        run.cancel()


def test_a_run_of_a_queue_whose_controller_was_lost_is_followed_on_to_the_next_one(tmp_path: Path) -> None:
    elsewhere = Elsewhere(tmp_path, queue="far")
    run, interrupted, resumed = attached(elsewhere), threading.Event(), threading.Event()

    def note(view: RunView, record: ev.Record) -> None:
        if isinstance(record.event, ev.RunEnded | ev.RunResumed):
            (interrupted if isinstance(record.event, ev.RunEnded) else resumed).set()

    run.subscribe(note)
    elsewhere.add(ev.RunEnded(Status.INTERRUPTED, "its controller is gone"))
    assert interrupted.wait(DEADLINE)
    elsewhere.add(ev.RunResumed("h2", 8))
    assert resumed.wait(DEADLINE)
    assert (run.status, run.has_ended) == (Status.RUNNING, False)
    elsewhere.add(ev.RunEnded(Status.COMPLETED))
    assert run.wait(DEADLINE).status is Status.COMPLETED


def test_a_run_of_a_queue_that_nobody_takes_up_has_ended_for_good_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SECOND_CHANCE", 0.0)
    elsewhere = Elsewhere(tmp_path, queue="far")
    run = attached(elsewhere)
    elsewhere.add(ev.RunEnded(Status.INTERRUPTED, "its controller is gone"))
    assert run.wait(DEADLINE).status is Status.INTERRUPTED


def test_a_run_of_this_machine_without_a_controller_has_ended_at_once(elsewhere: Elsewhere) -> None:
    run = attached(elsewhere)
    elsewhere.add(ev.RunEnded(Status.INTERRUPTED, "its controller is gone"))
    assert run.wait(DEADLINE).status is Status.INTERRUPTED
