"""Runs kept runs again: takes up one that did not complete, or repeats one with other parameter values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.execution.defaults import computed_values
from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.history import elsewhere
from jupyter_pipes.history.history import Result
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import RunNotFound, UsageError
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.steps import Status, Step
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.declarations.packing import unpack
from jupyter_pipes.pipelines.graph import with_options
from jupyter_pipes.pipelines.made.edges import as_written, with_references
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.planning.decision import Decision
from jupyter_pipes.planning.nesting.requests import Declared, with_children
from jupyter_pipes.planning.observations import as_observed
from jupyter_pipes.planning.preparation import decider_of, prepare, seen_before, take
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest, read
from jupyter_pipes.planning.settling.placement import on_queue
from jupyter_pipes.planning.validation import capacity_problems, invalid
from jupyter_pipes.runs.start import new_run_id, start

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.run import Run


def resume(run: Run, *, force: bool = False, detached_to: str = "") -> Run:
    """Take up a run again under its own id, with its own code: what is not completed or cached runs.

    Args:
        run: the run.
        force: take it over also from a controller that may still be there.
        detached_to: the queue that gets its controller, "" for this process.

    Raises:
        RunNotFound: it was kept without its code.
        UsageError: it is still running, or it completed.
        InvalidPipeline: a queue is named no more.
        ArtifactMissing: outputs that it was to take as they were, and that are not kept any more.
    """
    elsewhere.free(run.workspace.history, run.id, force=force)
    if run.workspace.history.view(run.id).status is Status.COMPLETED:
        raise UsageError(
            f"run {run.id} completed: there is nothing left to do; repeat it with run --of {run.id}"
        )
    return take_up(run, detached_to)


def take_up(run: Run, detached_to: str = "") -> Run:
    """Drive a run that has ended, or whose lease was handed over to this process, from where it stands.

    Raises:
        RunNotFound: it was kept without its code.
        ArtifactMissing: outputs that it was to take as they were, and that are not kept any more.
        StoreError: another controller drives it.
    """
    workspace, view = run.workspace, run.workspace.history.view(run.id)
    definition, arguments = kept_request(workspace, view)
    left = {name for name, step in view.steps.items() if not step.status.is_done}
    _check_queues((step for step in definition.steps if step.name in left), workspace)
    taken = _as_they_are(workspace, view, definition, arguments)
    request = RunRequest(definition, arguments, taken, observed=view.observed, part_of=view.part_of)
    request = with_children(request, workspace, _declared_by(definition.children))
    return start(request, workspace, workspace.history.records(run.id), detached_to)


def repeat(run: Run, overrides: Mapping[str, object], queue: str = "", *, detached_to: str = "") -> Run:
    """Start a kept run's own code anew, with other values for some parameters.

    Args:
        run: the kept run.
        overrides: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        queue: where the steps run that ran on this machine; "" for where each ran.
        detached_to: the queue that gets its controller, "" for this process.

    Raises:
        RunNotFound: it was kept without its code.
        InvalidPipeline: a queue that is not named, or not any more.
        ParameterError: an unknown parameter, or a value that does not fit.
        ArtifactMissing: outputs that the run took as they were, and that are not kept any more.
    """
    definition, arguments = kept_request(run.workspace, run.view)
    definition = as_written(definition)
    said = {**unpack(arguments.given), **overrides}
    workspace, declared, new = run.workspace, _parameters(definition), new_run_id()
    values = computed_values(definition, declared, said, workspace, local_executor(), new)
    definition = with_references(with_options(definition, values.options), values.later)
    if queue:
        placed = on_queue(definition.steps, queue, workspace.queues)
        definition = msgspec.structs.replace(definition, steps=placed)
    _check_queues(definition.steps, workspace)
    request = prepare(
        definition,
        values,
        # What was forced once need not be again: other values run by themselves.
        msgspec.structs.replace(arguments.selection, forced=frozenset()),
        said,
        decider_of(definition, run.workspace),
        fail_fast=arguments.fail_fast,
        timeout=arguments.timeout,
        seen=seen_before(definition, run.workspace),
    )
    version, now = run.view.version, run.view.state
    request = msgspec.structs.replace(
        request, version=version, state=now, repeats=run.id, run=new, declared=declared
    )
    request = with_children(request, workspace, _declared_by(definition.children))
    return start(request, workspace, detached_to=detached_to)


def _check_queues(steps: Iterable[Step], workspace: Workspace) -> None:
    """Refuse steps that no queue of the project's settings, as they are now, could run."""
    if problems := tuple(capacity_problems(steps, local_executor(), workspace.queues)):
        raise invalid(problems)


