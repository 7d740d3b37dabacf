"""Values that stand as texts behind `-p` of a `--pipeline`: such as a parameter's type reads back."""

from __future__ import annotations

import datetime
import decimal
import enum
import numbers
from collections.abc import Mapping, Set
from pathlib import PurePath
from typing import Any, cast

from jupyter_pipes.pipelines.references import Reference

_TEXTS = (str, PurePath, decimal.Decimal, datetime.date, datetime.time)
"""Types whose texts a parameter of the type reads back, in a list as well."""


def as_written(reference: Reference, value: object) -> Any:
    """Return a value so that its text is read back: numbers of NumPy as Python's, members by their names.

    Raises:
        ValueError: no text says what it is.
    """
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value).items()
        return {as_written(reference, key): as_written(reference, held) for key, held in pairs}
    if isinstance(value, (list, tuple, Set)):
        items = [as_written(reference, each) for each in cast("list[Any]", value)]
        return tuple(items) if isinstance(value, tuple) else items
    if (number := _number(value)) is not None:
        return number
    if isinstance(value, _TEXTS):
        return str(value)
    if value is None:
        return None
    raise ValueError(
        f"{reference} is a {type(value).__name__}, and a parameter takes what can be written: numbers, "
        "texts, lists and dicts of these; refer to something of it (rows, columns, an item), or have its "
        "step write a file (--out-file) that the other pipeline reads"
    )


def _number(value: object) -> bool | int | float | complex | None:
    """Return a number as Python's own; None for anything else."""
    if isinstance(value, (bool, complex)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    is_truth = type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy"
    return bool(value) if is_truth else None
