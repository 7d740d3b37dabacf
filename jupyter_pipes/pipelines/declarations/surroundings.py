"""What `%%params` cells use of earlier cells: imports, constants, classes and functions."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.bindings import bound_by
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import files_of
from jupyter_pipes.analysis.notebook.statements import Statement, definitions, statements
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.parameters import TYPE_NAMES

_NOTHING: frozenset[str] = frozenset()


def surroundings(cell: Cell, cells: Sequence[Cell], places: Iterable[Path] = ()) -> dict[str, Any]:
    """Return the names of earlier cells that a `%%params` cell uses, with what they are.

    Nothing runs for it: `UNKNOWN` stands for what only running a cell tells.

    Args:
        cell: the `%%params` cell.
        cells: all cells, in notebook order.
        places: the folders of modules that hide Python's own.

    Raises:
        ParameterError: a constant among them has none (`1 / 0`).
    """
    folders, bound = tuple(places), dict[str, Any]()
    for statement in surrounding_statements(cell, cells):
        try:
            bound |= bound_by(
                statement,
                {**known.BUILTINS, **TYPE_NAMES, **bound},
                lambda module: any(files_of(module, folders)),
            )
        except Exception as error:  # what is computed may raise anything
            raise failed(statement, error) from error
    return bound


def failed(statement: Statement, error: BaseException) -> ParameterError:
    """Return the error that tells of a statement which `%%params` needs and which fails."""
    first = statement.source.partition("\n")[0]
    return ParameterError(f"%%params uses what `{first}` binds, which fails: {type(error).__name__}: {error}")


def surrounding_statements(cell: Cell, cells: Sequence[Cell]) -> list[Statement]:
    """Return the statements of earlier cells whose names a `%%params` cell uses, in notebook order."""
    return [statement for _, statement in _reached(cell, cells)]


def surrounding_code(cells: Sequence[Cell]) -> list[Statement]:
    """Return the statements of other cells that `%%params` cells use, each once, in notebook order."""
    reached = [pair for cell in cells if cell.role == "params" for pair in _reached(cell, cells)]
    places = {id(cell): place for place, cell in enumerate(cells)}
    ordered = sorted(reached, key=lambda pair: (places[id(pair[0])], pair[1].line))
    return list({statement.source: statement for _, statement in ordered}.values())


def surrounding_cells(cell: Cell, cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells whose names a `%%params` cell uses, in notebook order."""
    reached = {id(each) for each, _ in _reached(cell, cells)}
    return [each for each in cells if id(each) in reached]


def _reached(cell: Cell, cells: Sequence[Cell]) -> list[tuple[Cell, Statement]]:
    in_defaults = _used_in_defaults(cell.body)
    needed = _names(cell.body) - (frozenset(dir(builtins)) - in_defaults)
    types = (needed & TYPE_NAMES.keys()) - _opened(cell.body)
    only_types = types - in_defaults
    taken: list[tuple[Cell, Statement]] = []
    for other in reversed(cells[: cells.index(cell)]) if needed else ():
        for statement in reversed(_code(other)):
            # `time(12)` calls no module, and no type is a function.
            others = types if _is_module(statement) else only_types if statement.is_function else _NOTHING
            meant = needed - others
            if statement.binds & meant and not statement.source.lstrip().startswith(("%", "!")):
                taken.append((other, statement))
                needed -= statement.firm
                needed |= statement.reads | statement.optional_reads | statement.deferred
    return taken[::-1]


def _code(cell: Cell) -> Sequence[Statement]:
    if cell.role in ("code", "setup"):
        return statements(cell.body)
    return definitions(cell.body) if cell.role == "step" else ()


def _is_module(statement: Statement) -> bool:
    return statement.is_import and statement.source.lstrip().startswith("import")


def _opened(body: str) -> frozenset[str]:
    """Return the names of which an attribute is used."""
    tree = tree_of(body)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)] if tree else []
    return frozenset(node.value.id for node in nodes if isinstance(node.value, ast.Name))


@lru_cache(maxsize=256)
def _names(body: str) -> frozenset[str]:
    tree = tree_of(body)
    nodes = list(_names_in(tree)) if tree else []
    bound = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return frozenset(node.id for node in nodes) - bound


def _used_in_defaults(body: str) -> frozenset[str]:
    tree = tree_of(body)
    values = (getattr(statement, "value", None) for statement in (tree.body if tree else ()))
    return frozenset(node.id for value in values if value is not None for node in _names_in(value))


def _names_in(tree: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Name))
