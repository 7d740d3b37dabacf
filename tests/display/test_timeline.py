"""What a step waited for is told from the journal alone, and which steps the end of a run hangs on."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.timeline import Timeline, TimelineStep, timeline_of
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.results import Usage
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView

STEPS = (
    ev.PlannedStep("load"),
    ev.PlannedStep("clean", upstream=("load",)),
    ev.PlannedStep("side", upstream=("load",)),
    ev.PlannedStep("fit", upstream=("clean", "side")),
    ev.PlannedStep("far", options=StepOptions(queue="cluster")),
)


def timeline(*facts: tuple[float, ev.AnyEvent]) -> Timeline:
    """Return the timeline of a run of `STEPS` from 0 on."""
    started = ev.RunStarted("p", "1", STEPS)
    every = [(0.0, started), *facts]
    records = [ev.Record("r", seq, time, event) for seq, (time, event) in enumerate(every)]
    view = RunView("r")
    for record in records:
        apply(record, view)
    return timeline_of(view, records)


def ran(step: str, decided: float, started: float, ended: float) -> list[tuple[float, ev.AnyEvent]]:
    return [
        (decided, ev.StepDecided(step, "run")),
        (decided, ev.AttemptQueued(step, 1, "local", "waits for CPUs: 2 of 2 in use")),
        (started, ev.AttemptStarted(step, 1, 5, "h")),
        (ended, ev.AttemptEnded(step, 1, "completed", usage=Usage(ended - started, 0.5, 100))),
        (ended, ev.StepEnded(step, Status.COMPLETED)),
    ]


def step_of(timeline: Timeline, name: str) -> TimelineStep:
    return next(step for step in timeline.steps if step.name == name)


def phases(timeline: Timeline, name: str) -> list[tuple[str, float, float | None]]:
    return [(span.phase, span.start, span.end) for span in step_of(timeline, name).spans]


def test_a_step_waits_for_others_is_decided_waits_for_a_slot_and_runs() -> None:
    shown = timeline(*ran("load", 1, 2, 4), *ran("clean", 5, 7, 9))
    assert phases(shown, "load") == [("decision", 0, 1), ("queue", 1, 2), ("running", 2, 4)]
    assert phases(shown, "clean") == [
        ("upstream", 0, 4),
        ("decision", 4, 5),
        ("queue", 5, 7),
        ("running", 7, 9),
    ]
    upstream, _, queue, _ = step_of(shown, "clean").spans
    assert (upstream.words, queue.words) == ("waits for load", "waits for CPUs: 2 of 2 in use")


def test_imports_are_told_from_waiting_for_a_slot() -> None:
    shown = timeline(
        (1, ev.StepDecided("load", "run")),
        (1, ev.AttemptQueued("load", 1, "local", "waits for CPUs")),
        (2, ev.AttemptQueued("load", 1, "local", "imports pandas")),
        (4, ev.AttemptStarted("load", 1, 5, "h")),
    )
    assert phases(shown, "load")[1:] == [("queue", 1, 2), ("imports", 2, 4), ("running", 4, None)]
    assert phases(shown, "fit") == [("upstream", 0, None)]


def test_a_second_try_stands_behind_the_first_and_its_wait() -> None:
    shown = timeline(
        (1, ev.StepDecided("load", "run")),
        (1, ev.AttemptStarted("load", 1, 5, "h")),
        (2, ev.AttemptEnded("load", 1, "failed")),
        (2, ev.RetryScheduled("load", 1, 3.0, "again")),
        (5, ev.AttemptStarted("load", 2, 5, "h")),
        (6, ev.AttemptEnded("load", 2, "completed")),
        (6, ev.StepEnded("load", Status.COMPLETED)),
    )
    assert phases(shown, "load")[1:] == [("running", 1, 2), ("retry", 2, 5), ("running", 5, 6)]


def test_the_critical_path_is_what_the_last_step_waited_for_longest() -> None:
    shown = timeline(
        *ran("load", 0, 0, 2), *ran("side", 2, 2, 3), *ran("clean", 2, 2, 6), *ran("fit", 6, 6, 7)
    )
    assert [step.name for step in shown.steps if step.is_critical] == ["load", "clean", "fit"]


def test_what_runs_now_is_critical_before_what_has_ended() -> None:
    shown = timeline(*ran("load", 0, 0, 2), *ran("clean", 2, 2, 6), *ran("side", 2, 2, 3)[:-2])
    assert [step.name for step in shown.steps if step.is_critical] == ["load", "side"]


def test_a_cached_step_is_decided_only_and_never_critical() -> None:
    shown = timeline(
        (1, ev.StepDecided("load", "cached", source_run="q")),
        (1, ev.StepEnded("load", Status.CACHED)),
        *ran("clean", 1, 1, 3),
    )
    assert phases(shown, "load") == [("decision", 0, 1)]
    assert [step.name for step in shown.steps if step.is_critical] == ["clean"]


def test_cpu_time_and_memory_are_those_of_all_attempts() -> None:
    load = step_of(timeline(*ran("load", 0, 1, 3)), "load")
    assert (load.seconds, load.cpu_seconds, load.peak_memory) == (2, 0.5, 100)


def test_a_step_waits_for_its_approval_until_somebody_answers() -> None:
    asked = [
        (1.0, ev.StepDecided("load", "run")),
        (1.0, ev.GateReached("load", "go on?")),
    ]
    assert phases(timeline(*asked), "load") == [("decision", 0, 1), ("gate", 1, None)]
    assert step_of(timeline(*asked), "load").spans[1].words == "waits for approval: go on?"
    answered = timeline(*asked, (5.0, ev.GateAnswered("load", True, "anna")), *ran("load", 5, 6, 7))
    assert phases(answered, "load")[1:] == [("gate", 1, 5), ("queue", 5, 6), ("running", 6, 7)]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_in_a_run_that_has_ended_nobody_waits_any_more(status: Status) -> None:
    shown = timeline(*ran("load", 0, 1, 2), (3, ev.RunEnded(status)))
    assert phases(shown, "fit") == []


def test_an_attempt_that_came_to_nothing_says_why_and_on_a_queue_where_it_ran() -> None:
    gone = "its worker tcp://1 is gone"
    shown = timeline(
        (1, ev.StepDecided("far", "run")),
        (1, ev.AttemptQueued("far", 1, "cluster", "queue cluster has no workers")),
        (3, ev.AttemptStarted("far", 1, 5, "node-1")),
        (4, ev.AttemptEnded("far", 1, "lost", gone)),
        (4, ev.RetryScheduled("far", 1, 0.0, f"{gone}; begun again elsewhere")),
        (4, ev.AttemptQueued("far", 2, "cluster", "queue cluster has 1 worker, busy")),
        (6, ev.AttemptStarted("far", 2, 5, "node-2")),
        (9, ev.AttemptEnded("far", 2, "completed")),
    )
    spans = [(span.phase, span.words, span.is_lost) for span in step_of(shown, "far").spans]
    assert [span for span in spans if span[0] not in ("decision", "retry")] == [
        ("queue", "queue cluster has no workers", False),
        ("running", f"on node-1: {gone}", True),
        ("queue", "queue cluster has 1 worker, busy", False),
        ("running", "on node-2", False),
    ]


def test_a_mapped_step_runs_while_one_of_its_elements_does() -> None:
    shown = timeline(
        (0, ev.AttemptStarted("load", 1, 5, "h")),
        (1, ev.StepsAdded("load", 1, 0, ((), ()))),
        (1, ev.AttemptEnded("load", 1, "completed")),
        (2, ev.AttemptStarted("load[0]", 1, 6, "h")),
        (3, ev.AttemptStarted("load[1]", 1, 7, "h")),
        (4, ev.AttemptEnded("load[0]", 1, "completed")),
        (6, ev.AttemptEnded("load[1]", 1, "completed")),
        (7, ev.AttemptStarted("load", 2, 8, "h")),
        (8, ev.AttemptEnded("load", 2, "completed")),
        (8, ev.StepEnded("load", Status.COMPLETED)),
    )
    assert phases(shown, "load") == [("running", 0, 1), ("running", 2, 6), ("running", 7, 8)]
    assert [span.words for span in step_of(shown, "load").spans] == ["", "its elements", ""]
