"""What is wrong with a pipeline where it is to run, and what runs showed of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.pipelines.made.edges import with_defaults
from jupyter_pipes.planning.observations import as_observed
from jupyter_pipes.planning.preparation import seen_before
from jupyter_pipes.planning.settling.placement import on_queue
from jupyter_pipes.planning.validation import STRUCTURE_PROBLEMS, capacity_problems, file_problems

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Diagnostic
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.planning.request import Definition


def problems_on(
    queue: str, graph: Graph, of_children: Sequence[Diagnostic], workspace: Workspace, directory: Path
) -> tuple[Diagnostic, ...]:
    """Return what keeps steps from running on a queue: errors, files that are not there, what it has not."""
    queues = workspace.queues
    placed = on_queue(graph.steps, queue, queues)
    capacity, graph = capacity_problems(placed, local_executor(), queues), replace(graph, steps=placed)
    return (*graph.errors, *of_children, *file_problems(graph, directory, workspace.catalog), *capacity)


def observed(
    graph: Graph, parameters: Sequence[Parameter], definition: Definition, workspace: Workspace
) -> Graph:
    """Return the graph with what runs showed of it; one with cycles as its code has it."""
    if any(problem.code in STRUCTURE_PROBLEMS for problem in graph.errors):
        return graph
    return as_observed(with_defaults(graph, parameters), seen_before(definition, workspace))
