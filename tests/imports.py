"""What source files import, read from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def imported_anywhere(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, also by `import_module("name")` and for types."""
    return _packages(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported_at_top(path: Path) -> set[str]:
    """Return the packages that a file imports when it is imported itself, but not for types only."""
    return _packages(_run_by_import(ast.parse(path.read_text(encoding="utf-8"))))


def _run_by_import(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        is_late = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not (is_late or is_for_types):
            yield from _run_by_import(child)


def _packages(nodes: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case ast.Call(
                func=ast.Name("import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                names.add(module)
            case _:
                pass
    return {name.partition(".")[0] for name in names}
