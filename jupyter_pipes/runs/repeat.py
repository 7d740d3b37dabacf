"""Runs kept runs again: takes up one that did not complete, or repeats one with other parameter values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.execution.request import (
    Arguments,
    Definition,
    RunRequest,
    read_arguments,
    read_definition,
    unpack,
)
from jupyter_pipes.history import journal as journals
from jupyter_pipes.history.history import Result
from jupyter_pipes.history.indexing import Kept
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import RunNotFound, UsageError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView, apply
from jupyter_pipes.pipelines import parameter_cells as declarations
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.planning import preparation
from jupyter_pipes.planning.decision import Decider, Decision
from jupyter_pipes.runs import start as starting
from jupyter_pipes.runs import versions

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.run import Run


def resume(workspace: Workspace, run: str) -> Run:
    """Take up a run again under its own id, with its own code: what is not completed or cached runs.

    Raises:
        RunNotFound: there is no such run, or it was kept without its code.
        UsageError: it is still running, or it completed.
        ArtifactMissing: outputs that it was to take as they were, and that are not kept any more.
    """
    view = workspace.history.view(run)
    if view.status is Status.RUNNING:
        raise UsageError(f"run {run} is still going on (process {view.pid} on {view.host})")
    if view.status is Status.COMPLETED:
        raise UsageError(f"run {run} completed: there is nothing left to do; repeat it with run --of {run}")
    definition, arguments = kept(workspace, view)
    own = {
        "values": {step.name: unpack(arguments.values.get(step.name, {})) for step in definition.steps},
        "repeats": view.repeats,
        "taken": _as_they_are(workspace, view, definition, arguments),
    }
    request = _request(view.run, view.version, view.state, definition, arguments, own)
    earlier = list(journals.read(workspace.history.database, run))
    return starting.start(request, workspace, earlier)


def repeat(workspace: Workspace, run: str, given: Mapping[str, object]) -> RunRequest:
    """Return the request for a new run of a kept run's own code, with other values for some parameters.

    Args:
        workspace: where it is kept.
        run: its id.
        given: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.

    Raises:
        RunNotFound: there is no such run, or it was kept without its code.
        ParameterError: an unknown parameter, or a value that does not fit.
        ArtifactMissing: outputs that the run took as they were, and that are not kept any more.
    """
    view = workspace.history.view(run)
    definition, arguments = kept(workspace, view)
    graph, declared = definition.graph, _parameters(definition)
    said = {**unpack(arguments.given), **given}
    # What was forced once need not be again: other values run by themselves.
    chosen = msgspec.structs.replace(arguments.selection, forced=frozenset())
    decider, history = _decider(workspace, definition), workspace.history
    prepared = preparation.prepare(graph, declared, chosen, said, decider, history)
    own = {
        "selection": chosen,
        "values": prepared.values,
        "shown": prepared.shown,
        "taken": prepared.taken,
        "given": said,
        "repeats": run,
    }
    earlier = [(each.version, each.state) for each in workspace.history.runs(definition.pipeline)]
    state = versions.state(graph)
    version = versions.choose(view.version, earlier, state)
    return _request(starting.new_run_id(), version, state, definition, arguments, own)


def kept(workspace: Workspace, view: RunView) -> tuple[Definition, Arguments]:
    """Return what a kept run was made of.

    Raises:
        RunNotFound: it is not kept with the run.
    """
    definition = workspace.history.document(view.definition)
    arguments = workspace.history.document(view.arguments)
    if definition is None or arguments is None:
        raise RunNotFound(
            f"run {view.run} was kept without its code (by an earlier version of jupyter_pipes)"
        )
    return read_definition(definition), read_arguments(arguments)


def given(run: Run) -> dict[str, object]:
    """Return what was said of parameters when a run was started."""
    return unpack(kept(run.workspace, run.view)[1].given)


def _decider(workspace: Workspace, definition: Definition) -> Decider:
    return Decider(workspace, definition.pipeline, tuple(map(Path, definition.python_path)))


def _as_they_are(
    workspace: Workspace, view: RunView, definition: Definition, arguments: Arguments
) -> dict[str, Decision]:
    """Return the decisions for what a run that is taken up again has already, or takes from others."""
    done = {step.name: _done(view, step) for step in _still_done(view)}
    chosen = arguments.selection
    others = tuple(name for name in chosen.taken if name not in done)
    open_ones = msgspec.structs.replace(chosen, taken=others)
    decider = _decider(workspace, definition)
    taken = preparation.take(definition.graph, open_ones, arguments.shown, decider, workspace.history)
    return {**taken, **done}


def _still_done(view: RunView) -> list[StepView]:
    """Return the steps that taking up the run again will not open."""
    resumed = ev.Record(view.run, view.seq + 1, 0.0, ev.RunResumed())
    apply(resumed, view)
    return [step for step in view.steps.values() if step.status.is_final]


def _done(view: RunView, step: StepView) -> Decision:
    kept = Kept(artifacts=step.artifacts)
    result = Result(step.signature, view.pipeline, step.name, view.run, step.parts, kept)
    return Decision("cached", (), step.signature, result=result)


def _parameters(definition: Definition) -> tuple[Parameter, ...]:
    if definition.declarations:
        return declarations.read(definition.declarations)[0]
    if not definition.parameters:
        return ()
    return _of_module(definition)


def _of_module(definition: Definition) -> tuple[Parameter, ...]:
    """Return the parameters of a pipeline of functions: they are declared by its module alone."""
    from jupyter_pipes.runs.pipeline import Pipeline

    if not definition.origin.endswith(".py") or not Path(definition.origin).is_file():
        raise UsageError(
            f"the parameters of {definition.pipeline} were declared in Python, and no file is known"
        )
    today = Pipeline.from_module(definition.origin)
    if today.graph.parameters != definition.parameters:
        raise UsageError(
            f"{definition.origin} declares other parameters than the run had; run it as it is now"
        )
    return today.parameters


def _request(
    run: str,
    version: str,
    state: str,
    definition: Definition,
    arguments: Arguments,
    own: Mapping[str, object],
) -> RunRequest:
    return RunRequest(
        run=run,
        version=version,
        state=state,
        pipeline=definition.pipeline,
        graph=definition.graph,
        directory=Path(definition.directory),
        python_path=tuple(map(Path, definition.python_path)),
        fail_fast=arguments.fail_fast,
        origin=definition.origin,
        declarations=definition.declarations,
        **{
            "selection": arguments.selection,
            "shown": arguments.shown,
            "given": unpack(arguments.given),
            **own,
        },  # type: ignore[arg-type]
    )
