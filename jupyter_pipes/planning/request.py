"""What one run is to do, as data; and what of it is kept, to run it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct, field

from jupyter_pipes.hooks.given import CallbacksByHook
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.facts.sweeping import SweepPart
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Cell, JsonValue
from jupyter_pipes.pipelines.declarations.packing import unpack
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.selection import Selection
from jupyter_pipes.planning.observations import ObservedSteps

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decision


_T = TypeVar("_T")


class Definition(Graph, frozen=True):
    """A pipeline as kept with a run: its graph, and where it stands.

    Attributes:
        pipeline: its name.
        declarations: the cells that declared the parameters, to bind other values.
        directory: the folder that steps run in.
        python_path: what is put in front of `sys.path` in a step.
        origin: where it came from (a notebook's path).
        children: step -> the pipeline that it is (`--pipeline`).
    """

    pipeline: str = ""
    declarations: tuple[Cell, ...] = ()
    directory: str = ""
    python_path: tuple[str, ...] = ()
    origin: str = ""
    children: dict[str, Definition] = field(default_factory=dict[str, "Definition"])


class Arguments(Struct, frozen=True):
    """What a run was given.

    Attributes:
        values: step -> parameter -> pickled value, for the parameters that the step reads.
        given: what was said of parameters, pickled: name, or `STEP.NAME`, -> value.
        shown: the values of all parameters as JSON carries them, `STEP.NAME` included.
        selection: which steps it takes.
        fail_fast: whether the first failure stops everything.
        timeout: after how many seconds the run is ended, as failed; None for never.
    """

    values: dict[str, dict[str, bytes]]
    given: dict[str, bytes]
    shown: dict[str, JsonValue]
    selection: Selection
    fail_fast: bool = False
    timeout: float | None = None

    def values_of(self, step: str) -> dict[str, Any]:
        """Return parameter -> value, of those that a step reads."""
        return unpack(self.values.get(step, {}))


class RunRequest(Struct, frozen=True):
    """What a run is to do: made by whoever starts it, carried out by the controller.

    Attributes:
        definition: the whole pipeline.
        arguments: which of its steps, with which values.
        taken: the decisions of the steps whose outputs are taken as they are.
        version: the version from which the numbering of this pipeline goes on; at the start, that of the run.
        state: digest of the pipeline's code, edges and defaults; "" until the start where the definition
            has all of it as it was written.
        repeats: the run that it runs again, else "".
        observed: step -> what earlier runs showed of it; `definition` is as the code has it.
        run: the id that it is to have, "" for any.
        callbacks: functions of this process that are called, by hook.
        declared: the parameters, where they are known otherwise than by the definition.
        children: step -> what a run of the pipeline that it is would be to do, for decisions.
        part_of: the run and the step, `RUN/STEP`, that it is a part of; "" for any other.
        sweep: its place in a sweep; None for a run by itself.
    """

    definition: Definition
    arguments: Arguments
    taken: dict[str, Decision] = field(default_factory=dict[str, "Decision"])
    version: str = ""
    state: str = ""
    repeats: str = ""
    observed: dict[str, Observation] = {}
    run: str = ""
    callbacks: CallbacksByHook = {}
    declared: tuple[Parameter, ...] = ()
    children: dict[str, RunRequest] = {}
    part_of: str = ""
    sweep: SweepPart | None = None

    def steps(self) -> ObservedSteps:
        """Return the steps of the run, with what was observed in their reads and writes."""
        chosen = set(self.arguments.selection.steps)
        return ObservedSteps([step for step in self.definition.steps if step.name in chosen], self.observed)

    @property
    def directory(self) -> Path:
        """The folder that steps run in."""
        return Path(self.definition.directory)


def attachment(of: Definition | Arguments) -> tuple[str, bytes]:
    """Return digest and content of what is kept with the run."""
    content = msgspec.msgpack.encode(of)
    return digest(content), content


def read(content: bytes, kind: type[_T]) -> _T:
    """Return the definition, or the arguments, that `attachment` gave the content of."""
    return msgspec.msgpack.decode(content, type=kind)
