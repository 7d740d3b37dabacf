"""What runs can be searched by: columns that every run has, and fields that it may have."""

from __future__ import annotations

from difflib import get_close_matches
from math import isfinite
from typing import Literal

ColumnKind = Literal["text", "date", "number", "switch"]

COLUMNS: dict[str, ColumnKind] = {
    "run": "text",
    "pipeline": "text",
    "version": "text",
    "status": "text",
    "title": "text",
    "origin": "text",
    "host": "text",
    "user": "text",
    "started": "date",
    "ended": "date",
    "seconds": "number",
    "progress": "number",
    "archived": "switch",
}
"""What every run has, by the name that queries use."""

PLAIN = ("tags", "commit", "part_of", "sweep")
"""Fields without a dot; a run may have several values of each."""

FAMILIES = ("params", "metrics", "models", "monitored", "steps")
"""What a field with a dot begins with."""


def is_prose(field: str) -> bool:
    """Whether texts of this field are sentences, in which people look for words."""
    return field == "title" or field.endswith(".reason")


def unknown_field(name: str) -> str | None:
    """Return in words that no run can have a field of this name and which is meant, or None if one can."""
    family, dot, _ = name.partition(".")
    if name in COLUMNS or name in PLAIN or name == "*" or (dot and family in FAMILIES):
        return None
    if name in FAMILIES:
        return f"say which of {name}: {name}.NAME, or {name}.* for any"
    return f"there is no field {name}; {_nearest(name)}"


def _nearest(name: str) -> str:
    family, dot, rest = name.partition(".")
    names = [f"{each}." for each in FAMILIES] if dot else [*COLUMNS, *PLAIN, *FAMILIES]
    if nearest := get_close_matches(f"{family}{dot}", names, n=1, cutoff=0.5):
        return f"the nearest is {nearest[0]}{rest}"
    return f"known are {', '.join([*COLUMNS, *PLAIN, *(f'{each}.NAME' for each in FAMILIES)])}"


def as_number(text: str) -> float | None:
    """Return the finite number that a text writes (`1e-1`, `100_000`), or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
