"""The elements of a `--map` in the scheduler: found, decided, run and gathered, under each policy."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.elements import MOST_BEGUN
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import ElementValue
from jupyter_pipes.model.steps import Status
from tests.scheduling import appended, attempt, cached, changed, decided, endings, planned, run_of, started


def found(number: int, attempt_number: int = 1) -> list[ev.AnyEvent]:
    """Return what an attempt tells that finds so many elements."""
    values = tuple((ElementValue(str(each), 1, "json"),) for each in range(number))
    return [ev.StepsAdded("m", attempt_number, 0, values), attempt("m", "completed", attempt_number)]


def mapping(number: int, **options: Any) -> tuple[Scheduler, list[do.AnyCommand]]:
    """Return a run of a step that has found its elements, and what is to be done then."""
    scheduler = Scheduler()
    reader = planned("reader", "m")
    run_of(scheduler, started(planned("m", map=("x in xs",), **options), reader), decided("m"))
    return scheduler, run_of(scheduler, *found(number))


def test_elements_are_decided_when_the_attempt_that_found_them_has_ended() -> None:
    assert mapping(2)[1] == [do.Decide("m[0]"), do.Decide("m[1]")]


def test_behind_the_last_element_the_step_gathers_and_then_its_readers_go_on() -> None:
    scheduler, _ = mapping(2)
    begun = run_of(scheduler, decided("m[0]"), cached("m[1]"))
    assert [each for each in begun if isinstance(each, do.Submit)] == [do.Submit("m[0]", 1)]
    gathers = run_of(scheduler, attempt("m[0]", "completed"))
    assert gathers[-1] == do.Submit("m", 2, gathers=True)
    ended = run_of(scheduler, attempt("m", "completed", 2))
    assert endings(ended)["m"] == (Status.COMPLETED, "")
    assert ended[-1] == do.Decide("reader")


def test_a_gate_is_asked_once_for_all_elements_before_they_are_looked_for() -> None:
    """It needs no process, and so it is on every queue."""
    scheduler = Scheduler()
    step = planned("m", map=("x in xs",), gate="ok?")
    asked = run_of(scheduler, started(step), decided("m"))
    assert asked == [do.Decide("m", claims=False), do.Append(ev.GateReached("m", "ok?"))]
    begun = run_of(scheduler, ev.GateAnswered("m", True, "anna"), decided("m"))
    assert begun[-1] == do.Submit("m", 1)
    assert run_of(scheduler, *found(2)) == [do.Decide("m[0]"), do.Decide("m[1]")]
    assert run_of(scheduler, decided("m[0]"))[-1] == do.Submit("m[0]", 1)


def test_no_elements_are_gathered_at_once() -> None:
    assert mapping(0)[1] == [do.Submit("m", 2, gathers=True)]


@pytest.mark.parametrize(
    ("on_fail", "status", "others_run", "reader"),
    [
        ("skip", Status.FAILED, True, Status.SKIPPED),
        ("ignore", Status.FAILED, True, None),
        ("stop", Status.FAILED, False, Status.CANCELLED),
    ],
)
def test_an_element_that_fails_leaves_the_others_unless_it_stops_the_run(
    on_fail: str, status: Status, others_run: bool, reader: Status | None
) -> None:
    """Truth table: what each `--on-fail` makes of it for the others, the step and its readers."""
    scheduler, _ = mapping(2, on_fail=on_fail)
    commands = run_of(scheduler, decided("m[0]"), decided("m[1]"), attempt("m[0]", "failed"))
    assert others_run != any(isinstance(each, do.CancelAttempt) for each in commands)
    commands += run_of(scheduler, attempt("m[1]", "completed" if others_run else "cancelled"))
    if do.Submit("m", 2, gathers=True) in commands:
        commands += run_of(scheduler, attempt("m", "completed", 2))
    ends = endings(commands)
    assert ends["m"] == (status, "1 of 2 elements failed: m[0]: broke")
    assert (ends["reader"][0] if "reader" in ends else None) is reader
    assert (do.Decide("reader") in commands) == (reader is None)


def test_each_element_is_retried_for_itself() -> None:
    scheduler, _ = mapping(2, retries=1)
    run_of(scheduler, decided("m[0]"), decided("m[1]"), attempt("m[0]", "failed"))
    assert run_of(scheduler, ev.RetryDue("m[0]")) == [do.Submit("m[0]", 2, tries=2)]
    assert endings(run_of(scheduler, attempt("m[1]", "failed"))) == {}


def test_tries_count_anew_for_the_attempt_that_gathers() -> None:
    scheduler, _ = mapping(0, retries=1)
    assert isinstance(run_of(scheduler, attempt("m", "failed", 2))[0], do.Append)
    assert run_of(scheduler, ev.RetryDue("m")) == [do.Submit("m", 3, gathers=True, tries=2)]


def test_cancelling_the_step_cancels_its_elements() -> None:
    scheduler, _ = mapping(2)
    run_of(scheduler, decided("m[0]"))
    commands = run_of(scheduler, ev.CancelRequested("m"))
    assert do.CancelAttempt("m[0]", 1, "cancelled by the user") in commands
    commands += run_of(scheduler, attempt("m[0]", "cancelled"))
    assert {name: status for name, (status, _) in endings(commands).items()} == {
        "m[0]": Status.CANCELLED,
        "m[1]": Status.CANCELLED,
        "m": Status.CANCELLED,
        "reader": Status.SKIPPED,
    }


def test_an_input_that_changes_meanwhile_has_the_elements_found_again() -> None:
    scheduler = Scheduler()
    reads = {"xs": "a"}
    steps = (
        ev.PlannedStep("a", writes=("xs",)),
        ev.PlannedStep("b", ("a",), reads=reads),
        ev.PlannedStep("m", ("a",), reads=reads, options=planned("m", map=("x in xs",)).options),
    )
    run_of(scheduler, started(*steps), decided("a"), attempt("a", "completed"))
    run_of(scheduler, decided("b"), decided("m"), *found(1), decided("m[0]"))
    stopped = run_of(scheduler, changed("b", "xs"))
    assert [type(each) for each in stopped] == [do.CancelAttempt]
    opened = appended(run_of(scheduler, attempt("m[0]", "cancelled")))
    assert isinstance(opened[-1], ev.StepReopened)
    run_of(scheduler, attempt("b", "completed"))
    run_of(scheduler, decided("m"), *found(1, 2))
    assert run_of(scheduler, decided("m[0]")) == [do.Submit("m[0]", 2)]


def test_few_elements_are_begun_at_a_time() -> None:
    scheduler, decisions = mapping(MOST_BEGUN + 2)
    begun = run_of(scheduler, *(decided(each.step) for each in decisions if isinstance(each, do.Decide)))
    assert len([each for each in begun if isinstance(each, do.Submit)]) == MOST_BEGUN
    more = run_of(scheduler, attempt("m[0]", "completed"))
    assert [each for each in more if isinstance(each, do.Submit)] == [do.Submit(f"m[{MOST_BEGUN}]", 1)]


def test_a_view_counts_the_elements_below_their_step() -> None:
    scheduler = Scheduler()
    journal: list[ev.AnyEvent] = [started(planned("m", map=("x in xs",))), decided("m"), *found(3)]
    journal += [cached("m[0]"), decided("m[1]"), attempt("m[1]", "failed")]
    inbox = list(journal)
    journal = []
    while inbox:
        journal.append(inbox.pop(0))
        inbox[:0] = appended(scheduler.handle(journal[-1]))
    view = fold("r", [ev.Record("r", seq, float(seq), fact) for seq, fact in enumerate(journal)])
    assert list(view.steps) == ["m"]
    assert view.steps["m"].count == "1/3, 1 failed"
    assert view.step("m[1]").reason == "broke"
    assert (view.has("m[2]"), view.has("m[3]")) == (True, False)
