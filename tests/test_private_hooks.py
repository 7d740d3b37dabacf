"""Hooks into other libraries are those that `docs/private-hooks.md` lists, and what is installed has them."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_pipes"
SOURCES = {
    str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")
}

DOCUMENTED = re.compile(r"_exit|_repr_\w+_|__\w+__")
"""Names with an underscore that are promised: of `os`, of IPython's displays, of Python's data model."""

CHANGING = {"addaudithook", "append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"}


def tables() -> list[list[tuple[str, ...]]]:
    """The rows of each table of the page, without its head."""
    text = (ROOT / "docs" / "private-hooks.md").read_text("utf-8")
    found = re.findall(r"(?m)^\| .+\n\| -.+\n((?:\|.+\n)+)", text)
    return [
        [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows.splitlines()]
        for rows in found
    ]


VERSIONS, NAMES, REPLACED, PROCESS_WIDE = tables()


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


HOOKS = [(name, place) for row in [*NAMES, *REPLACED] for name in quoted(row[0]) for place in quoted(row[1])]


def defined_here() -> set[str]:
    """Every name that the package itself gives to something."""
    names: set[str] = set()
    for node in (node for tree in SOURCES.values() for node in ast.walk(tree)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Attribute(ast.Name("self"), name, ast.Store()) | ast.Name(name, ast.Store()):
                names.add(name)
            case _:
                pass
    return names


def private_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.alias(name=name) if name.startswith("_"):
                yield name
            case ast.Call(ast.Name("getattr" | "setattr"), [_, ast.Constant(str() as name), *_]):
                yield from [name] if name.startswith("_") else []
            case _:
                pass


def changed_of_modules(tree: ast.AST) -> Iterator[str]:
    """What the code sets, deletes or changes of modules that it imports."""
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name(module), name, ast.Store() | ast.Del()):
                pass
            case ast.Subscript(ast.Attribute(ast.Name(module), name), ctx=ast.Store() | ast.Del()):
                pass
            case ast.Call(ast.Attribute(ast.Attribute(ast.Name(module), name), change)) if change in CHANGING:
                pass
            case ast.Call(ast.Attribute(ast.Name(module), name)) if name in CHANGING:
                pass
            case _:
                continue
        if module in modules:
            yield f"{module}.{name}"


def test_no_private_name_of_another_library_is_used_that_the_page_does_not_list() -> None:
    ours = defined_here()
    used = {
        (name, place)
        for place, tree in SOURCES.items()
        for name in private_names(tree)
        if name not in ours and not DOCUMENTED.fullmatch(name)
    }
    assert used <= {(name.rpartition(".")[2], place) for name, place in HOOKS}


def test_the_page_lists_what_a_process_changes_for_all_code_and_nothing_else() -> None:
    listed = {(name, place) for row in PROCESS_WIDE for name in quoted(row[0]) for place in quoted(row[1])}
    assert {(name, place) for place, tree in SOURCES.items() for name in changed_of_modules(tree)} == listed


@pytest.mark.parametrize("name", sorted({name for name, _ in HOOKS}))
def test_what_is_hooked_into_exists_in_what_is_installed(name: str) -> None:
    module, _, rest = name.partition(".")
    found: Any = import_module(module)
    for word in rest.split("."):
        module = f"{module}.{word}"
        found = getattr(found, word) if hasattr(found, word) else import_module(module)


@pytest.mark.parametrize("row", [*NAMES, *REPLACED], ids=lambda row: row[0][:60])
def test_every_row_is_of_use(row: tuple[str, ...]) -> None:
    words = {word.rpartition(".")[2] for word in [*quoted(row[0]), *quoted(row[2])]}
    for place in quoted(row[1]):
        text = (PACKAGE / place).read_text("utf-8")
        assert any(word in text for word in words), place


@pytest.mark.parametrize(("library", "lowest", "highest"), [row[:3] for row in VERSIONS])
def test_hooks_are_bounded_by_the_versions_tried(library: str, lowest: str, highest: str) -> None:
    """From the lowest one, up to the next major version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    if library in needed:
        assert set(map(str, needed[library])) == {f">={_short(lowest)}", f"<{Version(highest).major + 1}"}
    assert Version(lowest) <= Version(metadata.version(library))


def test_every_library_with_hooks_has_its_versions_tried() -> None:
    """asyncio is Python's own, and only that of the versions which the project names."""
    libraries = {name.partition(".")[0].lower() for name, _ in HOOKS}
    assert libraries - {"asyncio"} == {library for library, *_ in VERSIONS}


def _short(version: str) -> str:
    return version.removesuffix(".0")
