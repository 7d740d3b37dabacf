"""The part of local modules that code reaches: what its imports name, and what that needs in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jupyter_pipes.analysis.cell.source import words
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import (
    Reached,
    Wanted,
    files_around,
    files_run,
    has_module,
    reach,
    source_of,
    wanted,
)
from jupyter_pipes.analysis.notebook.statements import STAR, Statement, statements
from jupyter_pipes.analysis.syntax import parse_python, parsed_alone
from jupyter_pipes.system.memory import remembered

_REACHING_ALL = ("globals", "locals", "vars", "eval", "exec")
"""Functions that give names which do not stand in the code."""


class _ModuleUses(NamedTuple):
    """How code uses the modules that it imports whole.

    Attributes:
        modules: each module with the name that it is bound to.
        attributes: each name with an attribute that is read of it.
        stars: modules of which it imports all names.
        otherwise: names that are used in another way, or may be: in texts, for magics and `eval`.
    """

    modules: frozenset[tuple[str, str]]
    attributes: frozenset[tuple[str, str]]
    stars: frozenset[str]
    otherwise: frozenset[str]


def reached(
    sources: Iterable[str], modules: Iterable[str], places: Iterable[Path], *, with_classes: bool
) -> Reached:
    """Return what code reaches through its imports, of local modules only the statements that it reaches.

    Args:
        sources: the code.
        modules: the top-level modules that it is known to import, however it does.
        places: the folders that local modules are in.
        with_classes: whether all classes of a module count with their methods: values that the code is
            given may be instances of them, though it never names them.
    """
    places = tuple(places)
    waiting = list(_wanted(tuple(sources)))
    seen = {module for module, _ in waiting}
    waiting += [(module, None) for module in modules if module not in seen]
    names_of: dict[Path, frozenset[str]] = {}
    whole: set[str] = set()
    while waiting:
        module, names = waiting.pop()
        run = files_run(module, places)
        files = {**dict(run), **(files_around(run) if with_classes else {})}
        if not run or names is None or not all(_can_be_sliced(source_of(path)) for path in files):
            whole.add(module)
            continue
        for path, package in files.items():
            # Of the others of its package, what they do when they are imported, and classes that count.
            own = names if path == run[-1][0] else frozenset[str]()
            if path not in names_of or not own <= names_of[path]:
                names_of[path] = names_of.get(path, frozenset()) | own
                text = _slice(source_of(path), names_of[path], with_classes)
                waiting += [*wanted(text, package), *_submodules(path, package, own)]
    entire = reach(whole, places)
    parts = {path: _slice(source_of(path), names, with_classes) for path, names in names_of.items()}
    return Reached({**parts, **entire.local}, entire.others)


def _wanted(sources: Sequence[str]) -> Iterator[Wanted]:
    """Yield what the code wants of modules: of one that it has whole, the attributes that alone it uses."""
    for module, names in (each for source in sources for each in wanted(source)):
        yield module, _attributes(module, sources) if names is None else names


def _attributes(module: str, sources: Sequence[str]) -> frozenset[str] | None:
    """The attributes that code takes of a module; None where it may take others, or nothing is seen."""
    uses = [_module_uses(source) for source in sources]
    names = {name for each in uses for of, name in each.modules if of == module}
    if any(each.otherwise & {*names, module.partition(".")[0], *_REACHING_ALL} for each in uses):
        return None
    taken = {attribute for each in uses for name, attribute in each.attributes if name in names}
    if any(module in each.stars for each in uses):
        # Any name may come from it; those that do not are none of its own.
        taken.update({"__all__"}, *(each.otherwise | dict(each.attributes).keys() for each in uses))
    return frozenset(taken) or None


@remembered
def _module_uses(source: str) -> _ModuleUses:
    tree = tree_of(source)
    nodes = list(ast.walk(tree)) if tree else []
    modules, attributes, otherwise = set[tuple[str, str]](), set[tuple[str, str]](), set[str]()
    stars, roots = set[str](), set[ast.expr]()
    for node in nodes:
        match node:
            case ast.Import(aliases):
                modules |= {(alias.name, alias.asname or alias.name) for alias in aliases}
                # `import a.b` binds `a`, by which all that is loaded of it is reached.
                otherwise |= {_bound(alias) for alias in aliases if "." in alias.name and not alias.asname}
            case ast.ImportFrom(module=str(module), names=[ast.alias("*")]):
                stars.add(module)
            case ast.Attribute(ast.Name(name) as root, attribute, ast.Load()):
                attributes.add((name, attribute))
                roots.add(root)
            case ast.Constant(str(text)):
                otherwise |= words(text)
            case ast.Global(names):
                otherwise |= set(names)
            case _:
                pass
    otherwise |= {node.id for node in nodes if isinstance(node, ast.Name) and node not in roots}
    return _ModuleUses(frozenset(modules), frozenset(attributes), frozenset(stars), frozenset(otherwise))


def _submodules(path: Path, package: str, names: Iterable[str]) -> list[Wanted]:
    """The names that are modules within a package, of which all counts."""
    is_package = path.name == "__init__.py"
    return [(f"{package}.{name}", None) for name in names if is_package and has_module(path.parent, name)]


@lru_cache(maxsize=256)
def _can_be_sliced(source: str) -> bool:
    try:
        tree = parse_python(source)
    except SyntaxError:
        return False
    # `__getattr__` answers for names that stand nowhere.
    return not any(
        getattr(node, "name", "") in (STAR, "__getattr__") or getattr(node, "id", "") in ("globals", "exec")
        for node in ast.walk(tree)
    )


@lru_cache(maxsize=1024)
def _slice(source: str, wanted: frozenset[str], with_classes: bool) -> str:
    """The module's statements that the names need, and those that are there for what they do."""
    parts = _statements(source)
    defined = frozenset[str]().union(*(part.binds for part in parts if not part.is_import))
    taken = {place for place, part in enumerate(parts) if _acts(part, defined, with_classes)}
    needed = wanted.union(*(_needs(parts[place]) for place in taken))
    while more := {place for place, part in enumerate(parts) if part.binds & needed} - taken:
        taken |= more
        needed = needed.union(*(_needs(parts[place]) for place in more))
    texts = (_text(parts[place], needed) for place in sorted(taken))
    return "\n".join(text for text in texts if text)


