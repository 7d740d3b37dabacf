"""Which modules code imports, directly or through local modules: local ones by file, others by name."""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from msgspec import Struct

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.syntax import parse_python
from jupyter_pipes.system.memory import remembered

Wanted = tuple[str, frozenset[str] | None]
"""A module and the names wanted of it; None for all of it."""


class Reached(Struct, frozen=True):
    """What code reaches through its imports.

    Attributes:
        local: file -> source of the modules found in the given places.
        others: dotted names of the modules that are elsewhere: installed ones and the standard library's.
    """

    local: dict[Path, str]
    others: tuple[str, ...]


def reach(modules: Iterable[str], places: Iterable[Path]) -> Reached:
    """Return what importing these modules reaches; `places` are the folders that local modules are in."""
    places = tuple(places)
    local: dict[Path, str] = {}
    others: dict[str, None] = {}
    waiting = [*modules]
    while waiting:
        name = waiting.pop()
        files = list(files_of(name.split(".")[0], places))
        if not files:
            others[name] = None
        for path in files:
            if path not in local:
                local[path] = source_of(path)
                waiting.extend(imported(local[path]))
    return Reached(local, tuple(sorted(others)))


def source_of(path: Path) -> str:
    """Return the text of a file; what is no UTF-8 in it is replaced."""
    return path.read_text(encoding="utf-8", errors="replace")


def files_of(module: str, places: Iterable[Path]) -> Iterator[Path]:
    """Yield the Python files of a top-level module in the first of the places that has it."""
    for place in places:
        if (place / f"{module}.py").is_file():
            yield place / f"{module}.py"
            return
        if (place / module / "__init__.py").is_file():
            yield from sorted((place / module).rglob("*.py"))
            return


@remembered
def is_installed(module: str) -> bool:
    """Return whether a top-level module is Python's own, or stands where packages are installed to."""
    places = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return module in sys.stdlib_module_names or PathFinder.find_spec(module, places) is not None


def parts_imported(sources: Iterable[str], places: Iterable[Path]) -> tuple[str, ...]:
    """Return `module:name` for each name that code imports from a module that is not in the given places.

    The name may be one of a submodule (`from scipy import stats`). Code in IPython's syntax counts.
    """
    places = tuple(places)
    pairs = (pair for source in sources for pair in _wanted_anywhere(source))
    named = {f"{module}:{name}" for module, names in pairs for name in names or ()}
    return tuple(sorted(each for each in named if not any(files_of(re.split("[.:]", each)[0], places))))


def imported(source: str) -> tuple[str, ...]:
    """Return the dotted names that the code imports anywhere in it; none when it is no plain Python."""
    return tuple(dict.fromkeys(module for module, _ in wanted(source)))


@remembered
def wanted(source: str) -> tuple[Wanted, ...]:
    """Return what the code imports anywhere in it; nothing when it is no plain Python."""
    if "import" not in source:
        return ()
    try:
        tree = parse_python(source)
    except SyntaxError:
        return ()
    return _wanted_in(tree)


@remembered
def _wanted_anywhere(source: str) -> tuple[Wanted, ...]:
    tree = tree_of(source) if "import" in source else None
    return _wanted_in(tree) if tree else ()


def _wanted_in(tree: ast.Module) -> tuple[Wanted, ...]:
    imports: list[Wanted] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = frozenset(alias.name for alias in node.names)
            imports.append((node.module, None if "*" in names else names))
    return tuple(imports)