def kept_request(workspace: Workspace, view: RunView) -> tuple[Definition, Arguments]:
    """Return what a kept run was made of.

    Raises:
        RunNotFound: it is not kept with the run.
    """
    definition = workspace.history.attachment(view.definition)
    arguments = workspace.arguments(view)
    if definition is None or arguments is None:
        raise RunNotFound(
            f"run {view.run} was kept without its code (by an earlier version of jupyter_pipes)"
        )
    return _as_it_stands_now(read(definition, Definition), workspace), read(arguments, Arguments)


def _as_it_stands_now(definition: Definition, workspace: Workspace) -> Definition:
    """Return the definition in the folder that is its own now."""
    before, origin = Path(definition.directory), Path(definition.origin)
    now = workspace.folder_now(before, origin.name)

    def moved(path: Path) -> str:
        return str(now / path.relative_to(before) if path.is_relative_to(before) else path)

    return msgspec.structs.replace(
        definition,
        directory=str(now),
        python_path=tuple(moved(Path(place)) for place in definition.python_path),
        origin=moved(origin) if definition.origin else "",
        children={step: _as_it_stands_now(each, workspace) for step, each in definition.children.items()},
    )


def given_parameters(run: Run) -> dict[str, object]:
    """Return what was said of parameters when a run was started; nothing if it could not be recorded."""
    arguments = run.workspace.arguments(run.view)
    return {} if arguments is None else unpack(read(arguments, Arguments).given)


def _as_they_are(
    workspace: Workspace, view: RunView, definition: Definition, arguments: Arguments
) -> dict[str, Decision]:
    """Return the decisions for what a run that is taken up again has already, or takes from others."""
    # What stays final is not opened again by taking the run up.
    apply(ev.Record(view.run, view.seq + 1, 0.0, ev.RunResumed()), view)
    done = {name: _done(view, step) for name, step in view.steps.items() if step.status.is_final}
    others = tuple(name for name in arguments.selection.taken if name not in done)
    selection = msgspec.structs.replace(arguments.selection, taken=others)
    graph = as_observed(definition, view.observed)
    return {**take(graph, selection, arguments.shown, decider_of(definition, workspace)), **done}


def _done(view: RunView, step: StepView) -> Decision:
    outputs = ResultContent(artifacts=step.artifacts, observed=step.observed)
    result = Result(step.signature, view.pipeline, step.name, view.run, step.parts, outputs)
    return Decision("cached", (), step.signature, result=result)


def _declared_by(children: Mapping[str, Definition]) -> dict[str, Declared]:
    return {step: Declared(_parameters(each), _declared_by(each.children)) for step, each in children.items()}


def _parameters(definition: Definition) -> tuple[Parameter, ...]:
    if definition.declarations:
        return parameter_cells.read(definition.declarations, map(Path, definition.python_path))[0]
    if not definition.parameters:
        return ()
    # Those of a pipeline of functions are declared by its module alone.
    from jupyter_pipes.runs.modules import all_of
    from jupyter_pipes.runs.pipeline import Pipeline

    if not definition.origin.endswith(".py") or not Path(definition.origin).is_file():
        raise UsageError(
            f"the parameters of {definition.pipeline} were declared in Python, and no file is known"
        )
    pipelines = all_of(Pipeline, Path(definition.origin))
    today = [each for each in pipelines if each.graph.parameters == definition.parameters]
    if not today:
        raise UsageError(
            f"{definition.origin} declares other parameters than the run had; run it as it is now"
        )
    return next((each for each in today if each.name == definition.pipeline), today[0]).parameters
