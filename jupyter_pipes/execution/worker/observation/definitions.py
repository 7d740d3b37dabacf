"""State that the notebook's definitions hold and a step changed: each step has definitions anew."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

_EMPTY: dict[str, Any] = {"list": list, "dict": dict, "set": set}


def changed_definitions(sources: Iterable[str], namespace: Mapping[str, Any]) -> list[str]:
    """Return what definitions hold otherwise than their code says, in words.

    Looked at are class attributes and defaults of parameters that the code gives as literals, and attributes
    of functions.

    Args:
        sources: the code that defined what is in the namespace.
        namespace: name -> definition.
    """
    changed: list[str] = []
    for source in sources:
        for node in _parsed(source).body:
            match node, namespace.get(getattr(node, "name", "")):
                case ast.ClassDef(), type() as definition:
                    changed += _of_class(node, definition)
                case ast.FunctionDef(decorator_list=[]), FunctionType() as definition:
                    changed += _of_function(node, definition)
                case _:
                    pass
    return list(dict.fromkeys(changed))


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        # Magics: code that only IPython reads.
        return ast.Module([], [])


def _of_class(node: ast.ClassDef, definition: type) -> Iterator[str]:
    bound = Counter(name.id for part in node.body for name in ast.walk(part) if isinstance(name, ast.Name))
    for part in node.body:
        match part:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                if bound[name] == 1 and name in vars(definition) and _differs(value, vars(definition)[name]):
                    yield f"{node.name}.{name}"
            case _:
                pass


def _of_function(node: ast.FunctionDef, definition: FunctionType) -> Iterator[str]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) or None :]
    defaults = zip(positional, arguments.defaults, definition.__defaults__ or (), strict=False)
    for argument, value, held in defaults:
        if _differs(value, held):
            yield f"the default of {argument.arg} in {node.name}"
    held_by_name = definition.__kwdefaults__ or {}
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None and _differs(value, held_by_name.get(argument.arg)):
            yield f"the default of {argument.arg} in {node.name}"
    yield from (f"{node.name}.{name}" for name in vars(definition))


def _differs(code: ast.expr, held: object) -> bool:
    """Return whether what is held is another value than the literal; False of what is no literal."""
    try:
        match code:
            case ast.Call(ast.Name(name), [], []) if name in _EMPTY:
                value: Any = _EMPTY[name]()
            case _:
                value = ast.literal_eval(code)
    except ValueError:
        return False
    return type(value) is not type(held) or value != held
