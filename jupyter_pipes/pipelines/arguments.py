"""What callers hand over in Python: of the kind that is expected, or one clear error."""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, cast

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import UsageError

_LONGEST = 80
"""Characters of a value that a message shows."""


def written(value: object) -> str:
    """Return a value as Python writes it; whatever its class does when it is asked for that."""
    try:
        return repr(value)
    except Exception:  # a foreign `__repr__` may raise anything
        return hex(value) if isinstance(value, int) else f"a value of type {type(value).__name__}"


def shown(value: object) -> str:
    """Return a value in a line, as messages show it."""
    line = " ".join(written(value).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def as_shown(text: str) -> str:
    """Return a text as it is, or as Python writes it where it would not show."""
    return text if text.isprintable() else repr(text)


def is_text(value: str) -> bool:
    """Return whether a text can be written to files, databases and documents: no half characters, no NUL."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def check_text(what: str, value: object) -> str:
    """Return a text that is not empty.

    Args:
        what: what it is, for the message.
        value: what was handed over.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(value, str) or not value:
        raise UsageError(f"{what} must be a text, not {shown(value)}")
    if not is_text(value):
        raise UsageError(f"{what} {shown(value)} has characters that no name can have")
    return value


def check_names(what: str, value: object) -> tuple[str, ...]:
    """Return names; one alone may be a text itself.

    Raises:
        UsageError: it is something else.
    """
    values = _listed(what, [value] if isinstance(value, str) else value)
    if wrong := [each for each in values if not isinstance(each, str)]:
        raise UsageError(f"{what} must be names, such as 'load', not {shown(wrong[0])}")
    return cast("tuple[str, ...]", values)


def check_all(what: str, value: object, kind: type[object], words: str) -> tuple[object, ...]:
    """Return what a collection holds, all of it of one kind.

    Raises:
        UsageError: it is no collection, or something in it is not `kind`, in `words`.
    """
    values = _listed(what, value)
    if wrong := [each for each in values if not isinstance(each, kind)]:
        raise UsageError(f"{what} must be {words}, not {shown(wrong[0])}")
    return values


def _listed(what: str, value: object) -> tuple[object, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise UsageError(f"{what} must be a list, not {shown(cast('object', value))}")
    try:
        return tuple(cast("Iterable[object]", value))
    except Exception as error:  # a closed file, or a generator that fails
        raise UsageError(f"{what} cannot be gone through: {type(error).__name__}: {error}") from error


def check_mapping(what: str, value: object) -> Mapping[str, object]:
    """Return a mapping from names; None is an empty one.

    Raises:
        UsageError: it is none, or a key is no text.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(f"{what} must be a dict, such as {{'rows': 10}}, not {shown(value)}")
    pairs = cast("Mapping[object, object]", value)
    if wrong := [key for key in pairs if not isinstance(key, str)]:
        raise UsageError(f"{what} must be a dict whose keys are names, but has {shown(wrong[0])}")
    return cast("Mapping[str, object]", pairs)


def check_switch(what: str, value: object) -> bool:
    """Return True or False.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(value, bool):
        raise UsageError(f"{what} must be True or False, not {shown(value)}")
    return value


def check_path(what: str, value: object) -> str:
    """Return the text of a path.

    Raises:
        UsageError: it is none, or is empty.
    """
    path: object = None
    if isinstance(value, (str, os.PathLike)):
        path = os.fspath(cast("str | os.PathLike[str]", value))
    if not isinstance(path, str) or not path:
        raise UsageError(f"{what} must be a path, such as 'train.ipynb', not {shown(cast('object', value))}")
    return path


def check_seconds(what: str, value: object) -> float | None:
    """Return a time that can be waited for; None is for ever.

    Raises:
        UsageError: it is no number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise UsageError(f"{what} must be a number of seconds, not {shown(value)}")
    return min(max(value, 0), threading.TIMEOUT_MAX)


def check_count(what: str, value: object) -> int:
    """Return a whole number from 0.

    Raises:
        UsageError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{what} must be a whole number from 0, not {shown(value)}")
    return value


def check_version(value: object) -> str:
    """Return a version.

    Raises:
        UsageError: it is not made of dotted numbers.
    """
    if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\d+)*", value):
        raise UsageError(f"version {shown(value)} is not made of dotted numbers, such as 1.0.0")
    return value


def check_options(options: Mapping[str, object], among: Iterable[str]) -> None:
    """Refuse keywords that nobody would heed.

    Raises:
        UsageError: one is not among those that there are; the message names the nearest.
    """
    names = tuple(among)
    for name in options:
        if name not in names:
            near = nearest(name, names)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(names)}"
            raise UsageError(f"there is no option {name}; {hint}")


def items(value: object) -> list[Any]:
    """Return what the user gave as a list: sets in sorted order, one thing alone as a list of one."""
    if isinstance(value, (set, frozenset)):
        return sorted(cast("set[Any]", value), key=str)
    return list(cast("list[Any]", value)) if isinstance(value, (list, tuple)) else [value]
