"""The scheduler: every row of its table, every --on-fail policy, and what holds for any graph and order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.steps import Status, StepOptions
from tests.scheduling import (
    World,
    appended,
    attempt,
    cached,
    decided,
    endings,
    graphs,
    planned,
    run_of,
    started,
)

# Conditions ---------------------------------------------------------------------------------------------


def conditional(*facts: ev.AnyEvent) -> list[do.AnyCommand]:
    """Carry out a run in which `a` is conditional, and others read it, wait for it, or put up with that."""
    reads = replace(planned("reads", "a"), reads={"x": "a"})
    waits = planned("waits", "a")
    puts_up = replace(reads, name="puts_up", options=StepOptions(on_fail="ignore"))
    behind = replace(planned("behind", "reads"), reads={"y": "reads"})
    late = replace(behind, name="late", options=StepOptions(on_fail="ignore"))
    return run_of(Scheduler(), started(planned("a"), reads, waits, puts_up, behind, late), *facts)


SKIPPING = [
    (decided("a"), ev.AttemptEnded("a", 1, "skipped", "n > 1: n is 0")),
    (ev.StepDecided("a", "skipped", ("n > 1: n is 0", "nothing changed")),),
]


@pytest.mark.parametrize("facts", SKIPPING, ids=["found out", "remembered"])
def test_who_needs_a_step_that_its_condition_skips_is_skipped_and_the_others_go_on(
    facts: tuple[ev.AnyEvent, ...],
) -> None:
    commands = conditional(*facts)
    assert endings(commands) == {
        "a": (Status.SKIPPED, "n > 1: n is 0"),
        "reads": (Status.SKIPPED, "a was skipped"),
        "behind": (Status.SKIPPED, "a was skipped"),
    }
    decisions = [command.step for command in commands if isinstance(command, do.Decide)]
    assert sorted(decisions[1:]) == ["late", "puts_up", "waits"]


def test_a_step_left_out_by_the_user_holds_up_all_that_wait_for_it() -> None:
    commands = conditional(ev.StepEnded("a", Status.SKIPPED, "--skip"))
    assert {name for name, (status, _) in endings(commands).items() if status is Status.SKIPPED} >= {
        "reads",
        "waits",
        "puts_up",
    }


# Gates --------------------------------------------------------------------------------------------------


def at_the_gate(scheduler: Scheduler) -> list[do.AnyCommand]:
    """Have `a` come to its gate, before `b`."""
    return run_of(scheduler, started(planned("a", gate="ok?"), planned("b", "a")), decided("a"))


def test_a_step_that_has_to_run_waits_at_its_gate_and_is_decided_once_more_when_approved() -> None:
    """It claims nothing before: what others compute meanwhile is taken then."""
    scheduler = Scheduler()
    assert at_the_gate(scheduler) == [do.Decide("a", claims=False), do.Append(ev.GateReached("a", "ok?"))]
    approved = ev.GateAnswered("a", True, "anna")
    assert run_of(scheduler, approved) == [do.Decide("a")]
    assert run_of(scheduler, approved) == [], "an answer counts once"
    assert run_of(scheduler, decided("a")) == [do.Submit("a", 1)]


def settled(step: str, options: StepOptions) -> ev.OptionsSettled:
    return ev.OptionsSettled(step, options, ToldOptions("", options))


def test_a_gate_whose_text_a_step_makes_is_a_gate_before_the_text_is_known() -> None:
    """Nothing is claimed for a step that will wait at it."""
    scheduler, open_gate = Scheduler(), planned("a", made={"gate": ("${b.text}",)})
    assert run_of(scheduler, started(open_gate)) == [do.Decide("a", claims=False)]
    commands = run_of(scheduler, settled("a", StepOptions(gate="ok?")), decided("a"))
    assert commands == [do.Append(ev.GateReached("a", "ok?"))]


def test_options_that_are_settled_hold_from_then_on() -> None:
    scheduler, open_retries = Scheduler(), planned("a", made={"retries": ("${b.n}",)})
    run_of(scheduler, started(open_retries), settled("a", StepOptions(retries=1)), decided("a"))
    # What runs show of steps is put together anew of what is known by their code.
    run_of(scheduler, ev.NamesJoined("a", 1, ("x", "y")))
    commands = run_of(scheduler, attempt("a", "failed"))
    assert [type(event) for event in appended(commands)] == [ev.RetryScheduled]


def test_the_gate_of_a_cached_step_is_not_asked() -> None:
    commands = run_of(Scheduler(), started(planned("a", gate="ok?")), cached("a"))
    assert endings(commands) == {"a": (Status.CACHED, "nothing changed")}


def test_a_refused_step_ends_cancelled_as_does_the_run() -> None:
    scheduler = Scheduler()
    at_the_gate(scheduler)
    commands = run_of(scheduler, ev.GateAnswered("a", False, "anna", "no"))
    assert endings(commands) == {
        "a": (Status.CANCELLED, "refused by anna: no"),
        "b": (Status.SKIPPED, "a was refused"),
    }
    assert appended(commands)[-1] == ev.RunEnded(Status.CANCELLED, "a refused")


def test_a_run_that_is_cancelled_at_a_gate_waits_no_longer() -> None:
    scheduler = Scheduler()
    at_the_gate(scheduler)
    commands = run_of(scheduler, ev.CancelRequested())
    assert {status for status, _ in endings(commands).values()} == {Status.CANCELLED}
    assert run_of(scheduler, ev.GateAnswered("a", True, "anna")) == []


@pytest.mark.parametrize(("answer", "asks_again"), [(True, False), (False, True), (None, True)])
def test_a_resumed_run_asks_again_unless_the_step_was_approved(answer: bool | None, asks_again: bool) -> None:
    scheduler = Scheduler()
    at_the_gate(scheduler)
    facts = [] if answer is None else [ev.GateAnswered("a", answer, "anna")]
    run_of(scheduler, *facts, *(decided("a") for _ in facts if answer))
    run_of(scheduler, ev.CancelRequested(), attempt("a", "cancelled"))
    commands = run_of(scheduler, ev.RunResumed(), decided("a"))
    assert (ev.GateReached("a", "ok?") in appended(commands)) == asks_again


def test_what_was_approved_for_other_inputs_is_asked_again() -> None:
    scheduler = Scheduler()
    at_the_gate(scheduler)
    run_of(scheduler, ev.GateAnswered("a", True, "anna"), decided("a"), attempt("a", "completed"))
    commands = run_of(scheduler, ev.StepReopened("a", "its values are lost"), ev.RunResumed(), decided("a"))
    assert appended(commands)[-1] == ev.GateReached("a", "ok?")


# The table ----------------------------------------------------------------------------------------------


def test_the_start_decides_the_steps_without_open_upstream() -> None:
    commands = Scheduler().handle(started(planned("a"), planned("b", "a"), planned("c")))
    assert commands == [do.Decide("a"), do.Decide("c")]


def test_an_upstream_that_is_not_part_of_the_run_is_not_waited_for() -> None:
    assert Scheduler().handle(started(planned("b", "elsewhere"))) == [do.Decide("b")]


def test_a_run_without_steps_is_complete_at_once() -> None:
    assert Scheduler().handle(started()) == [do.Append(ev.RunEnded(Status.COMPLETED))]


def test_a_step_that_must_run_is_submitted_as_attempt_1() -> None:
    assert run_of(Scheduler(), started(planned("a")), decided("a"))[-1] == do.Submit("a", 1)


def test_a_cached_step_ends_cached_with_its_reason_and_releases_the_next() -> None:
    commands = run_of(Scheduler(), started(planned("a"), planned("b", "a")), cached("a"))
    assert endings(commands) == {"a": (Status.CACHED, "nothing changed")}
    assert commands[-1] == do.Decide("b")


def test_a_step_waits_for_all_that_it_needs() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a"), planned("b"), planned("c", "a", "b")), decided("a"), decided("b"))
    assert do.Decide("c") not in run_of(scheduler, attempt("a", "completed"))
    assert run_of(scheduler, attempt("b", "completed"))[-1] == do.Decide("c")


@pytest.mark.parametrize(
    ("outcome", "status", "run_status"),
    [
        ("completed", Status.COMPLETED, Status.COMPLETED),
        ("failed", Status.FAILED, Status.FAILED),
        ("timed out", Status.FAILED, Status.FAILED),
        ("lost", Status.FAILED, Status.FAILED),
        ("cancelled", Status.CANCELLED, Status.CANCELLED),
        ("skipped", Status.SKIPPED, Status.COMPLETED),
    ],
)
def test_the_outcome_of_the_last_attempt_is_the_step_s_and_the_last_step_ends_the_run(
    outcome: ev.Outcome, status: Status, run_status: Status
) -> None:
    facts = appended(run_of(Scheduler(), started(planned("a")), decided("a"), attempt("a", outcome)))
    assert [type(fact) for fact in facts] == [ev.StepEnded, ev.RunEnded]
    assert (facts[0].status, facts[1].status) == (status, run_status)  # type: ignore[union-attr]


RETRIES = [
    # retries, retry_on, outcomes so far -> delay of the next try, None if there is none
    pytest.param(0, (), ["failed"], None, id="none allowed"),
    pytest.param(2, (), ["failed"], 10.0, id="first"),
    pytest.param(2, (), ["failed", "failed"], 20.0, id="second, twice the delay"),
    pytest.param(2, (), ["failed", "failed", "failed"], None, id="used up"),
    pytest.param(1, (), ["timed out"], 10.0, id="timeout counts as failure"),
    pytest.param(1, (), ["lost"], 10.0, id="so does a lost process"),
    pytest.param(1, (), ["cancelled"], None, id="a cancelled attempt is not tried again"),
    pytest.param(1, ("ValueError",), ["failed"], 10.0, id="named exception"),
    pytest.param(1, ("Exception",), ["failed"], 10.0, id="base class of it"),
    pytest.param(1, ("OSError", "KeyError"), ["failed"], None, id="other exceptions"),
]


@pytest.mark.parametrize(("retries", "retry_on", "outcomes", "delay"), RETRIES)
def test_retries_with_exponential_back_off(
    retries: int, retry_on: tuple[str, ...], outcomes: list[ev.Outcome], delay: float | None
) -> None:
    scheduler = Scheduler()
    step = planned("a", retries=retries, retry_delay=10.0, retry_on=retry_on)
    commands = run_of(scheduler, started(step), decided("a"))
    for number, outcome in enumerate(outcomes, 1):
        if number > 1:
            assert run_of(scheduler, ev.RetryDue("a")) == [do.Submit("a", number, tries=number)]
        commands = run_of(scheduler, attempt("a", outcome, number))
    assert [command.delay for command in commands if isinstance(command, do.WaitForRetry)] == (
        [] if delay is None else [delay]
    )
    assert bool(endings(commands)) == (delay is None)


def test_the_delay_between_two_thousand_tries_stays_a_number() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a", retries=2000, retry_delay=0.5)), decided("a"))
    for number in range(1, 2001):
        commands = run_of(scheduler, attempt("a", "failed", number))
        assert [c.delay for c in commands if isinstance(c, do.WaitForRetry)] == [
            0.5 * 2 ** min(number - 1, 20)
        ]
        run_of(scheduler, ev.RetryDue("a"))


DIAMOND = (planned("c", "a"), planned("d", "c", "b"), planned("e", "b"))
POLICIES = [
    # a fails while b runs
    pytest.param(
        "skip",
        {"a": Status.FAILED, "c": Status.SKIPPED, "d": Status.SKIPPED},
        [do.Decide("e")],
        Status.FAILED,
        id="skip: descendants are skipped, the rest goes on",
    ),
    pytest.param(
        "ignore",
        {"a": Status.FAILED},
        [do.Decide("e")],
        Status.COMPLETED,
        id="ignore: descendants run, the run is not failed by it",
    ),
    pytest.param(
        "stop",
        {"a": Status.FAILED, "c": Status.CANCELLED, "d": Status.CANCELLED, "e": Status.CANCELLED},
        [],
        Status.FAILED,
        id="stop: all else is cancelled, the run is failed",
    ),
]


@pytest.mark.parametrize(("policy", "ended", "after_b", "run_status"), POLICIES)
def test_on_fail(
    policy: Any, ended: dict[str, Status], after_b: list[do.AnyCommand], run_status: Status
) -> None:
    scheduler = Scheduler()
    run_of(
        scheduler, started(planned("a", on_fail=policy), planned("b"), *DIAMOND), decided("a"), decided("b")
    )
    commands = run_of(scheduler, attempt("a", "failed"))
    assert {name: status for name, (status, _) in endings(commands).items()} == ended
    assert (do.CancelAttempt("b", 1, "a failed and stops the run (--on-fail stop)") in commands) == (
        policy == "stop"
    )
    assert (do.Decide("c") in commands) == (policy == "ignore")
    later = run_of(scheduler, attempt("b", "cancelled" if policy == "stop" else "completed"))
    assert [command for command in later if isinstance(command, do.Decide)] == after_b
    for name in ("c", "e", "d"):
        later += run_of(scheduler, cached(name))
    assert [fact.status for fact in appended(later) if isinstance(fact, ev.RunEnded)] == [run_status]


def test_a_skipped_step_names_the_step_at_the_root_of_it() -> None:
    steps = planned("load"), planned("clean", "load"), planned("fit", "clean")
    commands = run_of(Scheduler(), started(*steps), decided("load"), attempt("load", "failed"))
    skipped = {
        name: reason for name, (status, reason) in endings(commands).items() if status is Status.SKIPPED
    }
    assert skipped == {"clean": "load failed", "fit": "load failed"}


def test_cancelling_the_run_stops_attempts_and_ends_all_else() -> None:
    scheduler = Scheduler()
    steps = planned("a"), planned("b"), planned("c", "a"), planned("d", retries=1)
    run_of(scheduler, started(*steps), decided("a"), decided("d"), attempt("d", "failed"))
    commands = run_of(scheduler, ev.CancelRequested(None, "enough"))
    assert do.CancelAttempt("a", 1, "enough") in commands
    assert endings(commands) == dict.fromkeys("bcd", (Status.CANCELLED, "enough"))
    assert appended(run_of(scheduler, attempt("a", "cancelled")))[-1] == ev.RunEnded(
        Status.CANCELLED, "cancelled by the user"
    )


def test_a_run_whose_time_is_over_has_failed_with_all_that_went_on_cancelled() -> None:
    over = ev.CancelRequested(None, "the run timed out after 1 s", timed_out=True)
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a"), planned("b", "a"), planned("c", gate="ok?")), decided("a"))
    run_of(scheduler, decided("c"))
    commands = run_of(scheduler, over, attempt("a", "cancelled"))
    assert {name: status for name, (status, _) in endings(commands).items()} == dict.fromkeys(
        "abc", Status.CANCELLED
    )
    assert commands[-1] == do.Append(ev.RunEnded(Status.FAILED, "the run timed out after 1 s"))
    resumed = run_of(scheduler, ev.RunResumed("h", 1), decided("a"), attempt("a", "completed", 2))
    assert do.Decide("b") in resumed


@pytest.mark.parametrize(("on_fail", "stops"), [("skip", True), ("stop", True), ("ignore", False)])
def test_the_first_failure_stops_a_run_with_fail_fast_unless_it_is_ignored(on_fail: str, stops: bool) -> None:
    scheduler = Scheduler()
    start = replace(started(planned("a", on_fail=on_fail), planned("b")), fail_fast=True)
    run_of(scheduler, start, decided("a"), decided("b"))
    commands = run_of(scheduler, attempt("a", "failed"))
    reason = "a failed and stops the run (--on-fail stop)" if on_fail == "stop" else FAIL_FAST
    assert [command for command in commands if isinstance(command, do.CancelAttempt)] == (
        [do.CancelAttempt("b", 1, reason)] if stops else []
    )


FAIL_FAST = "a failed and stops the run (--fail-fast)"


def test_cancelling_one_step_skips_its_descendants_only() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a"), planned("b", "a"), planned("c")), decided("a"), decided("c"))
    assert run_of(scheduler, ev.CancelRequested("a", "enough")) == [do.CancelAttempt("a", 1, "enough")]
    commands = run_of(scheduler, attempt("a", "cancelled"), attempt("c", "completed"))
    assert endings(commands)["b"] == (Status.SKIPPED, "a was cancelled")
    assert appended(commands)[-1] == ev.RunEnded(Status.CANCELLED, "a cancelled")


def test_an_attempt_that_fails_just_when_it_is_to_stop_is_not_tried_again() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a", retries=5)), decided("a"), ev.CancelRequested())
    assert endings(run_of(scheduler, attempt("a", "failed"))) == {"a": (Status.FAILED, "broke")}


def test_a_run_whose_steps_had_all_completed_is_complete_also_when_cancelled_late() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a")), decided("a"), ev.CancelRequested())
    assert appended(run_of(scheduler, attempt("a", "completed")))[-1] == ev.RunEnded(Status.COMPLETED)


LATE = [decided("a"), cached("a"), attempt("a", "completed"), attempt("a", "failed"), ev.RetryDue("a")]


@pytest.mark.parametrize("fact", [*LATE, ev.CancelRequested("a"), ev.StepEnded("a", Status.FAILED)])
def test_facts_about_a_step_that_has_ended_change_nothing(fact: ev.AnyEvent) -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a"), planned("b")), decided("a"), attempt("a", "completed"))
    assert scheduler.handle(fact) == []


@pytest.mark.parametrize("fact", [ev.ProgressReported("a", 1, 1, 2), ev.NoteAdded("a", 1, "x")])
def test_all_other_facts_cause_nothing(fact: ev.AnyEvent) -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a")))
    assert scheduler.handle(fact) == []


def test_a_step_that_cannot_be_decided_is_ended_from_outside() -> None:
    scheduler = Scheduler()
    run_of(scheduler, started(planned("a"), planned("b", "a")))
    commands = run_of(scheduler, ev.StepEnded("a", Status.FAILED, "no such file"))
    assert endings(commands) == {"b": (Status.SKIPPED, "a failed")}
    assert appended(commands)[-1] == ev.RunEnded(Status.FAILED, "a failed")


# Any graph, any order -----------------------------------------------------------------------------------


@settings(max_examples=300)
@given(graphs(), st.integers(0, 2**32), st.booleans())
def test_every_run_ends_once_with_every_step_ended_once(
    steps: tuple[ev.PlannedStep, ...], seed: int, cancelled: bool
) -> None:
    chance = random.Random(seed)
    world = World({step.name: step for step in steps}, chance)
    world.run([chance.choice([None, *world.steps])] if cancelled else [])
    assert set(world.ended) == set(world.steps)
    assert [type(fact) for fact in world.journal].count(ev.RunEnded) == 1
    _check_descendants(world)
    _check_status_of_the_run(world)


def _check_descendants(world: World) -> None:
    for step in world.steps.values():
        for name in step.upstream:
            blocks = world.ended[name] in (Status.SKIPPED, Status.CANCELLED) or (
                world.ended[name] is Status.FAILED and world.steps[name].options.on_fail != "ignore"
            )
            if blocks:
                assert world.ended[step.name] in (Status.SKIPPED, Status.CANCELLED)


def _check_status_of_the_run(world: World) -> None:
    end = world.journal[-1]
    assert isinstance(end, ev.RunEnded)
    failed = any(
        status is Status.FAILED and world.steps[name].options.on_fail != "ignore"
        for name, status in world.ended.items()
    )
    by_user = any(isinstance(fact, ev.CancelRequested) and fact.step is None for fact in world.journal)
    cancelled = Status.CANCELLED in world.ended.values()
    if by_user and cancelled:
        assert end.status is Status.CANCELLED
    elif failed:
        assert end.status is Status.FAILED
    elif cancelled:
        assert end.status is Status.CANCELLED
    else:
        assert end.status is Status.COMPLETED
