"""The scheduler alone: 10,000 steps in chains of ten, without executors."""

from __future__ import annotations

from collections import deque

from benchmarks.measure import Figure, milliseconds
from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev

STEPS = 10_000
TIMES = 5


def measure() -> list[Figure]:
    """Return the time per step."""
    return [Figure("scheduler: a step", [each * 1000 / STEPS for each in milliseconds(_drive, TIMES)], "µs")]


def _drive() -> None:
    steps = tuple(ev.PlannedStep(f"s{n}", (f"s{n - 1}",) if n % 10 else ()) for n in range(STEPS))
    scheduler = Scheduler()
    facts: deque[ev.AnyEvent] = deque([ev.RunStarted("p", "1.0.0", steps)])
    while facts:
        facts.extend(_answer(command) for command in scheduler.handle(facts.popleft()))


def _answer(command: do.AnyCommand) -> ev.AnyEvent:
    match command:
        case do.Append(event):
            return event
        case do.Decide(step):
            return ev.StepDecided(step, "run")
        case do.Submit(step, attempt):
            return ev.AttemptEnded(step, attempt, "completed")
        case _:
            raise AssertionError(command)
