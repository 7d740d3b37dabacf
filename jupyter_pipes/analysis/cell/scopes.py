"""Scopes: which names a block binds, whose a name is where it is used, and which are always there."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct, field

from jupyter_pipes.system.patterns import pattern

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Kind = Literal["module", "function", "class", "comprehension"]

_CHOICES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)

NOTEBOOK_NAMES = {"display": "IPython.display", "get_ipython": "IPython"}
"""What notebooks have besides Python's own names -> the module from which a program imports it."""

PROMPT_NAMES = frozenset({"copyright", "credits", "exit", "license", "quit"})
"""Toys of Python's prompt: many take these words for variables of their own, and rightly so."""

SUBCLASSES = "__subclasses__"
"""Code that asks a class for its subclasses reads this name; every class that has a base adds to it."""

PROMPT_HISTORY = pattern(r"_{1,3}|_\d+|Out|_oh")
"""Names under which a kernel keeps what cells displayed."""

PROMPT_INPUTS = pattern(r"_i{1,3}|_i\d+|In|_ih")
"""Names under which a kernel keeps the text of the cells that it ran."""

# A kernel takes the place of some prompt names, and adds these; a notebook must mean the same without it.
_ADDED_BY_KERNELS = frozenset({"_", "__IPYTHON__", "execfile", "runfile"})
_IN_CLASSES = frozenset({"__annotations__", "__class__", "__module__", "__qualname__"})

ALWAYS_THERE = (
    (frozenset(dir(builtins)) - _ADDED_BY_KERNELS)
    | {"__builtins__"}
    | NOTEBOOK_NAMES.keys()
    | PROMPT_NAMES
    | _IN_CLASSES
)
"""Names that no cell need bind, in steps, helpers, plain cells and exported modules alike."""


class Scope(Struct, eq=False):
    """One scope of a cell, with the scope around it.

    Attributes:
        kind: what opened it; names of a `class` scope are not seen from inside functions.
        bound: names that are its own.
        declared_global: names that it declared `global`.
        parent: the scope around it; None for the module.
    """

    kind: Kind
    bound: frozenset[str] = frozenset()
    declared_global: frozenset[str] = frozenset()
    parent: Scope | None = None
    _label: int = field(default_factory=itertools.count(1).__next__)

    def owner(self, name: str) -> Scope | None:
        """Return the inner scope that `name` belongs to when used here, or None for the module."""
        scope = self
        while scope.parent is not None:
            if name in scope.declared_global:
                return None
            if name in scope.bound and (scope is self or scope.kind != "class"):
                return scope
            scope = scope.parent
        return None

    def key(self, name: str) -> str:
        """Return the key of a name that this inner scope owns; the dot keeps it apart from module names."""
        return f"{self._label}.{name}"


def body_scope(node: FunctionNode | ast.ClassDef, parent: Scope) -> Scope:
    """Return the scope that the body of a function or class runs in."""
    bindings = Bindings()
    bindings.visit_all([node.body] if isinstance(node, ast.Lambda) else node.body)
    if not isinstance(node, ast.ClassDef):
        bindings.bound.update(argument.arg for argument in arguments_of(node.args))
    return Scope(
        "class" if isinstance(node, ast.ClassDef) else "function",
        frozenset(bindings.bound - bindings.declared_global - bindings.declared_nonlocal),
        frozenset(bindings.declared_global),
        _with_type_parameters(node, parent),
    )


def comprehension_scope(generators: list[ast.comprehension], parent: Scope) -> Scope:
    """Return the scope of a comprehension: its loop variables."""
    targets = (node for generator in generators for node in ast.walk(generator.target))
    names = {node.id for node in targets if isinstance(node, ast.Name)}
    return Scope("comprehension", frozenset(names), parent=parent)


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters."""
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return named + [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]


def bound_names(body: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that a block binds or deletes, without those of the scopes inside it."""
    bindings = Bindings()
    bindings.visit_all(body)
    return frozenset(bindings.bound)


def imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the names that an import binds; a star import has none that can be known."""
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    return [alias.asname or alias.name.partition(".")[0] for alias in node.names]


def declared_global(tree: ast.AST) -> frozenset[str]:
    """Return the names that functions in the tree declare `global`, to bind them."""
    return frozenset(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)


def perhaps_bound_globals(tree: ast.AST) -> frozenset[str]:
    """Return the globals that functions bind on some paths only: else they stay what they were."""
    perhaps: set[str] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            names = declared_global(function)
            perhaps |= names - _stored_in(_surely_run(function.body)) if names else names
    return frozenset(perhaps)


def _surely_run(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        if not isinstance(statement, _CHOICES):
            yield statement
        elif any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return


def _stored_in(statements: Iterable[ast.stmt]) -> set[str]:
    nodes = (node for statement in statements for node in ast.walk(statement))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def operands(node: ast.BinOp) -> list[ast.expr]:
    """Return the operands of a sum from left to right: long ones lean to the left, too deep for recursion."""
    rights = [node.right]
    left = node.left
    while isinstance(left, ast.BinOp):
        rights.append(left.right)
        left = left.left
    return [left, *reversed(rights)]


def _with_type_parameters(node: ast.AST, parent: Scope) -> Scope:
    # Generic functions and classes (Python 3.12) see their type parameters in a scope of their own.
    parameters: list[Any] = getattr(node, "type_params", [])
    if not parameters:
        return parent
    return Scope("function", frozenset(parameter.name for parameter in parameters), parent=parent)


class Bindings(ast.NodeVisitor):
    """Collects what a block binds, without looking into the scopes inside it.

    Attributes:
        bound, declared_global, declared_nonlocal: names.
    """

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.visit_all(operands(node))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bound.add(node.name)
        self.visit_all([*node.decorator_list, node.args])

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bound.add(node.name)
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        # Its target is the comprehension's own; a walrus in it binds here.
        self.visit_all([node.iter, *node.ifs])

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.bound.update(imported_names(node))

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._bind(node.rest)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared_global.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared_nonlocal.update(node.names)

    def _bind(self, name: str | None) -> None:
        if name is not None:
            self.bound.add(name)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)
