"""What is told of a run and of its steps: plain data, as it stood then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.steps import JsonValue, Status

if TYPE_CHECKING:
    from jupyter_pipes.model.views import RunView, StepView


class StepTold(Struct, frozen=True):
    """A step of a run.

    Attributes:
        name: the step's name.
        status: where it stands.
        reason: why, in words; "" where there is nothing to say.
        run, pipeline: the run's id, and the name of its pipeline.
        seconds: wall time of its attempts so far; 0 for a cached step.
        attempts: how many there were.
        stage, tags: as the step says.
        metrics: the last value of each metric.
        error: what it failed with, `ValueError: …`; "" where it did not.
    """

    name: str
    status: Status
    reason: str = ""
    run: str = ""
    pipeline: str = ""
    seconds: float = 0.0
    attempts: int = 0
    stage: str = ""
    tags: tuple[str, ...] = ()
    metrics: dict[str, JsonValue] = {}
    error: str = ""


class RunTold(Struct, frozen=True):
    """A run.

    Attributes:
        id: its id.
        pipeline, version: whose run it is.
        status: where it stands; before its end is written, how it ends.
        reason: why, in words; "" where there is nothing to say.
        seconds: wall time so far.
        params: the parameters' values, as JSON carries them.
        steps: its steps, in order.
    """

    id: str
    pipeline: str
    version: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    params: dict[str, JsonValue] = {}
    steps: tuple[StepTold, ...] = ()


def told_step(view: RunView, step: StepView, status: Status, reason: str) -> StepTold:
    """Return what is told of a step that has just got this status."""
    error = step.error if status is Status.FAILED else None
    return StepTold(
        step.name,
        status,
        reason,
        view.run,
        view.pipeline,
        step.seconds,
        len(step.attempts),
        step.planned.options.stage or "",
        step.planned.options.tags,
        dict(step.last_metrics),
        f"{error.type}: {error.message}" if error else "",
    )


def told_run(view: RunView, status: Status, reason: str, now: float) -> RunTold:
    """Return what is told of a run; `now` is in seconds since 1970."""
    steps = tuple(told_step(view, step, step.status, step.reason) for step in view.steps.values())
    seconds = view.seconds_until(now) if view.started else 0.0
    return RunTold(
        view.run, view.pipeline, view.version, status, reason, seconds, dict(view.parameters), steps
    )
