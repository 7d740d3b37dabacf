"""How a pipeline looks before this kernel runs it, and which run of somebody else it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.display.board.standing import before_a_run
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.elsewhere.following import going_on
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result


def idle_view(pipeline: Pipeline) -> RunView:
    """Return the view of a pipeline before this kernel runs it, `started` 0: what is kept of its steps."""
    graph = pipeline.observed_graph()
    names = {step.name for step in graph.steps}
    results = _results(pipeline, names) if pipeline.workspace.has_history else {}
    return before_a_run(pipeline.name, pipeline.version, graph, results)


def going_on_elsewhere(pipeline: Pipeline) -> Run | None:
    """Return the pipeline's newest run, followed, if another process drives it just now."""
    return going_on(pipeline.workspace, pipeline.name, pipeline.origin)


def interrupted(pipeline: Pipeline) -> Run | None:
    """Return the pipeline's newest run, if its controller was gone before its end."""
    workspace = pipeline.workspace
    newest = next(iter(workspace.history.runs(pipeline.name)), None) if workspace.has_history else None
    is_interrupted = newest is not None and newest.status is Status.INTERRUPTED
    return Run(workspace, newest.run) if newest is not None and is_interrupted else None


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
