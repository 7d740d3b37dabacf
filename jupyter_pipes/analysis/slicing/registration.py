"""What a module's statements may put into other local modules when it is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jupyter_pipes.analysis.cell.source import DEFINITIONS
from jupyter_pipes.analysis.effects.own_state import runs_for_subclasses
from jupyter_pipes.analysis.local_modules import absolute, files_run, source_of
from jupyter_pipes.analysis.syntax import parse_python
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern

_REGISTERING = pattern(r"regist|accessor|plugin", re.IGNORECASE)
"""What stands in the names of functions with which libraries keep what they are given."""

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Others(NamedTuple):
    """What a module has of other local modules.

    Attributes:
        names: those that it imports from them, and those of these modules.
        hooks: classes that it derives others from, which then runs code of another module.
        own_hooks: those where it runs code of this module.
    """

    names: frozenset[str] = frozenset()
    hooks: frozenset[str] = frozenset()
    own_hooks: frozenset[str] = frozenset()

    def changed_by(self, node: ast.stmt) -> frozenset[str]:
        """Return the module's own classes that may hold a class when it is defined."""
        return self.own_hooks.intersection(_bases(node)) if isinstance(node, ast.ClassDef) else frozenset()


class _Contents(NamedTuple):
    """What stands at the top of a module.

    Attributes:
        imports: name -> the dotted name of what it is imported from.
        run: the dotted names of the modules that are imported, and of names in them, which may be modules.
        bases: class -> the dotted names of what it is derived from.
        hooks: classes with code that runs when one is derived from them.
        made: names that are bound by neither a class nor an import.
    """

    imports: dict[str, str]
    run: tuple[str, ...]
    bases: dict[str, tuple[str, ...]]
    hooks: frozenset[str]
    made: frozenset[str]


def others_of(path: Path, package: str, places: tuple[Path, ...]) -> Others:
    """Return what the module in a file has of other local modules.

    Args:
        path: the file.
        package: the package that it is of, "" for none.
        places: the folders that local modules are in.
    """
    contents = _contents(source_of(path), package)
    names = frozenset(name for name, origin in contents.imports.items() if _found(origin, places))
    bases = {base for each in contents.bases.values() for base in each}
    hooks = {base: _hooks(base, path, package, places, frozenset()) for base in bases}
    own = (base for base, files in hooks.items() if files and not files - {path})
    return Others(names, frozenset(base for base, files in hooks.items() if files - {path}), frozenset(own))


def modules_run(source: str, package: str) -> tuple[str, ...]:
    """Return the dotted names of what a module imports when it is imported: modules, and names in them."""
    return _contents(source, package).run


def registers(node: ast.stmt, own: frozenset[str], others: Others) -> bool:
    """Return whether a statement may put something where other code finds it, when its module is imported.

    Args:
        node: the statement.
        own: names that the module binds itself: its decorators may put what they decorate somewhere.
        others: what it has of other local modules.
    """
    parts = [node] if isinstance(node, DEFINITIONS) else _run_at_once(node)
    return any(_puts_somewhere(part, own, others) for part in parts)


def _puts_somewhere(node: ast.AST, own: frozenset[str], others: Others) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
            bases = _bases(node) if isinstance(node, ast.ClassDef) else ()
            return (
                not own.isdisjoint(map(_dotted, decorators))
                or any(_may_keep(each, own, others) for each in decorators)
                or not others.hooks.isdisjoint(bases)
            )
        case ast.Call(function):
            return _may_keep(function, own, others)
        case _:
            return False


def _may_keep(function: ast.expr, own: frozenset[str], others: Others) -> bool:
    """Whether a function from elsewhere may keep what it is given: one of a library says so by its name."""
    name = _dotted(function)
    root = name.partition(".")[0]
    return root in others.names or (root not in own and _REGISTERING.search(name) is not None)


def _hooks(
    name: str, path: Path, package: str, places: tuple[Path, ...], seen: frozenset[tuple[Path, str]]
) -> frozenset[Path]:
    """The local modules whose code runs when a class is derived from what a module has by this name."""
    if (path, name) in seen:
        return frozenset()
    seen |= {(path, name)}
    contents = _contents(source_of(path), package)
    root, _, attribute = name.partition(".")
    if root in contents.bases:
        own = frozenset({path} if root in contents.hooks else ())
        return own.union(*(_hooks(base, path, package, places, seen) for base in contents.bases[root]))
    if root not in contents.imports:
        # What a call made (`Base = declarative_base()`) may be any class.
        return frozenset({path} if root in contents.made else ())
    found = _found(f"{contents.imports[root]}.{attribute}".rstrip("."), places)
    return _hooks(found[1], *found[0], places, seen) if found else frozenset()


def _found(dotted: str, places: tuple[Path, ...]) -> tuple[tuple[Path, str], str] | None:
    """The file of the local module that a dotted name begins with, its package, and the rest of the name."""
    names = dotted.split(".")
    for count in range(len(names), 0, -1):
        if run := files_run(".".join(names[:count]), places):
            return run[-1], ".".join(names[count:])
    return None


@remembered
def _contents(source: str, package: str) -> _Contents:
    try:
        body = parse_python(source).body
    except SyntaxError:
        return _Contents({}, (), {}, frozenset(), frozenset())
    nodes = [node for statement in body for node in _run_at_once(statement)]
    pairs = [pair for node in nodes for pair in _imports(node, package)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    bound = (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return _Contents(
        dict(pairs),
        tuple(dict.fromkeys(origin for _, origin in pairs)),
        {node.name: tuple(_bases(node)) for node in classes},
        frozenset(node.name for node in classes if runs_for_subclasses(node)),
        frozenset(bound),
    )


def _imports(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with the dotted name of what it is imported from."""
    match node:
        case ast.Import(aliases):
            yield from ((alias.asname or alias.name, alias.name) for alias in aliases)
            yield from (
                (top, top) for alias in aliases for top in [alias.name.partition(".")[0]] if not alias.asname
            )
        case ast.ImportFrom(names=aliases) if module := absolute(node, package):
            yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in aliases)
        case _:
            pass


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement that run with it: no bodies of functions."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, _LATER):
            waiting += ast.iter_child_nodes(part)


def _bases(node: ast.ClassDef) -> Iterator[str]:
    """Yield the dotted names of what a class is derived from, and of its metaclass."""
    metaclasses = (keyword.value for keyword in node.keywords if keyword.arg == "metaclass")
    yield from filter(None, map(_dotted, (*node.bases, *metaclasses)))


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name) if inner := _dotted(value):
            return f"{inner}.{name}"
        case ast.Subscript(value):
            return _dotted(value)
        case _:
            return ""
