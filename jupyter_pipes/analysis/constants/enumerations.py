"""A `class Color(Enum)` as it is written -> the enumeration, as far as its members are constants."""

from __future__ import annotations

import ast
import enum
from collections.abc import Mapping
from typing import Any

from jupyter_pipes.analysis.constants.evaluation import evaluate
from jupyter_pipes.analysis.constants.unknown import NotConstant

_PLAIN_BASES = (str, int, float)


def enumeration(node: ast.ClassDef, names: Mapping[str, Any]) -> type[enum.Enum]:
    """Return the enumeration that a class statement defines.

    Its methods are left out: they say what members do, not which there are. How members look as text is not
    known where a method says it.

    Args:
        node: the statement.
        names: name -> value, of what stands above it.

    Raises:
        NotConstant: it is none, or its members are told only by running it.
    """
    bases = [evaluate(base, names) for base in node.bases]
    decorators = [evaluate(decorator, names) for decorator in node.decorator_list]
    if node.keywords or not _are_plain(bases) or any(each is not enum.unique for each in decorators):
        raise NotConstant
    kind = bases[-1]
    namespace = type(kind).__prepare__(node.name, tuple(bases))
    namespace["__module__"], namespace["__qualname__"] = "__main__", node.name
    for statement in node.body:
        _take(statement, namespace, names)
    made: Any = type(kind)(node.name, tuple(bases), namespace)
    return enum.unique(made) if decorators else made


def _are_plain(bases: list[Any]) -> bool:
    *mixed, kind = bases or [None]
    is_enumeration = isinstance(kind, enum.EnumMeta) and kind.__module__ == "enum" and not kind.__members__
    return is_enumeration and len(mixed) <= 1 and all(each in _PLAIN_BASES for each in mixed)


def _take(statement: ast.stmt, namespace: Any, names: Mapping[str, Any]) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
            namespace[name] = _value(value, {**names, **_members(namespace)})
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            pass
        case ast.FunctionDef(name="__str__" | "__format__" as name):
            namespace[name] = _unknown_text
        case ast.FunctionDef(name=name) if not name.startswith("_") and name not in ("name", "value"):
            pass
        case _:
            raise NotConstant


def _unknown_text(member: object, *_: object) -> str:
    raise NotConstant


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Call(func=function, args=[], keywords=[]) if evaluate(function, names) is enum.auto:
            return enum.auto()
        case _:
            return evaluate(node, names)


def _members(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the members so far: later ones may be written with them."""
    return {name: value for name, value in namespace.items() if not name.startswith("_")}
