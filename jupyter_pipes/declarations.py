"""The parameters that a notebook's cells declare: `%%params` cells, and what papermill puts below them."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_pipes import params
from jupyter_pipes.errors import ParameterError
from jupyter_pipes.injection import injected, with_values
from jupyter_pipes.model import Cell, Diagnostic
from jupyter_pipes.params import Parameter

PARAMETER_PROBLEM = "JP031"
"""The code of a diagnostic about a `%%params` cell."""


def read(cells: Sequence[Cell]) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    """Return the parameters that the cells declare, and what is wrong with the declarations."""
    declared: tuple[Parameter, ...] = ()
    problems: list[Diagnostic] = []
    # papermill puts its cell at the top when no cell is tagged for it.
    for cell in sorted(cells, key=lambda cell: cell.role != "params"):
        try:
            declared = _with_cell(cell, declared)
        except ParameterError as error:
            problems.append(Diagnostic(PARAMETER_PROBLEM, error.message, None, error.line or 1, cell.number))
    return declared, problems


def declaring(cells: Sequence[Cell], declared: Sequence[Parameter]) -> tuple[Cell, ...]:
    """Return the cells from which `read` makes the same parameters again."""
    names = [parameter.name for parameter in declared]
    return tuple(cell for cell in cells if cell.role == "params" or injected(cell, names))


def _with_cell(cell: Cell, declared: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    if cell.role == "params":
        new = params.declare(cell.body, declared)
        replaced = {parameter.name for parameter in new}
        return (*(each for each in declared if each.name not in replaced), *new)
    return with_values(declared, injected(cell, [each.name for each in declared]))
