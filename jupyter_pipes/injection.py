"""papermill's cell of parameters: what it assigns are values of declared parameters, not code of its own."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.params import Parameter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from jupyter_pipes.model import Cell

FIRST_LINE = "# Parameters"
"""With this comment papermill begins the cell that it puts into a notebook."""


def injected(cell: Cell, declared: Collection[str]) -> dict[str, Any]:
    """Return what papermill's cell assigns to parameters; nothing for any other cell.

    Args:
        cell: any cell.
        declared: the names of all parameters. A cell that assigns anything else is somebody's own code, which
            may well begin with the same comment.
    """
    if cell.role != "code" or cell.source.strip().partition("\n")[0].strip() != FIRST_LINE:
        return {}
    try:
        values = dict(map(_assignment, ast.parse(cell.source).body))
    except (SyntaxError, ValueError):
        return {}
    return values if values.keys() <= set(declared) else {}


def with_values(parameters: Sequence[Parameter], values: dict[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters with these values in place of their defaults.

    Raises:
        ParameterError: a value does not fit the declared type.
    """
    return tuple(
        _with_default(parameter, values[parameter.name]) if parameter.name in values else parameter
        for parameter in parameters
    )


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, ast.literal_eval(value)
        case _:
            raise ValueError(f"line {statement.lineno} assigns no plain value to a name")


def _with_default(parameter: Parameter, value: object) -> Parameter:
    fitted = parameter.fitted(value)
    return Parameter(parameter.type, fitted, spec=replace(parameter.spec, default=repr(fitted)))
