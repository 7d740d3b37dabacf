"""Wrappers that a decorator returns: they run when what is decorated is called, not when it is defined."""

from __future__ import annotations

import ast
import copy

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def without_wrappers(node: ast.stmt) -> ast.stmt:
    """Return a decorator without the bodies of its wrappers; all else as it is.

    A wrapper is a function that calls a parameter of the one around it, which only returns it.
    """
    if not isinstance(node, _Function):
        return node
    parameters = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args)}
    inner = (part for part in node.body if isinstance(part, _Function))
    calling = {part.name for part in inner if parameters & _called(part)}
    wrappers = calling & _returned(node) - _used(node)
    if not wrappers:
        return node
    emptied = copy.deepcopy(node)
    for part in emptied.body:
        if isinstance(part, _Function) and part.name in wrappers:
            part.body = [ast.Pass()]
    return emptied


def _called(node: _Function) -> set[str]:
    calls = (part.func for part in _inside(node) if isinstance(part, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _inside(node: _Function) -> list[ast.AST]:
    return [part for statement in node.body for part in ast.walk(statement)]


def _returned(node: _Function) -> set[str]:
    returns = (part.value for part in _inside(node) if isinstance(part, ast.Return))
    return {value.id for value in returns if isinstance(value, ast.Name)}


def _used(node: _Function) -> set[str]:
    """Return the names that the function does something else with; setting attributes runs nothing."""
    harmless = {
        id(part.value)
        for part in _inside(node)
        if isinstance(part, ast.Return | ast.Attribute)
        and not isinstance(getattr(part, "ctx", None), ast.Load)
    }
    names = (part for part in _inside(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load))
    return {name.id for name in names if id(name) not in harmless}
