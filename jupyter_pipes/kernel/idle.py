"""How a pipeline looks before this kernel runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.pipeline import Pipeline

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result


def idle_view(pipeline: Pipeline) -> RunView:
    """Return the view of a pipeline before this kernel runs it, `started` 0: what is kept of its steps."""
    graph = pipeline.observed_graph()
    names = {step.name for step in graph.steps}
    planned = (ev.PlannedStep.of(step, names) for step in graph.steps)
    results = _results(pipeline, names) if pipeline.workspace.has_history else {}
    steps = {step.name: _before_a_run(step, results.get(step.name)) for step in planned}
    return RunView("", pipeline.name, pipeline.version, steps=steps)


def _results(pipeline: Pipeline, names: set[str]) -> dict[str, Result]:
    """Return step -> what is kept of it: under the pipeline's name, else what fits, whoever made it."""
    results = pipeline.workspace.history.newest_results(pipeline.name)
    if names <= results.keys():
        return results
    try:
        foreseen = list(pipeline.foreseen())
    except PipesError:
        # Whoever plans or runs it is told what is wrong.
        return results
    return {step.name: decision.result for step, decision in foreseen if decision.result} | results


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
