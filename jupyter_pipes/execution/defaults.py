"""Values of parameters that only running code tells: a process like a step's runs it when a run starts."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.execution import loop
from jupyter_pipes.execution.worker.defaults import Answer, Binding, Question
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import PARAMS_OWNER, Step, StepOptions
from jupyter_pipes.pipelines.declarations.packing import Packed, pack
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_code
from jupyter_pipes.pipelines.made.edges import later_values
from jupyter_pipes.pipelines.parameters import Parameter, bind
from jupyter_pipes.planning.preparation import Values, bindings, values_of

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.base import Executor
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.planning.request import Definition

_CODE = "told = __import__('jupyter_pipes.execution.worker.defaults', fromlist=['answer']).answer(asked)"


def computed_values(
    definition: Definition,
    declared: Sequence[Parameter],
    overrides: Mapping[str, object],
    workspace: Workspace,
    executor: Executor,
    run: str,
) -> Values:
    """Return the values of all parameters; a process runs what only running code tells.

    Args:
        definition: the pipeline.
        declared: its parameters.
        overrides: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        workspace: where the run is kept.
        executor: starts the process.
        run: the id of the run.

    Raises:
        ParameterError: an unknown parameter, a value that does not fit, or a default that fails.
        UsageError: a subscriber of a run calls: what the process answers would never arrive.
    """
    to_come = values_of(definition, declared, overrides, run=run, settled=False).to_come
    told = _told(definition, declared, overrides, workspace, executor, run, to_come) if to_come else {}
    return values_of(definition, declared, overrides, told, run=run)


def _told(
    definition: Definition,
    declared: Sequence[Parameter],
    overrides: Mapping[str, object],
    workspace: Workspace,
    executor: Executor,
    run: str,
    to_come: Sequence[str],
) -> dict[str, dict[str, Packed]]:
    loop.refuse_to_wait(f"what the default of {', '.join(to_come)} comes to")
    said = bindings(overrides)
    question = Question(
        definition.declarations,
        definition.python_path,
        {name: _binding(declared, each, run) for name, each in said.items()},
    )
    answer = _ask(_job(definition, question, workspace), workspace, executor)
    if answer.problem:
        where = f"cell {answer.cell}, line {answer.line}: " if answer.cell and answer.line else ""
        raise ParameterError(f"{where}{answer.problem}", line=answer.line)
    return answer.values


def _binding(declared: Sequence[Parameter], said: Mapping[str, object], run: str) -> Binding:
    values = bind(declared, said, run=run)
    later = later_values(declared, said)
    # What steps make is known here neither: that it is not is all that is to be told of it.
    known = {name: value for name, value in values.items() if value is not UNKNOWN or name in later}
    return Binding(pack(said), pack(known), tuple(values.keys() - known.keys()))


def _job(definition: Definition, question: Question, workspace: Workspace) -> Job:
    imports = {name for each in surrounding_code(definition.declarations) for name in each.imports}
    step = Step(
        PARAMS_OWNER,
        0,
        _CODE,
        "%%params",
        demanded=("told",),
        reads={"asked": PARAMS_OWNER},
        writes=("told",),
        imports=tuple(sorted(imports)),
        # It needs no room: whoever starts a run waits for it.
        options=StepOptions(cpus=0),
    )
    return Job(
        f"{PARAMS_OWNER}-{uuid4().hex}",
        definition.pipeline,
        step,
        1,
        parameters={"asked": pickle.dumps(msgspec.msgpack.encode(question))},
        directory=definition.directory,
        python_path=definition.python_path,
        environment=dict(os.environ),
        store=workspace.settings.store,
        log=os.devnull,
    )


def _ask(job: Job, workspace: Workspace, executor: Executor) -> Answer:
    told: list[ArtifactRef] = []
    done: Future[ev.AttemptEnded] = Future()

    def report(event: ev.AnyEvent) -> None:
        if isinstance(event, ev.ArtifactStored):
            told.append(event.artifact)
        elif isinstance(event, ev.AttemptEnded):
            done.set_result(event)

    loop.call(lambda: executor.submit(job, report))
    try:
        ended = done.result()
    except KeyboardInterrupt:
        loop.call(lambda: executor.cancel(job.attempt_id, "cancelled", "interrupted"))
        raise
    if ended.outcome != "completed":
        raise ParameterError(f"the defaults of parameters could not be computed: {ended.reason}")
    return msgspec.msgpack.decode(workspace.store.get(told[0]), type=Answer)
