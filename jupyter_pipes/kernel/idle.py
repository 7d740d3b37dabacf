"""How a pipeline looks before this kernel runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.display.board.standing import before_a_run
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.pipeline import Pipeline

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result


def idle_view(pipeline: Pipeline) -> RunView:
    """Return the view of a pipeline before this kernel runs it, `started` 0: what is kept of its steps."""
    graph = pipeline.observed_graph()
    names = {step.name for step in graph.steps}
    results = _results(pipeline, names) if pipeline.workspace.has_history else {}
    return before_a_run(pipeline.name, pipeline.version, graph, results)


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
