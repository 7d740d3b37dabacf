"""Which modules code imports, directly or through local modules: local ones by file, others by name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

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


def imported(source: str) -> tuple[str, ...]:
    """Return the dotted names that the code imports anywhere in it; none when it is no plain Python."""
    return tuple(dict.fromkeys(module for module, _ in wanted(source)))


@lru_cache(maxsize=65536)
def wanted(source: str) -> tuple[Wanted, ...]:
    """Return what the code imports anywhere in it; nothing when it is no plain Python."""
    if "import" not in source:
        return ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    imports: list[Wanted] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = frozenset(alias.name for alias in node.names)
            imports.append((node.module, None if "*" in names else names))
    return tuple(imports)
