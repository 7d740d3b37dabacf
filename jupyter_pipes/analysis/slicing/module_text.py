"""A module's text without what the names wanted of it do not need."""

from __future__ import annotations

import ast
from functools import lru_cache

from jupyter_pipes.analysis.cell.source import DEFINITIONS
from jupyter_pipes.analysis.notebook.statements import STAR, Statement, statements
from jupyter_pipes.analysis.slicing.registration import Others, registers
from jupyter_pipes.analysis.syntax import parse_python, parsed_alone


@lru_cache(maxsize=256)
def can_be_sliced(source: str) -> bool:
    """Return whether it can be seen what the names of a module need."""
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
def text_of(source: str, wanted: frozenset[str], others: Others, with_classes: bool) -> str:
    """Return the module's statements that the names need, and those that are there for what they do.

    Args:
        source: the module's text.
        wanted: the names.
        others: what the module has of other local modules.
        with_classes: whether all of its classes count.
    """
    parts = _statements(source)
    defined = frozenset[str]().union(*(part.binds for part in parts if not part.is_import))
    gives = [part.binds | others.changed_by(parsed_alone(part.source).body[0]) for part in parts]
    taken = {place for place, part in enumerate(parts) if _acts(part, defined, others, with_classes)}
    needed = wanted.union(*(_needs(parts[place]) for place in taken))
    while more := {place for place, names in enumerate(gives) if names & needed} - taken:
        taken |= more
        needed = needed.union(*(_needs(parts[place]) | parts[place].firm for place in more))
    texts = (_text(parts[place], needed) for place in sorted(taken))
    return "\n".join(text for text in texts if text)


@lru_cache(maxsize=256)
def _statements(source: str) -> tuple[Statement, ...]:
    modules = frozenset[str]().union(*(part.binds for part in statements(source) if part.is_import))
    return statements(source, modules)


def _acts(part: Statement, defined: frozenset[str], others: Others, with_classes: bool) -> bool:
    """Whether the statement counts for every name of its module."""
    match parsed_alone(part.source).body:
        case [ast.Expr(ast.Constant())]:
            return False
        case [ast.If(ast.Compare(ast.Name("__name__")))]:
            return False
        case [ast.ClassDef()] if with_classes:
            return True
        case [node]:
            is_definition = isinstance(node, DEFINITIONS)
            return registers(node, defined, others) or not (part.binds or is_definition)
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
