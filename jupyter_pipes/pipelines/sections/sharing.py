"""Plain cells of a notebook that only some of its pipelines can run: they read what steps of these make."""

from __future__ import annotations

from jupyter_pipes.analysis import analyze
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.sections.division import SHARED, Division


def cells_of_others(division: Division, pipeline: str) -> frozenset[str]:
    """Return the ids of plain cells that read what only cells of other pipelines make above them.

    Args:
        division: whose the notebook's cells are.
        pipeline: one of them, or `OWN`.
    """
    made: set[str] = set()
    made_by_others: set[str] = set()
    found: set[str] = set()
    for cell, owner in zip(division.cells, division.pipelines, strict=True):
        is_others = owner != pipeline
        if cell.role in SHARED:
            is_others = bool(analyze(cell.body).reads & made_by_others)
            found |= {cell.id} if is_others else set()
        if is_others:
            made_by_others |= _made_by(cell) - made
        else:
            made |= _made_by(cell)
            made_by_others -= made
    return frozenset(found)


def _made_by(cell: Cell) -> frozenset[str]:
    if cell.role == "markdown":
        return frozenset()
    return analyze(cell.body).writes | frozenset(cell.options.outputs or ())
