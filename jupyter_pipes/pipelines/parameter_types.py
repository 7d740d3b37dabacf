"""Python types as parameters use them: what fits, what a text means, what is allowed; values as JSON."""

from __future__ import annotations

import ast
import datetime
import decimal
import enum
import json
import math
import numbers
import os
import sys
import types
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from jupyter_pipes.model.quantities import parse_duration
from jupyter_pipes.pipelines.arguments import is_text, shown, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_pipes.model.steps import JsonValue

TRUTH: dict[str, bool] = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
"""The words for true and false, in lower case."""


class Range(Struct, frozen=True):
    """The bounds of a parameter, both included: `Annotated[float, Range(1e-5, 1)]`.

    Attributes:
        low: the smallest allowed value, or None for no bound.
        high: the largest allowed value, or None for no bound.
    """

    low: Any = None
    high: Any = None

    def __contains__(self, value: Any) -> bool:
        # Written so that a NaN is outside.
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low}"
        return f"at most {self.high}" if self.low is None else f"from {self.low} to {self.high}"


def fit(value: object, kind: Any) -> Any:
    """Return the value as the type wants it (an `int` for `float` becomes a `float`).

    Raises:
        ValueError: it does not fit.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _in_ranges(fit(value, arguments[0]), arguments[1:])
    if origin is Literal:
        return _choice(value, arguments)
    if origin in (Union, types.UnionType):
        return _first_that_fits(value, arguments, fit)
    if isinstance(value, str) and kind is not str:
        return _fit_text_in_value(value, kind)
    if origin is not None:
        return _fit_container(value, origin, arguments)
    return _fit_plain(value, kind)


def parse(text: str, kind: Any) -> Any:
    """Return the value that a text means for a type (a command line's `-p name=text`).

    Raises:
        ValueError: it means none that fits.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _in_ranges(parse(text, arguments[0]), arguments[1:])
    if origin is Literal:
        return _parse_choice(text, arguments)
    if origin in (Union, types.UnionType):
        # Text fits `str` always, so `str` is the last resort.
        return _first_that_fits(text, sorted(arguments, key=lambda member: member is str), parse)
    plain = _parser_of(kind)
    return plain(text) if plain else fit(_items(text, origin or kind), kind)


def allowed(kind: Any) -> str:
    """Say in words what values a type allows ("a number from 1e-05 to 1", "one of 'a', 'b'")."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        ranges = " and ".join(str(bound) for bound in arguments[1:] if isinstance(bound, Range))
        return f"{allowed(arguments[0])} {ranges}".rstrip()
    if origin is Literal:
        return "one of " + ", ".join(map(repr, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(map(allowed, arguments))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "one of " + ", ".join(member.name for member in kind)
    return _WORDS.get(kind) or f"a value of type {annotation_of(kind)}"


def annotation_of(kind: Any) -> str:
    """Return the type as Python source, as short as it is unambiguous ("int", "Literal['a', 'b']")."""
    if kind is None or kind is type(None):
        return "None"
    if isinstance(kind, type) and not get_args(kind):
        return kind.__qualname__
    return str(kind).replace("typing.", "").replace("jupyter_pipes.pipelines.parameter_types.", "")


def choices_of(kind: Any) -> tuple[str, ...]:
    """Return the allowed values as text when the type lists them, else ()."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return choices_of(arguments[0])
    if origin is Literal:
        return tuple(map(str, arguments))
    if origin in (Union, types.UnionType):
        listed = [("None",) if member is type(None) else choices_of(member) for member in arguments]
        return tuple(choice for choices in listed for choice in choices) if all(listed) else ()
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return tuple(member.name for member in kind)
    return ()


def is_notebooks(value: object) -> bool:
    """Return whether a value is a member of an enumeration that a notebook's cell, or a program, defines."""
    return isinstance(value, enum.Enum) and type(value).__module__ == "__main__"


def program() -> str:
    """Return the name under which the program that runs here can be imported; "" for a notebook."""
    return Path(getattr(sys.modules["__main__"], "__file__", None) or "").stem


def member(class_name: str, name: str, program: str = "") -> Any:
    """Return the member of an enumeration of the notebook or program that runs here; without one, its name.

    Parameters of such types travel by name: each process has a class of its own.
    """
    for module in ("__main__", program):
        kind = getattr(sys.modules.get(module), class_name, None)
        if isinstance(kind, enum.EnumMeta):
            return kind[name]
    return name


def _in_ranges(value: Any, bounds: Iterable[object]) -> Any:
    for bound in bounds:
        if isinstance(bound, Range) and value not in bound:
            raise ValueError(f"{value!r} is not {bound}")
    return value


def _choice(value: object, choices: Sequence[Any]) -> Any:
    for choice in choices:
        # 1, 1.0 and True are equal, but not the same choice.
        if type(choice) is type(value) and choice == value:
            return choice
    raise ValueError(f"{value!r} is not a choice")


def _parse_choice(text: str, choices: Sequence[Any]) -> Any:
    for choice in sorted(choices, key=lambda choice: not isinstance(choice, str)):
        try:
            if parse(text, type(choice)) == choice:
                return choice
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a choice")


def _first_that_fits(value: Any, kinds: Sequence[Any], convert: Callable[[Any, Any], Any]) -> Any:
    # A type that takes the value as it is goes first: 1 for `float | int` stays 1.
    exact = [kind for kind in kinds if type(value) is kind] if convert is fit else []
    for kind in [*exact, *kinds]:
        try:
            return convert(value, kind)
        except ValueError:
            continue
    raise ValueError(f"{value!r} fits none of them")


def _fit_plain(value: Any, kind: Any) -> Any:
    if kind in (Any, object):
        return value
    if kind is None or kind is type(None):
        return _require(value, value is None)
    if kind is bool:
        return _require(value, isinstance(value, bool))
    if kind is int:
        return int(_require(value, not isinstance(value, bool) and isinstance(value, numbers.Integral)))
    if kind is decimal.Decimal:
        exact = isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool)
        return decimal.Decimal(_require(value, exact))
    if kind is float:
        return float(_require(value, not isinstance(value, bool) and isinstance(value, numbers.Real)))
    if kind is datetime.date:
        # A datetime is a date to Python, but not to a reader.
        return _require(value, isinstance(value, datetime.date) and not isinstance(value, datetime.datetime))
    if kind in (list, tuple, set, frozenset):
        return _fit_container(value, kind, ())
    if is_notebooks(value) and isinstance(kind, enum.EnumMeta):
        # Whoever reads a class has one of its own.
        return kind[_require(value, type(value).__qualname__ == kind.__qualname__).name]
    return _require(value, not isinstance(kind, type) or isinstance(value, kind))


