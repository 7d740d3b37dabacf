"""How a pipeline looks before this kernel runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.pipeline import Pipeline

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result


def idle_view(pipeline: Pipeline) -> RunView:
    """Return the view of a pipeline before this kernel runs it, `started` 0: what is kept of its steps."""
    names = {step.name for step in pipeline.graph.steps}
    planned = (ev.PlannedStep.of(step, names) for step in pipeline.graph.steps)
    workspace = pipeline.workspace
    results = workspace.history.newest_results(pipeline.name) if workspace.has_history else {}
    steps = {step.name: _before_a_run(step, results.get(step.name)) for step in planned}
    return RunView("", pipeline.name, pipeline.version, steps=steps)


def _before_a_run(step: ev.PlannedStep, newest: Result | None) -> StepView:
    if newest is None:
        return StepView(step.name, step, reason="not run yet")
    return StepView(
        step.name,
        step,
        Status.COMPLETED,
        f"in run {newest.run}",
        source_run=newest.run,
        source_step=newest.step,
        kept=newest.artifacts,
        kept_metrics=newest.metrics,
    )