@lru_cache(maxsize=256)
def _statements(source: str) -> tuple[Statement, ...]:
    modules = frozenset[str]().union(*(part.binds for part in statements(source) if part.is_import))
    return statements(source, modules)


def _acts(part: Statement, defined: frozenset[str], with_classes: bool) -> bool:
    """Whether the statement counts for every name of its module."""
    match parsed_alone(part.source).body:
        case [ast.Expr(ast.Constant())]:
            return False
        case [ast.If(ast.Compare(ast.Name("__name__")))]:
            return False
        case [ast.ClassDef()] if with_classes:
            return True
        case [ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node]:
            # A decorator of the module's own may put what it decorates somewhere.
            return bool(defined & set(map(_decorator, node.decorator_list)))
        case _:
            return not part.binds


def _needs(part: Statement) -> frozenset[str]:
    return (
        frozenset()
        if part.is_import
        else part.reads | part.optional_reads | part.deferred | part.deferred_optional
    )


def _text(part: Statement, needed: frozenset[str]) -> str:
    """The statement's code: of an import the names needed, of a step's function not how it is run."""
    node = parsed_alone(part.source).body[0]
    match node:
        case ast.Import() | ast.ImportFrom():
            node.names = [name for name in node.names if _bound(name) in needed or part.is_future]
            return ast.unparse(node) if node.names else ""
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            node.decorator_list = [each for each in node.decorator_list if _decorator(each) != "step"]
            return ast.unparse(node)
        case _:
            return part.source


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _decorator(node: ast.expr) -> str:
    match node:
        case ast.Call(func):
            return _decorator(func)
        case ast.Name(name) | ast.Attribute(ast.Name("jupyter_pipes"), name):
            return name
        case _:
            return ""