def _fit_container(value: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if not isinstance(origin, type):
        return value
    if issubclass(origin, Mapping):
        _require(value, isinstance(value, Mapping))
        key, item = arguments or (Any, Any)
        pairs = {fit(left, key): fit(right, item) for left, right in value.items()}
        return pairs if type(value) is dict else value
    if issubclass(origin, (set, frozenset, AbstractSet)):
        _require(value, isinstance(value, (list, tuple, AbstractSet)))
        items = (fit(item, arguments[0] if arguments else Any) for item in value)
        return frozenset(items) if origin is frozenset else set(items)
    if issubclass(origin, Sequence):
        _require(value, isinstance(value, (list, tuple)))
        return _fit_sequence(value, origin, arguments)  # pyright: ignore[reportUnknownArgumentType] - any type
    return _require(value, isinstance(value, origin))


def _fit_sequence(value: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        _require(value, len(value) == len(arguments))
        return tuple(fit(item, kind) for item, kind in zip(value, arguments, strict=True))
    items = [fit(item, arguments[0] if arguments else Any) for item in value]
    as_tuple = origin is tuple or (origin is not list and isinstance(value, tuple))
    return tuple(items) if as_tuple else items


def _fit_text_in_value(text: str, kind: Any) -> Any:
    """A text inside a list or given as a default: meant as it stands, unless its type has no other form."""
    written_as_text = isinstance(kind, type) and issubclass(
        kind, (PurePath, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, enum.Enum)
    )
    if written_as_text and not isinstance(text, kind):
        return parse(text, kind)
    return _require(text, kind in (Any, object) or (isinstance(kind, type) and isinstance(text, kind)))


def _parser_of(kind: Any) -> Callable[[str], Any] | None:
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return kind
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return lambda text: _parse_member(text, kind)
    return _PARSERS.get(kind)


def _parse_member(text: str, kind: type[enum.Enum]) -> enum.Enum:
    for member in kind:
        if text == member.name or text == str(member.value):
            return member
    raise ValueError(f"{text!r} is no {kind.__name__}")


def _parse_bool(text: str) -> bool:
    if text.strip().lower() not in TRUTH:
        raise ValueError("use true or false")
    return TRUTH[text.strip().lower()]


def _parse_none(text: str) -> None:
    if text.strip().lower() not in ("none", "null"):
        raise ValueError("use None")


def _parse_any(text: str) -> Any:
    try:
        return _literal(text)
    except ValueError:
        return text


def _literal(text: str) -> Any:
    """A list, dict, tuple or other value as Python or JSON writes it."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _items(text: str, kind: Any) -> Any:
    """A value as Python or JSON writes it; else the items of a list, as people write them: `a, b`."""
    try:
        return _literal(text)
    except ValueError:
        if kind not in (list, tuple, set, frozenset):
            raise
        return [item.strip() for item in text.strip().strip("[](){}").split(",") if item.strip()]


def _require(value: Any, fits: bool) -> Any:
    if not fits:
        raise ValueError(f"{shown(value)} does not fit")
    return value


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: lambda text: text,
    int: int,
    float: float,
    complex: complex,
    bool: _parse_bool,
    None: _parse_none,
    type(None): _parse_none,
    Any: _parse_any,
    object: _parse_any,
    bytes: lambda text: text.encode(),
    os.PathLike: Path,
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    datetime.timedelta: lambda text: datetime.timedelta(seconds=parse_duration(text)),
    decimal.Decimal: lambda text: decimal.Decimal(text.strip()),
}

_WORDS: dict[Any, str] = {
    Any: "any value",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    None: "None",
    type(None): "None",
    list: "a list such as [1, 2]",
    dict: "a dict such as {'a': 1}",
    tuple: "a tuple such as (1, 2)",
    set: "a set such as {1, 2}",
    Path: "a path",
    datetime.datetime: "a date and time such as 2026-01-31T12:00",
    datetime.date: "a date such as 2026-01-31",
    datetime.time: "a time such as 12:30",
    datetime.timedelta: "a duration such as 10s, 30m or 1.5h",
    decimal.Decimal: "a decimal number such as 0.10",
}


def to_json(value: object) -> JsonValue:
    """Return the value as events and `--json` carry it; what JSON lacks becomes text."""
    return finite(msgspec.to_builtins(value, str_keys=True, order="deterministic", enc_hook=_plain))


def _plain(value: object) -> Any:
    # NumPy's and pandas' scalars know their plain form.
    item: Callable[[], Any] | None = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return item()
    return str(value) if isinstance(value, (PurePath, complex)) else repr(value)


def finite(value: Any) -> JsonValue:
    """Return plain data as JSON can carry it: numbers and characters that JSON lacks as words."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return written(value)
    if isinstance(value, str):
        return value if is_text(value) else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: finite(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in cast("Sequence[Any]", value)]
    return value
