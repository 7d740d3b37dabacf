"""What runs of pipelines that are steps are to do: their values come from `-p`, all else is their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.execution.defaults import computed_values
from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.pipelines.graph import with_options
from jupyter_pipes.pipelines.made.edges import with_references
from jupyter_pipes.pipelines.options.nesting import said_of
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.planning.observations import as_observed
from jupyter_pipes.planning.preparation import decider_of, prepare, seen_before, select, values_of
from jupyter_pipes.planning.settling.placement import on_queue

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Diagnostic, Step
    from jupyter_pipes.planning.request import Definition, RunRequest


class Declared(Struct, frozen=True):
    """What a pipeline that is there as data lacks.

    Attributes:
        parameters: its own, with their types.
        children: step -> that of the pipeline that it is.
        version: from which its numbering goes on.
    """

    parameters: tuple[Parameter, ...]
    children: dict[str, Declared]
    version: str = "1.0.0"


class Children(Struct, frozen=True):
    """The pipelines that steps of one are.

    Attributes:
        definitions: step -> its pipeline, of those that could be read.
        declared: step -> the parameters of that.
        problems: what is wrong with the others.
    """

    definitions: dict[str, Definition]
    declared: dict[str, Declared]
    problems: tuple[Diagnostic, ...]


def with_children(request: RunRequest, workspace: Workspace, declared: Mapping[str, Declared]) -> RunRequest:
    """Return the request with what is known of the runs of pipelines that are steps of it.

    Args:
        request: what a run is to do.
        workspace: where it is kept.
        declared: step -> the parameters of the pipeline that it is.

    Raises:
        ParameterError, UsageError: what a step gives one has no parameter there, or does not fit.
    """
    chosen = set(request.arguments.selection.decided)
    steps = [step for step in request.definition.steps if step.options.pipeline and step.name in chosen]
    children = {
        step.name: child_request(request.definition.children[step.name], declared[step.name], step, workspace)
        for step in steps
    }
    return replace(request, children=children)


def declared_in(request: RunRequest) -> Declared:
    """Return the parameters that are known by a request that was made by `child_request`."""
    children = {step: declared_in(child) for step, child in request.children.items()}
    return Declared(request.declared, children, request.version)


def child_request(
    definition: Definition, declared: Declared, step: Step, workspace: Workspace, run: str = ""
) -> RunRequest:
    """Return what a run of the pipeline that a step is would be to do.

    Args:
        definition: the pipeline.
        declared: its parameters.
        step: the step, its references settled.
        workspace: where both are kept.
        run: the id of the run, to compute what only running code tells; "" before one.

    Raises:
        ParameterError, UsageError: as for `with_children`.
    """
    parameters, said = declared.parameters, said_of(step.options)
    try:
        values = (
            computed_values(definition, parameters, said, workspace, local_executor(), run)
            if run
            else values_of(definition, parameters, said)
        )
    except (ParameterError, UsageError) as error:
        told = f"step {step.name}: -p of {step.options.pipeline}: {error}"
        raise type(error)(told, step=step.name, line=1) from error
    settled = with_references(with_options(definition, values.options), values.later)
    settled = replace(settled, steps=on_queue(settled.steps, step.options.queue, workspace.queues))
    seen = seen_before(settled, workspace)
    selection = select(as_observed(settled, seen), (), {})
    request = prepare(settled, values, selection, said, decider_of(settled, workspace), seen=seen)
    request = replace(request, run=run, declared=parameters, version=declared.version)
    return with_children(request, workspace, declared.children)
