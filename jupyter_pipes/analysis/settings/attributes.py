"""Attributes of modules and of their classes that code sets: these can be handed on as values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.settings.statements import SETTERS_OF_ANYTHING, set_by_call, targets_of
from jupyter_pipes.analysis.settings.targets import NOTHING, Called, Definition, Targets, called, dotted
from jupyter_pipes.analysis.states import ANY_ATTRIBUTE, STREAMS
from jupyter_pipes.system.memory import remembered

_PARTS = frozenset(("environ", "putenv", "chdir", "getcontext", "setcontext"))
"""What code names that sets something of a module which is handed on and is no attribute of it."""

_SETTING_WORDS = _PARTS | {"prec", "rounding"}

_RUNNING = (ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.With, ast.For)
_LEADING_TO_ANY = frozenset(("setattr", "delattr", "__dict__", "vars"))
_ANY_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@remembered
def attribute_targets_of(source: str) -> Targets:
    """Return of what a statement sets attributes, or such a part, whatever else it does.

    Its calls are those whose value is used as well.
    """
    tree = tree_of(source)
    if tree is None or len(tree.body) != 1:
        return Targets()
    statement = tree.body[0]
    paths, calls = frozenset(_holders(statement)) - {""}, frozenset(_calls(statement))
    if isinstance(statement, Definition):
        return replace(targets_of(source), now=NOTHING, later=paths, later_calls=calls)
    return Targets(now=paths, calls=calls)


def is_handed_on(path: str) -> bool:
    """Return whether what is set there can be handed on: if it is a class, or a part that is known."""
    return path.rpartition(".")[2][:1].isupper() or _is_part(path)


def _holders(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(value=value, attr=name, ctx=ast.Store() | ast.Del()) if name not in STREAMS:
                yield dotted(value)
            case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in SETTERS_OF_ANYTHING:
                yield dotted(value)
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                yield from filter(_is_part, (dotted(value),))
            case ast.Call():
                yield from filter(_is_part, set_by_call(node))
            case _:
                pass


def _is_part(path: str) -> bool:
    return not _PARTS.isdisjoint(path.split("."))


def _calls(statement: ast.stmt) -> Iterator[Called]:
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield called(name, node)
            case _:
                pass


@remembered
def attributes_set(source: str) -> frozenset[str]:
    """Return the names of the attributes that some code sets or deletes."""
    tree = tree_of(source)
    return frozenset(_attributes_set_in(tree)) if tree else frozenset()


@remembered
def attributes_set_later(source: str) -> frozenset[str]:
    """Return those that what the code binds may set or delete: its functions, and `partial(setattr, …)`."""
    tree = tree_of(source)
    nodes = list(ast.walk(tree)) if tree else []
    handed = {ANY_ATTRIBUTE for node in nodes if getattr(node, "id", "") in _LEADING_TO_ANY}
    functions = (node for node in nodes if isinstance(node, _ANY_FUNCTION))
    return frozenset(name for function in functions for name in _attributes_set_in(function)) | handed


@remembered
def calls_anything(source: str) -> bool:
    """Return whether code may have other code run: it calls, or has operators or attributes."""
    tree = tree_of(source)
    return tree is not None and any(isinstance(node, _RUNNING) for node in ast.walk(tree))


def _attributes_set_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()) if name not in STREAMS:
                yield name
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _LEADING_TO_ANY:
                yield ANY_ATTRIBUTE
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _SETTING_WORDS:
                yield name
            case _:
                pass
