"""The cells that declare or set parameters: `%%params`, and the cell that papermill puts into a notebook."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from jupyter_pipes.analysis.syntax import parse_unfolded, room_for_depth
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines.declarations.reading import declare
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_cells, surroundings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from jupyter_pipes.pipelines.parameters import Parameter

PARAMETER_PROBLEM = "JP031"
"""The code of a diagnostic about a `%%params` cell."""

PAPERMILLS_LINE = "# Parameters"
"""The comment with which papermill begins its cell."""


def read(
    cells: Sequence[Cell], places: Iterable[Path] = ()
) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    """Return the parameters that the cells declare, and what is wrong with the declarations; nothing runs.

    Args:
        cells: all cells, in notebook order.
        places: the folders of modules that hide Python's own.
    """
    folders = tuple(places)
    declared: tuple[Parameter, ...] = ()
    problems: list[Diagnostic] = []
    # papermill puts its cell at the top when no cell is tagged for it.
    for cell in sorted(cells, key=lambda cell: cell.role != "params"):
        try:
            with room_for_depth():
                declared = _with_cell(cell, declared, cells, folders)
        except ParameterError as error:
            problems.append(Diagnostic(PARAMETER_PROBLEM, error.message, None, error.line or 1, cell.number))
    return declared, problems


def declaring(cells: Sequence[Cell], declared: Sequence[Parameter]) -> tuple[Cell, ...]:
    """Return the cells from which `read` makes the same parameters again."""
    names = [parameter.name for parameter in declared]
    declaring = [cell for cell in cells if cell.role == "params"]
    used = {id(each) for cell in declaring for each in surrounding_cells(cell, cells)}
    return tuple(c for c in cells if c.role == "params" or id(c) in used or injected(c, names))


def injected(cell: Cell, declared: Collection[str]) -> dict[str, Any]:
    """Return what papermill's cell assigns to parameters; nothing for any other cell.

    Args:
        cell: any cell.
        declared: the names of all parameters. A cell that assigns anything else is somebody's own code, which
            may well begin with the same comment.
    """
    values = _papermills_values(cell)
    return values if values.keys() <= set(declared) else {}


def is_papermills(cell: Cell) -> bool:
    """Return whether a cell is as papermill writes it: its comment, and plain values for names."""
    return bool(_papermills_values(cell))


def _papermills_values(cell: Cell) -> dict[str, Any]:
    if cell.role != "code" or cell.source.strip().partition("\n")[0].strip() != PAPERMILLS_LINE:
        return {}
    try:
        return dict(map(_assignment, parse_unfolded(cell.source).body))
    except (SyntaxError, ValueError):
        return {}


def _with_cell(
    cell: Cell, declared: tuple[Parameter, ...], cells: Sequence[Cell], places: Iterable[Path]
) -> tuple[Parameter, ...]:
    if cell.role == "params":
        new = declare(cell.body, declared, surroundings(cell, cells, places), cell.number)
        replaced = {parameter.name for parameter in new}
        return (*(each for each in declared if each.name not in replaced), *new)
    values = injected(cell, [each.name for each in declared])
    return tuple(each.with_default(values[each.name]) if each.name in values else each for each in declared)


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, ast.literal_eval(value)
        case _:
            raise ValueError(f"line {statement.lineno} assigns no plain value to a name")
