"""What of Python itself runs nobody's code: types, constants, functions that only compute."""

from __future__ import annotations

import builtins
import collections.abc
import datetime
import decimal
import enum
import fractions
import math
import os.path
import pathlib
import typing
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN


class Module(Struct, frozen=True):
    """A module of the standard library, of which only `MODULES` tells what it has."""

    name: str


def _members(module: ModuleType, names: str) -> dict[str, Any]:
    # Some are newer than the oldest Python that we run on.
    return {name: getattr(module, name) for name in names.split() if hasattr(module, name)}


_BUILTINS = _members(
    builtins,
    "abs all any ascii bin bool chr complex dict divmod float frozenset hash hex int len list max min oct "
    "ord range repr round set slice sorted str sum tuple",
)
_MATHS = _members(
    math,
    "acos asin atan atan2 ceil copysign cos cosh degrees dist exp expm1 fabs floor fmod fsum gcd hypot "
    "isclose isfinite isinf isnan isqrt lcm log log10 log1p log2 radians sin sinh sqrt tan tanh trunc",
)
_PATHS = _members(os.path, "basename dirname join normpath splitext")
_TYPES = (
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(decimal.Decimal, fractions.Fraction, pathlib.Path, pathlib.PurePath, pathlib.PurePosixPath),
)

CALLED: frozenset[Any] = frozenset({*_BUILTINS.values(), *_MATHS.values(), *_PATHS.values(), *_TYPES, object})
"""What may be called: it runs no code but Python's own, and changes nothing."""

BUILTINS: Mapping[str, Any] = {
    **dict.fromkeys(vars(builtins), UNKNOWN),
    **_BUILTINS,
    **_members(builtins, "bytes object type True False None Ellipsis NotImplemented"),
}
"""Python's builtins; `UNKNOWN` for those that do something."""

MODULES: Mapping[str, Mapping[str, Any]] = {
    "collections.abc": _members(collections.abc, "Collection Iterable Mapping Sequence Set"),
    "datetime": _members(datetime, "MAXYEAR MINYEAR UTC date datetime time timedelta timezone"),
    "decimal": _members(
        decimal, "Decimal ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP"
    ),
    "enum": _members(enum, "Enum Flag IntEnum IntFlag StrEnum auto unique"),
    "fractions": _members(fractions, "Fraction"),
    "math": {**_MATHS, **_members(math, "e inf nan pi tau")},
    "os": {**_members(os, "curdir extsep pardir sep"), "path": Module("os.path")},
    "os.path": _PATHS,
    "pathlib": _members(pathlib, "Path PurePath PurePosixPath"),
    "typing": _members(
        typing,
        "Annotated Any Dict FrozenSet Iterable List Literal Mapping Optional Sequence Set Tuple Union",
    ),
}
"""Modules of the standard library, and what of them is known; everything else of them is not."""


Table = Mapping[type, frozenset[str]]
"""Type -> names of what belongs to it, or to its values."""


def _table(names: Mapping[type, str]) -> Table:
    return {kind: frozenset(text.split()) for kind, text in names.items()}


METHODS = _table(
    {
        bytes: "decode hex lower upper",
        dict: "copy get",
        float: "is_integer",
        int: "bit_length",
        list: "copy count index",
        tuple: "count index",
        str: "capitalize casefold count encode endswith find format index isdigit join lower lstrip "
        "removeprefix removesuffix rsplit rstrip split splitlines startswith strip title upper",
        set: "copy difference intersection issubset issuperset union",
        frozenset: "difference intersection issubset issuperset union",
        datetime.date: "isocalendar isoformat isoweekday replace strftime toordinal weekday",
        datetime.datetime: "date time timetz",
        datetime.time: "isoformat replace strftime",
        datetime.timedelta: "total_seconds",
        decimal.Decimal: "normalize quantize to_integral_value",
        fractions.Fraction: "limit_denominator",
        pathlib.PurePath: "as_posix is_absolute joinpath relative_to with_name with_stem with_suffix",
    }
)
"""Type -> methods of its values that may be called."""

ATTRIBUTES = _table(
    {
        complex: "imag real",
        range: "start step stop",
        enum.Enum: "name value",
        datetime.date: "day month year",
        datetime.datetime: "hour microsecond minute second tzinfo",
        datetime.time: "hour microsecond minute second tzinfo",
        datetime.timedelta: "days microseconds seconds",
        fractions.Fraction: "denominator numerator",
        pathlib.PurePath: "anchor name parent parts stem suffix suffixes",
    }
)
"""Type -> attributes of its values that may be read."""

CLASS_METHODS = _table(
    {
        datetime.date: "fromisocalendar fromisoformat fromordinal",
        datetime.datetime: "combine strptime",
        datetime.time: "fromisoformat",
        decimal.Decimal: "from_float",
        fractions.Fraction: "from_decimal from_float",
        dict: "fromkeys",
        bytes: "fromhex",
    }
)
"""Type -> methods of itself that may be called."""

CLASS_ATTRIBUTES = _table(
    {
        datetime.date: "max min resolution",
        datetime.time: "max min resolution",
        datetime.timedelta: "max min resolution",
        datetime.timezone: "utc",
    }
)
"""Type -> attributes of itself that may be read."""


def has(table: Table, kind: type, name: str) -> bool:
    """Return whether a table has the name for a type, or for one that it is derived from."""
    bases: Iterable[type] = kind.__mro__
    return any(name in table.get(base, ()) for base in bases)
