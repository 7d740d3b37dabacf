"""A run that is taken up again: what is done stays, the rest is open, for the scheduler and every display."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from tests.scheduling import (
    DONE,
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

RESUMED = ev.RunResumed("host", 8)


def view_of(*facts: ev.AnyEvent) -> RunView:
    return fold("r", [ev.Record("r", seq, 100.0 + seq, fact) for seq, fact in enumerate(facts)])


def after(*facts: ev.AnyEvent) -> tuple[Scheduler, list[ev.AnyEvent]]:
    """Return a scheduler that saw these facts and what it appended, and the journal."""
    scheduler, journal = Scheduler(), []
    inbox = list(facts)
    while inbox:
        journal.append(inbox.pop(0))
        inbox = appended(scheduler.handle(journal[-1])) + inbox
    return scheduler, journal


FAILED = [started(planned("a"), planned("b", "a"), planned("c", "b"), planned("d")), cached("d")]
FAILED += [decided("a"), attempt("a", "completed"), decided("b"), attempt("b", "failed")]


def test_what_is_not_done_is_decided_again_once_what_it_waits_for_is_done() -> None:
    scheduler, _ = after(*FAILED)
    assert run_of(scheduler, RESUMED) == [do.Decide("b")]
    assert run_of(scheduler, decided("b")) == [do.Submit("b", 2)]
    assert run_of(scheduler, attempt("b", "completed", 2))[-1] == do.Decide("c")
    commands = run_of(scheduler, cached("c"))
    assert appended(commands)[-1] == ev.RunEnded(Status.COMPLETED)


def test_the_view_opens_the_same_steps_and_forgets_the_end() -> None:
    _, journal = after(*FAILED)
    assert view_of(*journal).status is Status.FAILED
    view = view_of(*journal, RESUMED)
    assert (view.status, view.reason, view.ended, view.pid, view.host) == (
        Status.RUNNING,
        "",
        None,
        8,
        "host",
    )
    assert {name: step.status for name, step in view.steps.items()} == {
        "a": Status.COMPLETED,
        "b": Status.PENDING,
        "c": Status.PENDING,
        "d": Status.CACHED,
    }
    assert (view.steps["b"].reason, view.steps["c"].reason) == ("", "waits for b")
    assert view.steps["b"].seconds == sum(each.usage.seconds for each in view.steps["b"].attempts)
    assert view.progress == 0.5


def test_the_tries_that_retries_allow_count_anew() -> None:
    step = planned("a", retries=1, retry_delay=10.0)
    scheduler, _ = after(started(step), decided("a"), attempt("a", "failed"), ev.RetryDue("a"))
    run_of(scheduler, attempt("a", "failed", 2))
    run_of(scheduler, RESUMED)
    assert run_of(scheduler, decided("a")) == [do.Submit("a", 3)]
    retry = run_of(scheduler, attempt("a", "failed", 3))
    assert [command.delay for command in retry if isinstance(command, do.WaitForRetry)] == [10.0]
    assert run_of(scheduler, ev.RetryDue("a")) == [do.Submit("a", 4, tries=2)]
    assert endings(run_of(scheduler, attempt("a", "failed", 4))) == {"a": (Status.FAILED, "broke")}


def test_what_ran_behind_an_ignored_failure_is_open_again() -> None:
    steps = planned("a", on_fail="ignore"), planned("b", "a"), planned("c", "b"), planned("d")
    scheduler, journal = after(
        started(*steps), decided("a"), attempt("a", "failed"), cached("b"), cached("c")
    )
    run_of(scheduler, decided("d"), attempt("d", "failed"))
    view = view_of(*journal, ev.StepEnded("d", Status.FAILED), RESUMED)
    assert {step.status for step in view.steps.values()} == {Status.PENDING}
    assert run_of(scheduler, RESUMED) == [do.Decide("a"), do.Decide("d")]


def test_a_deep_lattice_behind_an_ignored_failure_is_opened_at_once() -> None:
    """Every step waits for the two of the layer before: there are more ways through it than steps by far."""
    layers = [(f"l{n}", f"r{n}") for n in range(40)]
    steps = [planned("a", on_fail="ignore"), *(planned(name, "a") for name in layers[0])]
    steps += [planned(name, *above) for above, layer in pairwise(layers) for name in layer]
    facts = [decided("a"), attempt("a", "failed"), *(cached(name) for layer in layers for name in layer)]
    scheduler, journal = after(started(*steps), *facts)
    assert run_of(scheduler, RESUMED) == [do.Decide("a")]
    assert {step.status for step in view_of(*journal, RESUMED).steps.values()} == {Status.PENDING}


def test_a_run_in_which_nothing_is_left_ends_completed() -> None:
    scheduler, _ = after(started(planned("a")), cached("a"))
    assert appended(run_of(scheduler, RESUMED)) == [ev.RunEnded(Status.COMPLETED)]


def test_a_cancelled_run_is_not_cancelled_any_more() -> None:
    scheduler, journal = after(started(planned("a"), planned("b", "a")), ev.CancelRequested())
    assert view_of(*journal, RESUMED).status is Status.RUNNING
    run_of(scheduler, RESUMED, cached("a"))
    assert appended(run_of(scheduler, cached("b")))[-1] == ev.RunEnded(Status.COMPLETED)


@pytest.mark.parametrize("fact", [cached("a"), ev.RetryDue("a"), attempt("a", "completed", 1)])
def test_late_facts_of_the_time_before_change_nothing_for_a_step_that_is_done(fact: Any) -> None:
    scheduler, _ = after(
        started(planned("a"), planned("b")), cached("a"), decided("b"), attempt("b", "failed")
    )
    run_of(scheduler, RESUMED)
    assert scheduler.handle(fact) == []


@settings(max_examples=300)
@given(graphs(), st.integers(0, 2**32), st.integers(0, 25), st.integers(0, 3))
def test_however_often_a_run_is_taken_up_again_every_step_ends_once_each_time_and_at_last_all_are_done(
    steps: tuple[ev.PlannedStep, ...], seed: int, answers: int, times: int
) -> None:
    chance = random.Random(seed)
    world = World({step.name: step for step in steps}, chance)
    world.run(some_cancels(world), most=answers)
    for _ in range(times):
        resume(world, most=chance.randrange(20))
    world.outcomes = ["completed"]
    resume(world)
    assert world.status is Status.COMPLETED
    assert set(world.ended.values()) <= set(DONE)


def some_cancels(world: World) -> list[str | None]:
    return world.chance.choice([[], [None], [world.chance.choice(list(world.steps))]])


def resume(world: World, most: int | None = None) -> None:
    """Take up the run again; the world checks what happens, here it is held against the view."""
    before = len(world.journal)
    world.resume([] if most is None else some_cancels(world), most)
    resumed = next(
        n for n, fact in enumerate(world.journal) if n >= before and isinstance(fact, ev.RunResumed)
    )
    opened = view_of(*world.journal[: resumed + 1])
    decided_then = {
        fact.step for fact in world.journal[resumed:] if isinstance(fact, ev.StepDecided | ev.StepEnded)
    }
    still_open = {name for name, step in opened.steps.items() if step.status is Status.PENDING}
    assert decided_then <= still_open
    if world.has_ended:
        assert {fact.step for fact in world.journal[resumed:] if isinstance(fact, ev.StepEnded)} == still_open
    view = view_of(*world.journal)
    assert {name: step.status for name, step in view.steps.items() if step.status.is_final} == world.ended
