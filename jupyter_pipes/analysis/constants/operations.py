"""Operators on known values, within bounds: no expression takes all memory or time of who reads it."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, cast

from jupyter_pipes.analysis.constants.unknown import NotConstant

LARGEST = 1_000_000
"""Items and characters that a value may have, all that it holds included."""

_MOST_BITS = 100_000
_WIDE = re.compile(r"\d{4,}|\*")
_PLAIN_FORMAT = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w*(?:![rs])?(?::[^{}]{0,12})?\})*")


def checked(value: Any) -> Any:
    """Return a value that is small enough.

    Raises:
        NotConstant: it is not.
    """
    is_short = value.bit_length() <= _MOST_BITS if type(value) is int else weight(value) <= LARGEST
    _require(is_short)
    return value


def weight(value: Any) -> int:
    """Return how many items and characters a value has; what it holds twice counts twice.

    It is counted up to a little more than `LARGEST`.
    """
    total, waiting = 0, [value]
    while waiting and total <= LARGEST:
        each = waiting.pop()
        total += 1
        if isinstance(each, (str, bytes, range)):
            total += len(each)
        elif isinstance(each, Mapping):
            waiting += [item for pair in cast("Mapping[Any, Any]", each).items() for item in pair]
        elif isinstance(each, (list, tuple, set, frozenset)):
            waiting += cast("Iterable[Any]", each)
    return total


def format_spec(text: str) -> str:
    """Return what stands behind the colon in a format.

    Raises:
        NotConstant: it asks for a long text.
    """
    _require(not _WIDE.search(text))
    return text


def check_call(function: Any, owner: Any, arguments: Iterable[Any]) -> None:
    """Hold the arguments of a call against what it may come to.

    Args:
        function: what is called.
        owner: what it is a method of, else None.
        arguments: what it is given.

    Raises:
        NotConstant: it may take too long, or too much memory.
    """
    weights = [weight(argument) for argument in arguments]
    _require(sum(weights) <= LARGEST)
    name = getattr(function, "__name__", "")
    if isinstance(owner, str) and name == "join":
        _require(len(owner) * sum(weights) <= LARGEST)
    if isinstance(owner, str) and name == "format":
        _require(bool(_PLAIN_FORMAT.fullmatch(owner)) and not _WIDE.search(owner))


def _require(holds: bool) -> None:
    if not holds:
        raise NotConstant


def _product(left: Any, right: Any) -> Any:
    for value, times in ((left, right), (right, left)):
        if isinstance(value, (str, bytes, list, tuple)) and isinstance(times, int):
            _require(weight(cast("Any", value)) * max(times, 0) <= LARGEST)
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        bits = max(int(left.numerator).bit_length(), int(left.denominator).bit_length())
        _require(abs(right) * bits <= _MOST_BITS)
    return left**right


def _shifted(left: Any, right: Any) -> Any:
    _require(not isinstance(right, int) or right <= _MOST_BITS)
    return left << right


def _remainder(left: Any, right: Any) -> Any:
    _require(not isinstance(left, bytes) and not (isinstance(left, str) and _WIDE.search(left)))
    return left % right


_on_two: Any = operator
BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _on_two.add,
    ast.Sub: _on_two.sub,
    ast.Mult: _product,
    ast.Div: _on_two.truediv,
    ast.FloorDiv: _on_two.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.LShift: _shifted,
    ast.RShift: _on_two.rshift,
    ast.BitAnd: _on_two.and_,
    ast.BitOr: _on_two.or_,
    ast.BitXor: _on_two.xor,
}

UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}

COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
