"""Which definitions differ between two states of a module's code, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jupyter_pipes.analysis.syntax import parsed_alone


def changed_definitions(old: str, new: str) -> tuple[str, ...]:
    """Return the names of what differs, methods as `Class.method`; none if it is not only what has a name."""
    try:
        before, after = (_by_name(parsed_alone(source).body) for source in (old, new))
    except (SyntaxError, ValueError):
        return ()
    names = tuple(_changed(before, after))
    return names if all(names) else ()


def _by_name(statements: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return the statements by what they bind, "" for those that bind no name."""
    named: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            named.setdefault(_name_of(statement), []).append(statement)
    return named


def _changed(before: dict[str, list[ast.stmt]], after: dict[str, list[ast.stmt]]) -> Iterator[str]:
    for name in after | before:
        old, new = before.get(name, []), after.get(name, [])
        if _dumped(old) == _dumped(new):
            continue
        match old, new:
            case [ast.ClassDef() as first], [ast.ClassDef() as second] if _heads(first) == _heads(second):
                inner = tuple(_changed(_by_name(first.body), _by_name(second.body)))
                yield from (f"{name}.{each}" for each in inner) if all(inner) else (name,)
            case _:
                yield name


def _name_of(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return name
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return name
        case _:
            return ""


def _heads(definition: ast.ClassDef) -> list[str]:
    parts = (*definition.bases, *definition.keywords, *definition.decorator_list)
    return list(map(ast.dump, parts))


def _dumped(statements: list[ast.stmt]) -> list[str]:
    return list(map(ast.dump, statements))
