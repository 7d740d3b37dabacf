"""A declared parameter in the words of other engines: one plain type, bounds, choices, a default."""

from __future__ import annotations

import ast
import enum
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.parameter_types import Range
from jupyter_pipes.pipelines.references import refers

if TYPE_CHECKING:
    from jupyter_pipes.pipelines.parameters import Parameter


class Declared(Struct, frozen=True):
    """A parameter, declared.

    Attributes:
        name: its name.
        kind: the class of its values: `int`, `str`, `list`, an enumeration …
        default: its value when nobody gives one.
        source: that as Python source, as written where it is a literal.
        help: what it is, in words.
        choices: the values that it may have, where they are listed.
        low, high: its bounds, both included; None for none.
        is_optional: whether it may be None.
    """

    name: str
    kind: type[Any]
    default: Any
    source: str
    help: str = ""
    choices: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None
    is_optional: bool = False


def declared(parameter: Parameter, engine: str) -> Declared:
    """Return what a parameter is.

    Args:
        parameter: the parameter.
        engine: whom it is told to, in words.

    Raises:
        NotebookError: it is not known before something runs, or has no one plain type.
    """
    if parameter.computed is not None or refers(parameter.default):
        why = "its default follows from other values"
    elif parameter.type is UNKNOWN or parameter.default is UNKNOWN:
        why = "only running the notebook's cells tells its type or default"
    else:
        kind, low, high, is_optional = _parts(parameter.type)
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        kinds: list[Any] = [*{type(choice) for choice in choices}] or [get_origin(kind) or kind]
        default = parameter.copied()
        plain = cast("Any", type(default) if kinds == [Any] else kinds[0])
        if len(kinds) == 1 and isinstance(plain, type):
            return Declared(
                parameter.name,
                cast("type[Any]", plain),
                default,
                _source(parameter.spec.default, default),
                parameter.help,
                choices,
                low,
                high,
                is_optional,
            )
        why = "it may be of several types"
    raise NotebookError(
        f"parameter {parameter.name} (cell {parameter.cell}, line {parameter.spec.line}) cannot be exported "
        f"to {engine}: {why}; declare one type, and a default that stands there as a value"
    )


def _parts(kind: Any) -> tuple[Any, Any, Any, bool]:
    """A type without its bounds and without None: that, the bounds, and whether None was there."""
    if get_origin(kind) is Annotated:
        inner, low, high, is_optional = _parts(get_args(kind)[0])
        bounds = [each for each in get_args(kind)[1:] if isinstance(each, Range)]
        lows = [each.low for each in bounds if each.low is not None]
        highs = [each.high for each in bounds if each.high is not None]
        return inner, max(lows, default=low), min(highs, default=high), is_optional
    if get_origin(kind) in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        if len(members) == 1 and len(get_args(kind)) == 2:
            return (*_parts(members[0])[:3], True)
    return kind, None, None, False


def _source(written: str, value: object) -> str:
    """The default as it was written, where that is a literal of the very value."""
    try:
        literal = ast.literal_eval(written)
    except (ValueError, SyntaxError):
        literal = UNKNOWN
    if type(literal) is type(value) and literal == value:
        return written
    return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)
