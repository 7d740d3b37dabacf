"""A pipeline and what was said of a run of it -> what that is to do; or what is wrong, before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.execution.defaults import computed_values
from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.hooks.given import callbacks_in, united
from jupyter_pipes.pipelines.arguments import check_names
from jupyter_pipes.pipelines.catalog.outputs import with_outputs_kept
from jupyter_pipes.pipelines.graph import with_options
from jupyter_pipes.pipelines.made.edges import has_references, with_references
from jupyter_pipes.planning.nesting.requests import with_children
from jupyter_pipes.planning.observations import as_observed
from jupyter_pipes.planning.preparation import (
    RunOptions,
    Values,
    check_run_options,
    decider_of,
    prepare,
    seen_before,
    select,
    values_of,
)
from jupyter_pipes.planning.settling.placement import on_queue
from jupyter_pipes.planning.validation import STRUCTURE_PROBLEMS, invalid
from jupyter_pipes.runs.start import new_run_id
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.planning.request import Definition, RunRequest
    from jupyter_pipes.runs.nesting.runnable import RunnablePipeline


def requested(
    pipeline: RunnablePipeline, steps: Sequence[str], options: RunOptions, *, for_run: bool
) -> RunRequest:
    """Return what a run is to do.

    Args:
        pipeline: what it is a run of.
        steps: those that were asked for; all if none.
        options: what was said besides.
        for_run: whether to run what only running code tells of parameters.

    Raises:
        as `Pipeline.start`.
    """
    workspace = pipeline.workspace
    options = check_run_options(options)
    for name in check_names("steps", steps):
        pipeline.graph.step(name)
    if any(problem.code in STRUCTURE_PROBLEMS for problem in pipeline.problems()):
        raise invalid(pipeline.problems())
    said, queue = options.get("params") or {}, options.get("queue", LOCAL)
    run = new_run_id() if for_run else ""
    # Files that options name by values make edges; else what is wrong with the graph is told first.
    values = pipeline.values(said, run) if has_references(pipeline.graph, pipeline.parameters, said) else None
    definition = pipeline.definition()
    if values:
        definition = with_references(with_options(definition, values.options), values.later)
    placed = on_queue(definition.steps, queue, workspace.queues)
    definition = with_outputs_kept(msgspec.structs.replace(definition, steps=placed), workspace.catalog)
    seen = seen_before(definition, workspace)
    selection = select(as_observed(definition, seen), steps, options)
    if problems := pipeline.problems(selection.steps, queue, definition):
        raise invalid(problems)
    values, decider = values or pipeline.values(said, run), decider_of(definition, workspace)
    fail_fast = options.get("fail_fast", False)
    limits: dict[str, Any] = {"fail_fast": fail_fast, "timeout": options.get("timeout")}
    request = prepare(definition, values, selection, said, decider, **limits, seen=seen)
    now = pipeline.state_as_written
    called = united(pipeline.callbacks, callbacks_in(options))
    about = {"callbacks": called, "declared": pipeline.parameters}
    request = msgspec.structs.replace(request, version=pipeline.version, state=now, run=run, **about)
    return with_children(request, workspace, pipeline.children.declared)


def values_in(
    definition: Definition,
    declared: Sequence[Parameter],
    said: Mapping[str, object],
    workspace: Workspace,
    run: str,
) -> Values:
    """Return the values of all parameters; without the id of a run, as far as they are known before one.

    Raises:
        as `Pipeline.values`.
    """
    if not run:
        return values_of(definition, declared, said)
    return computed_values(definition, declared, said, workspace, local_executor(), run)
