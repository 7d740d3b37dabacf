"""Imports that are there for what they do: of local modules, and of installed ones that no cell names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from jupyter_pipes.analysis.cell.source import IMPORTS, parts_of, words
from jupyter_pipes.analysis.local_modules import is_installed
from jupyter_pipes.analysis.notebook.statements import STAR, Statement
from jupyter_pipes.analysis.notebook.timeline import Binding, code_of
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.system.memory import remembered

_INERT = frozenset({*sys.stdlib_module_names, "jupyter_pipes"})


def may_act(statement: Statement) -> bool:
    """Return whether a statement is an import that may do more than bind its names."""
    return statement.is_import and not statement.imports <= _INERT


def effect_imports(imports: Sequence[Binding], cells: Iterable[Cell]) -> Iterator[Binding]:
    """Yield those that later steps have, whether they name them or not.

    A local module may put things into others for each that imports it. That an installed one is imported for
    this (`import hvplot.pandas`) shows where no cell uses its name.

    Args:
        imports: the imports of the cells that may act (see `may_act`).
        cells: all cells.
    """
    used = [_words_used(cell) for cell in cells] if imports else []
    for binding in imports:
        statement = code_of(binding)
        is_local = not any(map(is_installed, statement.imports))
        if is_local or (STAR not in statement.binds and all(map(statement.binds.isdisjoint, used))):
            yield binding


def _words_used(cell: Cell) -> frozenset[str]:
    return frozenset() if cell.role == "markdown" else _words_beside_imports(cell.source, cell.body)


@remembered
def _words_beside_imports(source: str, body: str) -> frozenset[str]:
    """The words of a cell that stand in no import: of its options and its statements."""
    options = source.partition("\n")[0] if source.lstrip().startswith("%%") else ""
    parts = [(text, isinstance(node, IMPORTS)) for node, text, _ in parts_of(body)]
    texts = [text for text, is_import in parts if not is_import] if parts else [body]
    return frozenset[str]().union(*map(words, (options, *texts)))
