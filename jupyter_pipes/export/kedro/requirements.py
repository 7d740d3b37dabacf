"""What a project has to have installed: Kedro, and the packages that the notebook imports."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

from jupyter_pipes.storage.catalog.formats import format_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jupyter_pipes.storage.catalog.entries import Entry

_KEDRO = ("kedro>=1.0", "kedro-datasets")


def requirements(
    nodes: str, entries: Iterable[Entry], asked: Iterable[str], *, of_functions: bool
) -> list[str]:
    """Return the dependencies of the project.

    Args:
        nodes: the source of its nodes.
        entries: what our catalog says of its inputs and outputs.
        asked: what steps ask for by `--packages`.
        of_functions: whether outputs may be, or have, functions or classes that steps define.
    """
    needed = ["cloudpickle"] if of_functions else []
    return list(dict.fromkeys([*_KEDRO, *needed, *_distributions(nodes, entries), *asked]))


def _distributions(code: str, entries: Iterable[Entry]) -> list[str]:
    """The packages that modules come from, where one alone has the module: those of one's own have none."""
    modules = {*_imported(ast.parse(code)), *_of_formats(entries)} - sys.stdlib_module_names
    installed: Mapping[str, list[str]] = packages_distributions() if modules else {}
    found = [set(installed.get(module, [])) for module in modules]
    return sorted({name for names in found if len(names) == 1 for name in names})


def _of_formats(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        of = format_named(entry.format)
        library = entry.library or next(iter(of.reads))
        yield from (module.partition(".")[0] for module in of.modules.get(library, ()))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
