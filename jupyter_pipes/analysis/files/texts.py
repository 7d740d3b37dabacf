"""Which text an expression gives, as far as literals, constants and handed arguments tell: paths, and SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

Texts = Mapping[str, str]
"""What is known by name: variables, `.path` for an attribute of whatever object, `PATHS[db]` for an item."""

_PATHS = frozenset(("Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "join", "joinpath"))


def bound(nodes: Iterable[ast.AST], known: Texts) -> dict[str, str]:
    """Return what is known with the names, attributes and items that simple statements bind to a text."""
    texts = dict(known)
    for node in nodes:
        match node:
            case ast.Assign([target], value) | ast.AnnAssign(target, _, ast.expr() as value):
                texts |= _bound(target, value, texts)
            case ast.ClassDef(body=body):
                fields = bound(body, {})
                texts |= {f".{name}": text for name, text in fields.items() if name.isidentifier()}
            case _:
                pass
    return texts


def _bound(target: ast.expr, value: ast.expr, texts: Texts) -> dict[str, str]:
    match target, value:
        case ast.Name(name), ast.Dict(keys, values):
            items = zip(keys, values, strict=True)
            plain = ((key.value, held) for key, held in items if isinstance(key, ast.Constant))
            entries = {f"{name}[{key}]": text_of(held, texts) for key, held in plain}
        case ast.Name(name), _:
            entries = {name: text_of(value, texts)}
        case ast.Attribute(_, name), _:
            entries = {f".{name}": text_of(value, texts)}
        case _:
            entries = {}
    return {name: text for name, text in entries.items() if text}


def text_of(node: ast.expr, texts: Texts) -> str:
    """Return the text or path that an expression gives, "" where that is not in sight."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.Name(name):
            return texts.get(name, "")
        case ast.Attribute(_, name):
            return texts.get(f".{name}", "")
        case ast.Subscript(ast.Name(name), ast.Constant(key)):
            return texts.get(f"{name}[{key}]", "")
        case ast.JoinedStr(values):
            return _joined((formatted(value, texts) for value in values), "")
        case ast.BinOp(left, ast.Div(), right):
            return _joined((text_of(each, texts) for each in (left, right)), "/")
        case ast.BinOp(left, ast.Add(), right):
            return _joined((text_of(each, texts) for each in (left, right)), "")
        case ast.Call(function, arguments) if arguments and called(function) in _PATHS:
            return _joined((text_of(each, texts) for each in _parts_of_path(function, arguments)), "/")
        case _:
            return ""


def formatted(node: ast.expr, texts: Texts) -> str:
    """Return the text that an expression gives where it stands in an f-string, "" if not in sight."""
    match node:
        case ast.FormattedValue(value):
            return formatted(value, texts)
        case ast.Constant(int(number)):
            return str(number)
        case _:
            return text_of(node, texts)


def called(function: ast.expr) -> str:
    """Return the last name of what a call calls, "" if it has none."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _parts_of_path(function: ast.expr, arguments: list[ast.expr]) -> list[ast.expr]:
    """Return what a function joins: of `folder.joinpath(name)`, the folder as well."""
    match function:
        case ast.Attribute(value, "joinpath"):
            return [value, *arguments]
        case _:
            return arguments


def _joined(parts: Iterable[str], separator: str) -> str:
    parts = list(parts)
    return separator.join(parts) if all(parts) else ""
