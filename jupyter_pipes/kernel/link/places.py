"""The cell that an error is about, so that a front end can lead there."""

from __future__ import annotations

import re

from msgspec import Struct

from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.runs.pipeline import Pipeline

_SAID = re.compile(r"\bcell (\d+)(?:, line (\d+))?")
"""How messages name a place."""


class CellPlace(Struct, frozen=True):
    """A line of a cell.

    Attributes:
        cell: the cell's id.
        number: its place as people count.
        line: the line as the editor counts it.
    """

    cell: str
    number: int
    line: int


def place_of(error: PipesError, pipeline: Pipeline) -> CellPlace | None:
    """Return the place that an error tells: of its first problem, in its words, or of its step."""
    ids = {cell.number: cell.id for cell in pipeline.cells}
    steps = {step.name: step.cell for step in pipeline.graph.steps}
    first = error.diagnostics[0] if error.diagnostics else None
    said = _SAID.search(error.message)
    if first is not None:
        number, line = first.cell or steps.get(first.step or "", 0), first.line
    elif said:
        number, line = int(said[1]), int(said[2] or 1)
    else:
        number, line = steps.get(error.step or "", 0), error.line or 1
    return CellPlace(ids[number], number, line) if number in ids else None
