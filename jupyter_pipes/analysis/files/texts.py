"""Which text an expression gives, as far as literals, constants and handed arguments tell: paths, and SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from itertools import chain, islice, product

Texts = Mapping[str, str]
"""What is known by name: variables, `.path` for an attribute of whatever object, `PATHS[db]` for an item.

Items of a list go by their numbers.
"""

_MOST = 100
"""Rounds of a loop that are looked at."""

_PLACE = re.compile(r"%[sd]|\{\}")
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
        case ast.Name(name), ast.List(items) | ast.Tuple(items):
            entries = {f"{name}[{place}]": formatted(item, texts) for place, item in enumerate(items)}
        case ast.Name(name), ast.ListComp(item):
            made = (formatted(item, {**texts, **each}) for each in rounds(value, texts))
            entries = {f"{name}[{place}]": text for place, text in enumerate(made)}
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
        case ast.BinOp(ast.Constant(str(template)), ast.Mod(), value):
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            return _filled(template, [formatted(each, texts) for each in values])
        case ast.Call(ast.Attribute(ast.Constant(str(template)), "format"), arguments):
            return _filled(template, [formatted(each, texts) for each in arguments])
        case ast.Call(function, arguments) if arguments and called(function) in _PATHS:
            return _joined((text_of(each, texts) for each in _parts_of_path(function, arguments)), "/")
        case _:
            return ""


def _filled(template: str, values: list[str]) -> str:
    """Return a template with its places filled in order, "" where it has others or one is not in sight."""
    pieces = _PLACE.split(template)
    if len(pieces) != len(values) + 1 or not all(values) or any(set(piece) & set("%{}") for piece in pieces):
        return ""
    return "".join(chain.from_iterable(zip(pieces, [*values, ""], strict=True)))


def formatted(node: ast.expr, texts: Texts) -> str:
    """Return the text that an expression gives where it stands in an f-string, "" if not in sight."""
    match node:
        case ast.FormattedValue(value):
            return formatted(value, texts)
        case ast.Constant(int(number)):
            return str(number)
        case _:
            return text_of(node, texts)


def rounds(loop: ast.AST, texts: Texts) -> list[dict[str, str]]:
    """Return what each round of a loop or comprehension binds, as far as it goes over what is in sight."""
    match loop:
        case ast.For(target, iterable):
            over = [(target, iterable)]
        case (
            ast.ListComp(_, parts)
            | ast.SetComp(_, parts)
            | ast.GeneratorExp(_, parts)
            | ast.DictComp(_, _, parts)
        ):
            over = [(each.target, each.iter) for each in parts]
        case _:
            return []
    bound_by = [[_bound_by(target, row) for row in _rows(iterable, texts)] for target, iterable in over]
    chosen = (chain.from_iterable(each.items() for each in parts) for parts in product(*bound_by))
    return [dict(each) for each in islice(chosen, _MOST)]


def _bound_by(target: ast.expr, row: tuple[str, ...]) -> dict[str, str]:
    names = [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
    return dict(zip(names, row, strict=True)) if len(names) == len(row) else {}


def _rows(iterable: ast.expr, texts: Texts) -> list[tuple[str, ...]]:
    """Return the texts that going over a value in sight gives, of each item as many as it is made of."""
    match iterable:
        case ast.List(items) | ast.Tuple(items) | ast.Set(items) | ast.Dict(items):
            return [_row(item, texts) for item in items if item is not None]
        case ast.Name(name):
            items = _items(name, texts)
            is_list = all(key.isdecimal() for key in items)
            return [(text if is_list else key,) for key, text in items.items()]
        case ast.Call(ast.Name("range"), bounds):
            return [(str(number),) for number in _numbers(bounds)]
        case ast.Call(ast.Name("enumerate"), [inner]):
            return [(str(place), *row) for place, row in enumerate(_rows(inner, texts))]
        case ast.Call(ast.Name("zip"), inner):
            return [
                tuple(chain(*rows)) for rows in zip(*(_rows(each, texts) for each in inner), strict=False)
            ]
        case ast.Call(ast.Name("sorted" | "list" | "tuple" | "reversed" | "set"), [inner, *_]):
            return _rows(inner, texts)
        case ast.Call(ast.Attribute(inner, "items" | "keys" | "values" as part), []):
            pairs = _pairs(inner, texts)
            return pairs if part == "items" else [(pair[part == "values"],) for pair in pairs]
        case _:
            return []


def _numbers(bounds: list[ast.expr]) -> Iterable[int]:
    given = [each.value for each in bounds if isinstance(each, ast.Constant)]
    numbers = [each for each in given if isinstance(each, int)]
    is_known = 0 < len(numbers) == len(bounds) <= 3 and numbers[2:] != [0]
    return islice(range(*numbers), _MOST) if is_known else ()


def _row(item: ast.expr, texts: Texts) -> tuple[str, ...]:
    parts = item.elts if isinstance(item, ast.Tuple | ast.List) else [item]
    return tuple(formatted(part, texts) for part in parts)


def _pairs(mapping: ast.expr, texts: Texts) -> list[tuple[str, ...]]:
    match mapping:
        case ast.Dict(keys, values):
            pairs = zip(keys, values, strict=True)
            return [
                (formatted(key, texts), formatted(value, texts)) for key, value in pairs if key is not None
            ]
        case ast.Name(name):
            return list(_items(name, texts).items())
        case _:
            return []


def _items(name: str, texts: Texts) -> dict[str, str]:
    return {key[len(name) + 1 : -1]: text for key, text in texts.items() if key.startswith(f"{name}[")}


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
