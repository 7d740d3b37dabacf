"""How a pipeline's steps stand: before a run, as what is kept of them; then, as the run has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result
    from jupyter_pipes.pipelines.graph import Graph


def before_a_run(name: str, version: str, graph: Graph, results: Mapping[str, Result]) -> RunView:
    """Return the view of a pipeline before it is run, `started` 0.

    Args:
        name, version: the pipeline's.
        graph: its steps.
        results: step -> what is kept of it.
    """
    names = {step.name for step in graph.steps}
    planned = (ev.PlannedStep.of(step, names) for step in graph.steps)
    steps = {step.name: _before_a_run(step, results.get(step.name)) for step in planned}
    return RunView("", name, version, steps=steps)


def _before_a_run(step: ev.PlannedStep, newest: Result | None) -> StepView:
    if newest is None:
        return StepView(step.name, step, reason="not run yet")
    skipped = newest.content.skipped
    return StepView(
        step.name,
        step,
        Status.SKIPPED if skipped else Status.COMPLETED,
        skipped or f"in run {newest.run}",
        source_run=newest.run,
        source_step=newest.step,
        kept=newest.artifacts,
        kept_metrics=newest.metrics,
        kept_children=newest.content.children,
    )


def shows_result(step: StepView) -> bool:
    """Return whether a step shows a result, which may be stale: one that failed says so itself."""
    return step.status in (Status.COMPLETED, Status.CACHED)


def with_run(before: RunView, run: RunView | None) -> RunView:
    """Return the run with the steps of the pipeline as it is now: those that it has not, as they are kept."""
    if run is None:
        return before
    steps = {name: _planned_now(run.steps.get(name), step) for name, step in before.steps.items()}
    return msgspec.structs.replace(run, steps=steps)


def _planned_now(of_run: StepView | None, before: StepView) -> StepView:
    return before if of_run is None else msgspec.structs.replace(of_run, planned=before.planned)
