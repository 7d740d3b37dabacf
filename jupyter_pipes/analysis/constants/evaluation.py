"""The value of an expression that only puts together what is known; nothing of the notebook runs for it.

`ast.literal_eval` reads literals and nothing else, not even `rows // 2` or `date(2024, 1, 31)`. simpleeval
and asteval give code a language of its own and call whatever they are handed, with attributes of any object
in reach. Here only what `known` names is called or looked into.
"""

from __future__ import annotations

import ast
import enum
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.operations import (
    BINARY,
    COMPARISONS,
    LARGEST,
    UNARY,
    check_call,
    checked,
    format_spec,
    weight,
)
from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant

_MOST_STEPS = 200_000
"""Expressions, those in comprehensions each time, that one evaluation goes through."""

_CONVERSIONS: Mapping[int, Callable[[Any], Any]] = {ord("s"): str, ord("r"): repr, ord("a"): ascii}


def evaluate(node: ast.expr, names: Mapping[str, Any], constructors: Collection[Any] = ()) -> Any:
    """Return the value of an expression.

    Args:
        node: the expression.
        names: name -> value; `UNKNOWN` for what only running code tells.
        constructors: what may be called beside what Python brings.

    Raises:
        NotConstant: only running code tells it, or it is too large.
        Exception: what Python raises for it, such as a NameError or a ZeroDivisionError.
    """
    try:
        return _Evaluation(names, constructors, iter(range(_MOST_STEPS))).visit(node)
    except (RecursionError, MemoryError, OverflowError):
        raise NotConstant from None


