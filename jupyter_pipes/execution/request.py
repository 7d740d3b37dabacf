"""What one run is to do, and what it takes to do it again, as data."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.steps import Cell, JsonValue, ParameterSpec, Step
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.pipelines.selection import Selection

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decision


class RunRequest(Struct, frozen=True):
    """What a run is to do.

    Attributes:
        run: its id.
        pipeline, version, state: whose run it is, and in which state that is.
        graph: the whole pipeline.
        selection: the steps that it takes.
        values: step -> parameter -> value, for the parameters that the step reads.
        shown: the values as JSON carries them, for the journal.
        directory: the folder that steps run in.
        python_path: what is put in front of `sys.path` in a step.
        taken: the decisions of the steps whose outputs are taken as they are.
        fail_fast: whether the first failure stops everything.
        origin: where the pipeline came from (a notebook's path).
        declarations: the cells that declared the parameters.
        given: the parameter values that were said, as they were.
        repeats: the run that it runs again, else "".
    """

    run: str
    pipeline: str
    version: str
    state: str
    graph: Graph
    selection: Selection
    values: dict[str, dict[str, Any]]
    shown: dict[str, Any]
    directory: Path
    python_path: tuple[Path, ...] = ()
    taken: dict[str, Decision] = field(default_factory=dict[str, "Decision"])
    fail_fast: bool = False
    origin: str = ""
    declarations: tuple[Cell, ...] = ()
    given: dict[str, object] = field(default_factory=dict[str, object])
    repeats: str = ""

    @property
    def definition(self) -> Definition:
        """What runs the pipeline again."""
        return Definition(
            self.pipeline,
            self.graph.steps,
            self.graph.parameters,
            self.declarations,
            str(self.directory),
            tuple(map(str, self.python_path)),
            self.origin,
        )

    @property
    def arguments(self) -> Arguments:
        """What it was given."""
        values = {step: pack(named) for step, named in self.values.items() if named}
        return Arguments(values, pack(self.given), self.shown, self.selection, self.fail_fast)


class Definition(Struct, frozen=True):
    """A pipeline as it was.

    Attributes:
        pipeline: its name.
        steps: with their code, names resolved.
        parameters: as declared.
        declarations: the cells that declared them, to bind other values.
        directory: the folder that steps run in.
        python_path: what is put in front of `sys.path` in a step.
        origin: where it came from (a notebook's path).
    """

    pipeline: str
    steps: tuple[Step, ...]
    parameters: tuple[ParameterSpec, ...]
    declarations: tuple[Cell, ...]
    directory: str
    python_path: tuple[str, ...]
    origin: str

    @property
    def graph(self) -> Graph:
        """The pipeline's graph; its diagnostics were told when it ran first."""
        return Graph(self.steps, self.parameters)


class Arguments(Struct, frozen=True):
    """What a run was given.

    Attributes:
        values: step -> parameter -> pickled value.
        given: what was said of parameters, pickled: name, or `STEP.NAME`, -> value.
        shown: the values as JSON carries them, `STEP.NAME` included.
        selection: which steps it took.
        fail_fast: whether the first failure stops everything.
    """

    values: dict[str, dict[str, bytes]]
    given: dict[str, bytes]
    shown: dict[str, JsonValue]
    selection: Selection
    fail_fast: bool = False


def pack(values: Mapping[str, object]) -> dict[str, bytes]:
    """Return name -> pickled value."""
    return {name: pickle.dumps(value, 5) for name, value in values.items()}


def unpack(values: Mapping[str, bytes]) -> dict[str, Any]:
    """Return name -> value."""
    return {name: pickle.loads(value) for name, value in values.items()}


def document(of: Definition | Arguments) -> tuple[str, bytes]:
    """Return digest and content of the document that keeps it."""
    content = msgspec.msgpack.encode(of)
    return digest(content), content


def read_definition(content: bytes) -> Definition:
    """Return the definition that a document keeps."""
    return msgspec.msgpack.decode(content, type=Definition)


def read_arguments(content: bytes) -> Arguments:
    """Return the arguments that a document keeps."""
    return msgspec.msgpack.decode(content, type=Arguments)
