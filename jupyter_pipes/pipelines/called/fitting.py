"""Whether what is named can be called with what it would be given, and in which words it is told if not."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Sequence

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.model.steps import CodePiece


def misfit(name: str, arguments: Iterable[str], function: object) -> str:
    """Return why an object cannot be called with these arguments, in words; "" if it can."""
    if not callable(function):
        return f"{name} is no function"
    if inspect.iscoroutinefunction(function):
        return f"{name} is an async function, and nobody would await it"
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return f"{name} takes other arguments"
    except ValueError:
        # Built-in functions need not have a signature.
        return ""
    return ""


def call(name: str, arguments: Iterable[str]) -> str:
    """Return how a function is called, in words."""
    return f"it is called as {name}({', '.join(arguments)})"


def unfit(name: str, arguments: Sequence[str], piece: CodePiece) -> str:
    """Return why what a piece of code binds to the name cannot be called so; "" where nothing shows it."""
    tree = tree_of(piece.source) if name in piece.names else None
    for node in tree.body if tree else ():
        match node:
            case ast.AsyncFunctionDef():
                return f"{name} is an async function, and nobody would await it"
            case ast.FunctionDef(args=takes, decorator_list=[]) | ast.Assign(value=ast.Lambda(args=takes)):
                return (
                    ""
                    if _fits(takes, len(arguments))
                    else (f"{name} takes other arguments: {call(name, arguments)}")
                )
            case ast.Assign(value=ast.Constant() | ast.List() | ast.Dict() | ast.Set() | ast.Tuple()):
                return f"{name} is no function"
            case _:
                continue
    return ""


def _fits(takes: ast.arguments, given: int) -> bool:
    positional = len(takes.posonlyargs) + len(takes.args)
    required = positional - len(takes.defaults)
    needs_keyword = any(default is None for default in takes.kw_defaults)
    return required <= given and (given <= positional or takes.vararg is not None) and not needs_keyword
