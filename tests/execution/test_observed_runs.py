"""Runs in which attempts show more than the code: who read the wrong value is opened again, and all end."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Status
from tests.scheduling import (
    DONE,
    World,
    appended,
    attempt,
    cached,
    changed,
    decided,
    endings,
    joined,
    notebooks,
    planned,
    run_of,
    started,
)

LOAD = replace(planned("load"), writes=("xs",))
CHANGE = replace(planned("change", "load"), reads={"xs": "load"}, writes=("n",))
COUNT = replace(planned("count", "load"), reads={"xs": "load"}, writes=("total",))
SHOW = replace(planned("show", "count"), reads={"total": "count"})
WHY = "xs was changed in place by change"


def begun(*facts: ev.AnyEvent) -> Scheduler:
    """Return a scheduler of a run in which `load` is done, and these facts came."""
    scheduler = Scheduler()
    live(scheduler, started(LOAD, CHANGE, COUNT, SHOW), cached("load"), decided("change"), *facts)
    return scheduler


def live(scheduler: Scheduler, *facts: ev.AnyEvent) -> list[do.AnyCommand]:
    """Hand facts to the scheduler, each when all that the one before causes is done; return the commands."""
    return [command for fact in facts for command in run_of(scheduler, fact)]


def test_who_waits_takes_the_changed_value_and_waits_for_its_maker() -> None:
    late = replace(planned("late", "slow", "load"), reads={"xs": "load", "y": "slow"})
    slow = replace(planned("slow"), writes=("y",))
    scheduler = Scheduler()
    live(scheduler, started(LOAD, CHANGE, slow, late), cached("load"), decided("change"))
    assert live(scheduler, changed("change", "xs")) == []
    assert do.Decide("late") not in live(scheduler, cached("slow"))
    assert do.Decide("late") in live(scheduler, attempt("change", "completed"))


def test_a_running_attempt_is_stopped_and_its_step_waits_for_the_change() -> None:
    scheduler = begun(decided("count"))
    assert live(scheduler, changed("change", "xs")) == [do.CancelAttempt("count", 1, WHY)]
    assert appended(live(scheduler, attempt("count", "cancelled"))) == [ev.StepReopened("count", WHY)]
    assert do.Decide("count") in live(scheduler, attempt("change", "completed"))
    assert do.Submit("count", 2) in live(scheduler, decided("count"))


@pytest.mark.parametrize("outcome", ["completed", "failed", "timed out", "lost"])
def test_however_a_stopped_attempt_ends_its_step_is_opened_again(outcome: ev.Outcome) -> None:
    scheduler = begun(decided("count"), changed("change", "xs"))
    assert appended(live(scheduler, attempt("count", outcome))) == [ev.StepReopened("count", WHY)]


def test_what_has_ended_is_opened_again_with_all_that_used_it() -> None:
    scheduler = begun(decided("count"), attempt("count", "completed"), cached("show"))
    again = f"count has to run again: {WHY}"
    commands = live(scheduler, changed("change", "xs"))
    assert appended(commands) == [ev.StepReopened("count", WHY), ev.StepReopened("show", again)]
    assert [c for c in live(scheduler, attempt("change", "completed")) if isinstance(c, do.Decide)] == [
        do.Decide("count")
    ]
    assert live(scheduler, cached("count"))[-1] == do.Decide("show")
    assert appended(live(scheduler, cached("show")))[-1] == ev.RunEnded(Status.COMPLETED)


def test_a_step_that_failed_on_the_old_value_is_tried_with_the_new_one_and_so_is_what_was_skipped() -> None:
    scheduler = begun(decided("count"), attempt("count", "failed"))
    assert len(appended(live(scheduler, changed("change", "xs")))) == 2
    live(scheduler, attempt("change", "completed"), decided("count"))
    commands = live(scheduler, attempt("count", "completed", 2), cached("show"))
    assert appended(commands)[-1] == ev.RunEnded(Status.COMPLETED)


def test_a_decision_under_way_is_of_other_inputs_and_does_not_count() -> None:
    scheduler = begun(changed("change", "xs"))
    assert live(scheduler, cached("count")) == []


def test_what_a_kept_result_showed_counts_as_well() -> None:
    scheduler = Scheduler()
    live(scheduler, started(LOAD, CHANGE, COUNT), cached("load"), cached("count"))
    seen = replace(cached("change"), observed=Observation(changed=("xs",)))
    assert appended(live(scheduler, seen)) == [
        ev.StepReopened("count", WHY),
        ev.StepEnded("change", Status.CACHED, "nothing changed"),
    ]


def test_what_earlier_runs_showed_holds_from_the_start() -> None:
    scheduler = Scheduler()
    start = replace(started(LOAD, CHANGE, COUNT), observed={"change": Observation(changed=("xs",))})
    live(scheduler, start)
    assert live(scheduler, cached("load"))[-1:] == [do.Decide("change")]
    assert live(scheduler, decided("change"), changed("change", "xs")) == [do.Submit("change", 1)]


def test_the_step_itself_begins_again_with_the_names_that_hold_parts_of_what_it_changed() -> None:
    two = replace(planned("two"), writes=("xs", "ys"))
    scheduler = Scheduler()
    live(scheduler, started(two, replace(CHANGE, upstream=("two",), reads={"xs": "two"})), decided("two"))
    live(scheduler, joined("two", "xs", "ys"), attempt("two", "completed"), decided("change"))
    why = "ys of two holds parts of what it changes"
    assert live(scheduler, changed("change", "xs")) == [do.CancelAttempt("change", 1, why)]
    assert appended(live(scheduler, attempt("change", "completed"))) == [ev.StepReopened("change", why)]
    assert do.Submit("change", 2) in live(scheduler, decided("change"))


def test_in_a_run_that_stops_what_used_the_old_value_is_not_completed() -> None:
    scheduler = begun(decided("count"), attempt("count", "completed"), ev.CancelRequested(None, "enough"))
    commands = live(scheduler, changed("change", "xs"), attempt("change", "completed"))
    assert endings(commands)["count"] == (Status.CANCELLED, "enough")
    assert appended(commands)[-1] == ev.RunEnded(Status.CANCELLED, "cancelled by the user")


def test_a_step_that_the_user_cancelled_stays_so() -> None:
    scheduler = begun(decided("count"), ev.CancelRequested("count"), attempt("count", "cancelled"))
    assert live(scheduler, changed("change", "xs")) == []


def test_a_step_that_is_left_out_stays_so_and_so_does_what_hangs_on_it() -> None:
    scheduler = begun(ev.StepEnded("count", Status.SKIPPED, "--skip"))
    commands = live(scheduler, changed("change", "xs"))
    assert [fact for fact in appended(commands) if isinstance(fact, ev.StepReopened)] == []


def test_the_fold_shows_the_step_waiting_again_with_the_reason_and_its_new_producer() -> None:
    world = World({step.name: step for step in (LOAD, CHANGE, COUNT)}, random.Random(0), observes=True)
    start = started(LOAD, CHANGE, COUNT)
    world.journal = [start, cached("count"), ev.StepEnded("count", Status.CACHED), changed("change", "xs")]
    world.journal += [ev.StepReopened("count", WHY)]
    count = world.view.steps["count"]
    assert (count.status, count.reason) == (Status.PENDING, WHY)
    assert (count.planned.reads, count.planned.upstream) == ({"xs": "change"}, ("change",))
    assert count.planned.observed_reads == ("xs",)
    assert world.view.readers["change"] == ["count"]
    assert world.view.steps["change"].planned.observed_writes == ("xs",)


@pytest.mark.slow
@settings(max_examples=400)
@given(notebooks(), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_every_run_ends_and_every_value_used_is_of_the_last_attempt_of_its_maker(
    steps: tuple[ev.PlannedStep, ...], seed: int, cancelled: bool, dies: bool
) -> None:
    chance = random.Random(seed)
    world = World({step.name: step for step in steps}, chance, observes=True)
    cancels = [chance.choice([None, *world.steps])] if cancelled else []
    world.run(cancels, most=chance.randrange(12) if dies else None)
    if dies:
        world.resume()
    assert set(world.ended) == set(world.steps)
    assert isinstance(world.journal[-1], ev.RunEnded)
    _check_order(world)
    _check_view(world)


def _check_order(world: World) -> None:
    """What is done was decided after all that it waits for had come to its last end."""
    decisions: dict[str, int] = {}
    ends: dict[str, int] = {}
    for place, fact in enumerate(world.journal):
        if isinstance(fact, ev.StepDecided):
            decisions[fact.step] = place
        elif isinstance(fact, ev.StepEnded):
            ends[fact.step] = place
    for name, status in world.ended.items():
        if status in DONE:
            assert all(ends[before] < decisions[name] for before in world.now(name).upstream)


def _check_view(world: World) -> None:
    view = world.view
    for name in world.steps:
        assert view.steps[name].status is world.ended[name]
        assert view.steps[name].planned == world.now(name)
