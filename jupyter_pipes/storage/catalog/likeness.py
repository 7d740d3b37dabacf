"""Whether two plain values are the same to their last part, types included; if not, how they differ."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import starmap
from typing import Any, cast


def unlike(value: Any, back: Any) -> str:
    """Return in words how a value differs from another, its values not told; "" if they are the same."""
    if type(back) is not type(value):
        return f"a {type(back).__name__}, not a {type(value).__name__}"
    if isinstance(value, dict):
        ours, theirs = cast("dict[Any, Any]", value), cast("dict[Any, Any]", back)
        if list(map(_key, ours)) != list(map(_key, theirs)):
            return "other keys of a dict"
        return _first((ours[key], theirs[key]) for key in ours)
    if isinstance(value, (list, tuple)):
        ours, theirs = cast("list[Any]", value), cast("list[Any]", back)
        if len(ours) != len(theirs):
            return "another length"
        return _first(zip(ours, theirs, strict=True))
    return "" if _is_equal(value, back) else "another value"


def _key(key: object) -> tuple[type, object]:
    return type(key), key


def _first(pairs: Iterable[tuple[Any, Any]]) -> str:
    return next((words for words in starmap(unlike, pairs) if words), "")


def _is_equal(value: Any, back: Any) -> bool:
    if value is back:
        return True
    if hasattr(value, "tobytes") and hasattr(value, "dtype"):
        return _is_equal_array(value, back)
    if type(value).__eq__ is object.__eq__:
        return True  # Only being the same object would be equal: that cannot be asked of what was read.
    try:
        return bool(value == back) or bool(value != value and back != back)
    except (TypeError, ValueError):
        return True  # What has no truth, such as a frame, tells nothing.


def _is_equal_array(value: Any, back: Any) -> bool:
    alike = value.dtype == back.dtype and value.shape == back.shape
    return alike and not unlike(value.tolist(), back.tolist())
