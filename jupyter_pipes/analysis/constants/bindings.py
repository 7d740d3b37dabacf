"""Statements of a notebook -> the values of the names that they bind, where those are constants."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.enumerations import enumeration
from jupyter_pipes.analysis.constants.evaluation import bound_names, evaluate
from jupyter_pipes.analysis.constants.operations import BINARY, checked
from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant
from jupyter_pipes.analysis.notebook.statements import Statement
from jupyter_pipes.analysis.syntax import parse_unfolded

_UNCHANGING = (bool, int, float, complex, str, bytes, tuple)


def bound_by(
    statement: Statement, names: Mapping[str, Any], is_local: Callable[[str], bool]
) -> dict[str, Any]:
    """Return name -> value of what a statement binds; `UNKNOWN` where only running it tells.

    Args:
        statement: one of the notebook's.
        names: name -> value, of what there is when it runs.
        is_local: whether a module of that name stands beside the notebook, and hides Python's.

    Raises:
        Exception: what Python raises for a constant, such as a ZeroDivisionError.
    """
    try:
        return _bound(_node(statement.source), names, is_local)
    except (NotConstant, SyntaxError, NameError):
        return dict.fromkeys(statement.binds, UNKNOWN)


def _node(source: str) -> ast.stmt:
    body = parse_unfolded(source).body
    if len(body) != 1:
        raise NotConstant
    return body[0]


def _bound(node: ast.stmt, names: Mapping[str, Any], is_local: Callable[[str], bool]) -> dict[str, Any]:
    match node:
        case ast.Import(names=aliases):
            return dict(_module(alias, is_local) for alias in aliases)
        case ast.ImportFrom(module=str(module), names=aliases, level=0):
            members = _members(module, is_local)
            return {alias.asname or alias.name: members.get(alias.name, UNKNOWN) for alias in aliases}
        case ast.Assign(targets=targets, value=value):
            result = evaluate(value, names)
            return {name: each for t in targets for name, each in bound_names(t, result).items()}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return {name: evaluate(value, names)}
        case ast.AugAssign(target=ast.Name(id=name), op=operation, value=value):
            return {name: _added(names[name], operation, evaluate(value, names))}
        case ast.ClassDef(name=name):
            return {name: enumeration(node, names)}
        case _:
            raise NotConstant


def _module(alias: ast.alias, is_local: Callable[[str], bool]) -> tuple[str, Any]:
    top = alias.name.partition(".")[0]
    # `import os.path` binds `os`.
    module = alias.name if alias.asname else top
    return alias.asname or top, known.Module(module) if _members(module, is_local) else UNKNOWN


def _members(module: str, is_local: Callable[[str], bool]) -> Mapping[str, Any]:
    return known.MODULES.get("" if is_local(module.partition(".")[0]) else module, {})


def _added(before: Any, operation: ast.operator, value: Any) -> Any:
    # What can change in place may have another name as well.
    if not isinstance(before, _UNCHANGING) or type(operation) not in BINARY:
        raise NotConstant
    return checked(BINARY[type(operation)](before, value))
