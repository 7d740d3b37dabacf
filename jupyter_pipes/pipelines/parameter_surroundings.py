"""What `%%params` cells may use of earlier cells: imports, constants and classes, as code that is run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook.statements import Statement, definitions, statements
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.parameters import TYPE_NAMES

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def surroundings(cell: Cell, cells: Sequence[Cell]) -> Mapping[str, Any]:
    """Return the names of earlier cells that a `%%params` cell uses, with their values.

    Args:
        cell: the `%%params` cell.
        cells: all cells, in notebook order.

    Raises:
        ParameterError: the code that binds them fails.
    """
    pieces = _reached(cell, cells)
    return _run(tuple(statement.source for _, statement in pieces)) if pieces else _NOTHING


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
    needed = _names(cell.body) - frozenset(dir(builtins))
    types = (needed & TYPE_NAMES.keys()) - _opened(cell.body)
    taken: list[tuple[Cell, Statement]] = []
    for other in reversed(cells[: cells.index(cell)]) if needed else ():
        for statement in reversed(_code(other)):
            # `time(12)` calls no module, and no type is a function.
            meant = needed - types if statement.is_function or _is_module(statement) else needed
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
    if tree is None:
        return frozenset()
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return frozenset(node.id for node in nodes) - bound


@lru_cache(maxsize=64)
def _run(sources: tuple[str, ...]) -> Mapping[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        try:
            exec(compile(source, "<notebook>", "exec"), namespace)
        except (Exception, SystemExit) as error:  # user's code may raise anything
            first = source.partition("\n")[0]
            raise ParameterError(
                f"%%params uses what `{first}` binds, which fails: {type(error).__name__}: {error}"
            ) from error
    return MappingProxyType({name: value for name, value in namespace.items() if not name.startswith("__")})
