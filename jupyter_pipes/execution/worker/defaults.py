"""What a process of a run is asked about parameters, and its answer: it runs what only running tells."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.declarations.cells import read
from jupyter_pipes.pipelines.declarations.packing import Packed, packed, unpack
from jupyter_pipes.pipelines.declarations.running import Evaluation, run_surroundings
from jupyter_pipes.pipelines.parameters import Parameter, bind


class Binding(Struct, frozen=True):
    """What is known of the parameters, for all steps or for one.

    Attributes:
        said: parameter -> what a user said, pickled.
        known: parameter -> its value, pickled.
        wanted: the parameters whose values are asked for.
    """

    said: dict[str, bytes]
    known: dict[str, bytes]
    wanted: tuple[str, ...]


class Question(Struct, frozen=True):
    """What is asked.

    Attributes:
        cells: the cells that declare the parameters, and those that they use.
        places: the folders of local modules.
        bindings: name -> what is known, in the order in which they are answered.
    """

    cells: tuple[Cell, ...]
    places: tuple[str, ...]
    bindings: dict[str, Binding]


class Answer(Struct, frozen=True):
    """What came of it.

    Attributes:
        values: binding -> parameter -> value, of those that were asked for.
        problem: why there are none, "" if there are.
        line, cell: where that is; None where it is in no one place.
    """

    values: dict[str, dict[str, Packed]] = {}
    problem: str = ""
    line: int | None = None
    cell: int | None = None


def answer(question: bytes) -> bytes:
    """Return the answer to a question, both as msgpack."""
    return msgspec.msgpack.encode(_answer(msgspec.msgpack.decode(question, type=Question)))


def _answer(question: Question) -> Answer:
    cells = {cell.number: cell for cell in question.cells}

    @cache
    def names_in(cell: int) -> dict[str, Any]:
        return run_surroundings(cells[cell], question.cells)

    evaluation = Evaluation(lambda parameter: names_in(parameter.cell))
    try:
        declared, _ = read(question.cells, map(Path, question.places))
        return Answer({name: _values(declared, of, evaluation) for name, of in question.bindings.items()})
    except ParameterError as error:
        at = evaluation.current
        return Answer(problem=error.message, line=error.line, cell=at.cell if at else None)


def _values(declared: tuple[Parameter, ...], binding: Binding, evaluation: Evaluation) -> dict[str, Packed]:
    known = unpack(binding.known)

    def evaluate(parameter: Parameter, earlier: Any, overrides: Any) -> Any:
        is_known = parameter.name in known
        return known[parameter.name] if is_known else evaluation(parameter, earlier, overrides)

    values = bind(declared, unpack(binding.said), evaluate)
    return {name: packed(name, values[name]) for name in binding.wanted}
