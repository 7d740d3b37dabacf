"""When a decorated function runs: at once, or, as wrappers that a decorator returns, when it is called."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable

from jupyter_pipes.analysis.effects.summaries import Environment, Summary

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_RUNNING = frozenset(("interact",))
"""Decorators of libraries that run what they decorate."""


def runs_at_once(node: ast.stmt, environment: Environment) -> bool:
    """Return whether a statement defines a function that one of its decorators calls, as `@interact` does."""
    if not isinstance(node, _Function):
        return False
    functions = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    names = {getattr(each, "attr", getattr(each, "id", "")) for each in functions}
    own = (each for name, known in environment.functions if name in names for each in known)
    summaries = [summary for _, known in environment.functions for summary in known]
    return not names.isdisjoint(_RUNNING) or any(_calls_its_first(each, summaries) for each in own)


def _calls_its_first(decorator: Summary, summaries: Iterable[Summary]) -> bool:
    """Whether a function calls its first parameter itself: what its wrappers call counts as its calls too."""
    first = frozenset(dict(decorator.positional[:1]).values())
    calling = (each for each in summaries if any(call.callee.reached & first for call in each.calls))
    return list(calling) == [decorator]


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
