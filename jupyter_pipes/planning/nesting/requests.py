"""What runs of pipelines that are steps are to do: their values come from `-p`, all else is their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.pipelines.graph import with_options
from jupyter_pipes.pipelines.made.edges import with_references
from jupyter_pipes.pipelines.options.nesting import is_open, said_of
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.planning.observations import as_observed
from jupyter_pipes.planning.preparation import Values, decider_of, prepare, seen_before, select, values_of
from jupyter_pipes.planning.settling.placement import on_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.request import Definition, RunRequest

    ComputeValues = Callable[[Definition, Sequence[Parameter], Mapping[str, object]], Values]


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
    definitions, children = request.definition.children, dict[str, "RunRequest"]()
    for step in steps:
        name = step.name
        try:
            children[name] = child_request(definitions[name], declared[name], step, workspace)
        except ParameterError as error:
            raise _with_hint(error, step, request.definition) from error
    return replace(request, children=children)


def _with_hint(error: ParameterError, step: Step, definition: Definition) -> ParameterError:
    """Return the error with how the output of a step is referred to, where one is named."""
    said = {str(value): name for name, value in said_of(step.options).items()}
    for other in definition.steps:
        for name in sorted(set(other.writes) & said.keys()):
            hint = f"; for what step {other.name} makes, write {said[name]}=${{{other.name}.{name}}}"
            return ParameterError(f"{error.message}{hint}", step=step.name, line=1)
    return error


def declared_in(request: RunRequest) -> Declared:
    """Return the parameters that are known by a request that was made by `child_request`."""
    children = {step: declared_in(child) for step, child in request.children.items()}
    return Declared(request.declared, children, request.version)


def child_of(request: RunRequest, step: Step, workspace: Workspace) -> RunRequest:
    """Return what a run of the pipeline that a step is would be to do, by what its `-p` come to now.

    Args:
        request: what the run is to do that the step is of.
        step: the step as it stands.
        workspace: where both are kept.

    Raises:
        ParameterError, UsageError: as for `with_children`.
    """
    child = request.children[step.name]
    if is_open(step.options) or not is_open(request.definition.step(step.name).options):
        return child
    return child_request(request.definition.children[step.name], declared_in(child), step, workspace)


def child_request(
    definition: Definition,
    declared: Declared,
    step: Step,
    workspace: Workspace,
    compute: ComputeValues | None = None,
) -> RunRequest:
    """Return what a run of the pipeline that a step is would be to do.

    Args:
        definition: the pipeline.
        declared: its parameters.
        step: the step; what its `-p` do not tell yet stays open.
        workspace: where both are kept.
        compute: gives the values of all parameters, for a run; without it, what only running code tells
            stays open as well.

    Raises:
        ParameterError, UsageError: as for `with_children`.
    """
    parameters = declared.parameters
    said = said_of(step.options, [each.name for each in parameters])
    try:
        values = (compute or values_of)(definition, parameters, said)
    except (ParameterError, UsageError) as error:
        told = f"-p of {step.options.pipeline}: {error}"
        raise type(error)(told, step=step.name, line=1) from error
    settled = with_references(with_options(definition, values.options), values.later)
    settled = replace(settled, steps=on_queue(settled.steps, step.options.queue, workspace.queues))
    seen = seen_before(settled, workspace)
    selection = select(as_observed(settled, seen), (), {})
    known = {name: value for name, value in said.items() if value is not UNKNOWN}
    request = prepare(settled, values, selection, known, decider_of(settled, workspace), seen=seen)
    request = replace(request, declared=parameters, version=declared.version)
    return with_children(request, workspace, declared.children)
