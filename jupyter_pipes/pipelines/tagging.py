"""An untagged notebook as it would be with `%%step` above each cell that computes something."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from jupyter_pipes.analysis.cell.source import parse_cell
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.notebook import cell_from_source

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
_SETTINGS = frozenset({"matplotlib", "load_ext", "reload_ext", "autoreload", "config"})
"""Line magics that set the notebook up, and compute nothing."""


def tagged(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the cells with each plain one that computes something made a step, called `cell_NUMBER`.

    Cells that only import, define or set magics up stay as they are; so do those with a `%%` line of ours.
    """
    return tuple(_as_step(cell) if cell.role == "code" and computes(cell.source) else cell for cell in cells)


def computes(source: str) -> bool:
    """Return whether a cell does more than to import, define and set up."""
    try:
        code = parse_cell(source)
    except SyntaxError:
        return True
    has_foreign_body = bool(code.magics) and not code.tree.body and bool(code.body.strip())
    return has_foreign_body or not all(map(_only_defines, code.tree.body))


def _as_step(cell: Cell) -> Cell:
    step, _ = cell_from_source(cell.id, cell.number, f"%%step cell_{cell.number}\n{cell.source}")
    return step


def _only_defines(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr):
        return isinstance(statement, _DEFINITIONS)
    return isinstance(statement.value, ast.Constant) or _sets_up(statement.value)


def _sets_up(expression: ast.expr) -> bool:
    """Return whether it is what IPython makes of `%matplotlib inline` and its like."""
    match expression:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=str(name)), *_]):
            return name in _SETTINGS
        case _:
            return False
