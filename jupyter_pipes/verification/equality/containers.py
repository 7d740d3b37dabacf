"""Builtins: numbers, texts, sequences, dicts with their order, sets, iterators and views."""

from __future__ import annotations

import math
import re
from collections import deque
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from types import GeneratorType, MappingProxyType, ModuleType
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary, ref

from jupyter_pipes.storage.serializers import functions
from jupyter_pipes.verification.equality.base import Incomparable, Walk

ATOMS = frozenset({int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented), range})
"""Types whose values have no parts."""

_VALUES = (date, time, timedelta, tzinfo, Decimal, Fraction, PurePath, Enum, slice, re.Pattern, type, tuple)
"""Types whose values are told from each other by content only: nobody changes them."""

_VIEWS: Any = (type({}.keys()), type({}.values()), type({}.items()))  # pyright: ignore[reportUnknownArgumentType] - of nothing
_WEAK = (WeakKeyDictionary, WeakValueDictionary, WeakSet, ref)
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_SEQUENCES = (list, tuple, deque)


def has_identity(value: Any) -> bool:
    """Return whether it matters if two names hold this very object: whether it can be changed in place."""
    if isinstance(value, _VALUES) or type(value) in ATOMS or callable(value):
        return False
    kind = cast("Any", type(value))
    return not (kind.__module__ in ("numpy", "pandas") and kind.__hash__ is not None)


def knows(value: Any) -> bool:
    """Return whether it is compared here."""
    kind = cast("Any", type(value))
    return (
        kind in ATOMS
        or kind in (dict, set, frozenset, bytearray, memoryview, *_SEQUENCES, *_VIEWS)
        or isinstance(value, (ModuleType, MappingProxyType, GeneratorType, datetime, *_WEAK))
    )


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two values of one type against each other."""
    if isinstance(a, float | complex):
        walk.expect(_same_numbers(a, b), a, b, where)
    elif isinstance(a, _SEQUENCES):
        _check_sequences(walk, cast("Any", a), b, where)
    elif isinstance(a, dict | MappingProxyType):
        check_dicts(walk, cast("dict[Any, Any]", a), cast("dict[Any, Any]", b), where)
    elif isinstance(a, set | frozenset):
        _check_sequences(walk, _in_order(a), _in_order(b), where)
    elif isinstance(a, _VIEWS):
        _check_sequences(walk, list(a), list(b), where)
    elif isinstance(a, GeneratorType):
        _check_generators(walk, cast("Any", a), b, where)
    elif isinstance(a, datetime):
        walk.expect(_moment(a) == _moment(b), a, b, where)
    elif not isinstance(a, _WEAK):
        # What is only held weakly is a cache of somebody's.
        walk.expect(a == b, a, b, where)


def check_dicts(walk: Walk, a: dict[Any, Any], b: dict[Any, Any], where: str) -> None:
    """Hold two mappings against each other, the order of their keys as well."""
    for place, (key, other) in enumerate(zip(a, b, strict=False)):
        walk.check(key, other, f"list({where or '…'})[{place}]")
        walk.check(a[key], b[other], f"{where}[{key!r:.80}]")
    walk.expect(len(a) == len(b), list(a), list(b), f"list({where or '…'})")


def _check_sequences(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect(len(a) == len(b), a, b, where)
    for place, (one, other) in enumerate(zip(a, b, strict=True)):
        walk.check(one, other, f"{where}[{place}]")
    if isinstance(a, deque):
        walk.expect(a.maxlen == b.maxlen, a, b, where)


def _check_generators(walk: Walk, a: Any, b: Any, where: str) -> None:
    if a.gi_frame is None or b.gi_frame is None:
        walk.expect(a.gi_frame is b.gi_frame, a, b, where)
        return
    one, other = functions.continued(a), functions.continued(b)
    if one is not None and other is not None:
        walk.check((one.function.__code__, one.arguments), (other.function.__code__, other.arguments), where)
        return
    walk.check(a.gi_code, b.gi_code, where)
    walk.expect(a.gi_frame.f_lasti == b.gi_frame.f_lasti, a, b, where)
    walk.check(a.gi_frame.f_locals, b.gi_frame.f_locals, f"{where}.gi_frame.f_locals")


def _same_numbers(a: complex, b: complex) -> bool:
    if isinstance(a, complex) and isinstance(b, complex):
        return _same_numbers(a.real, b.real) and _same_numbers(a.imag, b.imag)
    one, other = cast("float", a), cast("float", b)
    both_nan = math.isnan(one) and math.isnan(other)
    return both_nan or (one == other and math.copysign(1, one) == math.copysign(1, other))


def _moment(value: Any) -> tuple[Any, ...]:
    return value, value.fold, value.tzinfo, getattr(value, "unit", None)


def _in_order(members: Any) -> list[Any]:
    try:
        return sorted(members, key=lambda member: (type(member).__name__, _ADDRESS.sub("", repr(member))))
    except Exception as error:  # a user's __repr__ may raise anything
        raise Incomparable(f"members of a set cannot be put in order: {error}") from error