class _Evaluation(ast.NodeVisitor):
    def __init__(self, names: Mapping[str, Any], constructors: Collection[Any], steps: Iterator[int]) -> None:
        self._names = names
        self._constructors = constructors
        self._steps = steps

    def visit(self, node: ast.AST) -> Any:
        if next(self._steps, None) is None:
            raise NotConstant
        return super().visit(node)

    def generic_visit(self, node: ast.AST) -> Any:
        raise NotConstant

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id not in self._names:
            raise NameError(f"name {node.id!r} is not defined")
        return _told(self._names[node.id])

    def visit_Tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self._items(node.elts))

    def visit_List(self, node: ast.List) -> list[Any]:
        return self._items(node.elts)

    def visit_Set(self, node: ast.Set) -> set[Any]:
        return set(self._items(node.elts))

    def visit_Dict(self, node: ast.Dict) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            made |= {self.visit(key): self.visit(value)} if key is not None else self.visit(value)
        return made

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in BINARY:
            raise NotConstant
        return checked(BINARY[type(node.op)](self.visit(node.left), self.visit(node.right)))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return UNARY[type(node.op)](self.visit(node.operand))

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        value = self.visit(node.values[0])
        for following in node.values[1:]:
            if bool(value) is isinstance(node.op, ast.Or):
                break
            value = self.visit(following)
        return value

    def visit_Compare(self, node: ast.Compare) -> Any:
        sides = (self.visit(side) for side in (node.left, *node.comparators))
        value: Any = True
        for operation, (left, right) in zip(node.ops, pairwise(sides), strict=False):
            value = COMPARISONS[type(operation)](left, right)
            if not value:
                break
        return value

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if self.visit(node.test) else node.orelse)

    def visit_Slice(self, node: ast.Slice) -> slice:
        return slice(*(self.visit(each) if each else None for each in (node.lower, node.upper, node.step)))

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self.visit(node.value)[self.visit(node.slice)]

    def visit_JoinedStr(self, node: ast.JoinedStr) -> str:
        return checked("".join(map(self.visit, node.values)))

    def visit_FormattedValue(self, node: ast.FormattedValue) -> str:
        value = _light(self.visit(node.value))
        if convert := _CONVERSIONS.get(node.conversion):
            value = convert(value)
        return format(value, format_spec(self.visit(node.format_spec)) if node.format_spec else "")

    def visit_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        return [scope.visit(node.elt) for scope in self._scopes(node.generators)]

    def visit_SetComp(self, node: ast.SetComp) -> set[Any]:
        return {scope.visit(node.elt) for scope in self._scopes(node.generators)}

    def visit_DictComp(self, node: ast.DictComp) -> dict[Any, Any]:
        scopes = self._scopes(node.generators)
        return {scope.visit(node.key): scope.visit(node.value) for scope in scopes}

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        owner, name = self.visit(node.value), node.attr
        if isinstance(owner, known.Module):
            return _told(known.MODULES[owner.name].get(name, UNKNOWN))
        if isinstance(owner, enum.EnumMeta) and name in owner.__members__:
            return owner.__members__[name]
        is_readable = known.has(*_table_of(owner, known.CLASS_ATTRIBUTES, known.ATTRIBUTES), name)
        return _told(getattr(owner, name) if is_readable else UNKNOWN)

    def visit_Call(self, node: ast.Call) -> Any:
        function, owner = self._called(node.func)
        positional = self._arguments(node.args)
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.visit(keyword.value)
            keywords |= {keyword.arg: value} if keyword.arg is not None else value
        check_call(function, owner, (*positional, *keywords.values()))
        return checked(function(*positional, **keywords))

    def _called(self, node: ast.expr) -> tuple[Any, Any]:
        """Return what is called, and what it is a method of."""
        if isinstance(node, ast.Attribute):
            owner = self.visit(node.value)
            if known.has(*_table_of(owner, known.CLASS_METHODS, known.METHODS), node.attr):
                return getattr(owner, node.attr), owner
        function = self.visit(node)
        if isinstance(function, enum.EnumMeta) and function.__members__:
            return function, None
        is_known = any(function is each for each in self._constructors) or _is_called(function)
        return _told(function if is_known else UNKNOWN), None

    def _arguments(self, nodes: Sequence[ast.expr]) -> list[Any]:
        if len(nodes) == 1 and isinstance(nodes[0], ast.GeneratorExp):
            return [self.visit_ListComp(nodes[0])]
        return self._items(nodes)

    def _items(self, nodes: Sequence[ast.expr]) -> list[Any]:
        items: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                items += _light(self.visit(node.value))
            else:
                items.append(self.visit(node))
        return items

    def _scopes(self, generators: Sequence[ast.comprehension]) -> Iterator[_Evaluation]:
        """Yield, for each round of a comprehension, what evaluates with the names of that round."""
        if not generators:
            yield self
            return
        first, *others = generators
        for item in _light(self.visit(first.iter)):
            names = ChainMap(_bound(first.target, item), cast("dict[str, Any]", self._names))
            scope = _Evaluation(names, self._constructors, self._steps)
            if not first.is_async and all(map(scope.visit, first.ifs)):
                yield from scope._scopes(others)


def _bound(target: ast.expr, value: Any) -> dict[str, Any]:
    match target:
        case ast.Name(id=name):
            return {name: value}
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            bound: dict[str, Any] = {}
            for each, item in zip(targets, value, strict=True):
                bound |= _bound(each, item)
            return bound
        case _:
            raise NotConstant


def bound_names(target: ast.expr, value: Any) -> dict[str, Any]:
    """Return what an assignment of a known value binds.

    Raises:
        NotConstant: it puts the value into something, not under a name.
        ValueError: there are more, or fewer, items than names.
    """
    return _bound(target, value)


def _table_of(owner: Any, of_class: known.Table, of_value: known.Table) -> tuple[known.Table, type]:
    return (of_class, owner) if isinstance(owner, type) else (of_value, type(owner))


def _told(value: Any) -> Any:
    if value is UNKNOWN:
        raise NotConstant
    return value


def _light(value: Any) -> Any:
    if weight(value) > LARGEST:
        raise NotConstant
    return value


def _is_called(function: Any) -> bool:
    try:
        return function in known.CALLED
    except TypeError:
        # It has no hash, so it is no function of Python's.
        return False
