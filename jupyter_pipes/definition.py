"""What it takes to run a kept run again: its pipeline's code and what it was given, as documents."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.graph import Graph
from jupyter_pipes.model import Cell, JsonValue, ParameterSpec, Step
from jupyter_pipes.selection import Selection
from jupyter_pipes.signature import digest


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
