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


def files_run(module: str, places: Iterable[Path]) -> list[tuple[Path, str]]:
    """Return the files that importing a module runs, in order, each with the package that it is of.

    Returns:
        Nothing where the module is in none of the places, or is no file there.
    """
    top, *inner = module.split(".")
    folder = next((place for place in places if has_module(place, top)), None)
    found: list[tuple[Path, str]] = []
    package = ""
    for name in (top, *inner):
        if folder is None or not has_module(folder, name):
            return []
        file = folder / f"{name}.py"
        if file.is_file():
            found.append((file, package))
            # Within a file there is nothing to import.
            folder = None
        else:
            folder, package = folder / name, f"{package}.{name}".lstrip(".")
            found.append((folder / "__init__.py", package))
    return found


def files_around(run: Iterable[tuple[Path, str]]) -> dict[Path, str]:
    """Return all files of the package that a module is of, each with the one within it that it is of.

    Args:
        run: the files that importing the module runs.
    """
    tops = [path.parent for path, _ in run if path.name == "__init__.py"][:1]
    return {
        path: ".".join(path.parent.relative_to(top.parent).parts)
        for top in tops
        for path in sorted(top.rglob("*.py"))
    }


def has_module(folder: Path, name: str) -> bool:
    """Return whether a folder has a module, or a package, of the name."""
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


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
def wanted(source: str, package: str = "") -> tuple[Wanted, ...]:
    """Return what the code imports anywhere in it; nothing when it is no plain Python.

    Args:
        source: the code.
        package: the package that it is of, for relative imports; "" for none.
    """
    if "import" not in source:
        return ()
    try:
        tree = parse_python(source)
    except SyntaxError:
        return ()
    return _wanted_in(tree, package)


@remembered
def _wanted_anywhere(source: str) -> tuple[Wanted, ...]:
    tree = tree_of(source) if "import" in source else None
    return _wanted_in(tree) if tree else ()


def _wanted_in(tree: ast.Module, package: str = "") -> tuple[Wanted, ...]:
    imports: list[Wanted] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (module := absolute(node, package)):
            names = frozenset(alias.name for alias in node.names)
            imports.append((module, None if "*" in names else names))
    return tuple(imports)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the dotted name of the module that is imported from; "" where that is not known."""
    if not node.level:
        return node.module or ""
    around = package.split(".") if package else []
    kept = around[: len(around) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])]) if kept else ""
