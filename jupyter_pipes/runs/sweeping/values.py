"""The values of `--sweep NAME=A,B,C` and `NAME=2..5`, as texts that parameters parse by their type."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.parameters import split_assignment

MOST_IN_RANGE = 10_000
"""So many values may a range have: more would be a slip of the hand."""

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
# A comma in brackets belongs to the value.
_ITEM = re.compile(r"(?:\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|[^,])+")


def parsed(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return name -> values of all `NAME=VALUES`, in order.

    Raises:
        UsageError: one has no name or no values, a name stands there twice, or a range is none.
    """
    sweeps: dict[str, list[str]] = {}
    for text in texts:
        name, values = split_assignment(text, "--sweep")
        if name in sweeps:
            raise UsageError(f"--sweep {text}: {name} is swept already; say all its values in one: a,b,c")
        try:
            sweeps[name] = parsed_values(values)
        except UsageError as error:
            raise UsageError(f"--sweep {text}: {error}") from None
    return sweeps


def parsed_values(text: str) -> list[str]:
    """Return the values that a text says.

    Raises:
        UsageError: it says none, or a range is none.
    """
    if span := _RANGE.fullmatch(text.strip()):
        return _range(*map(int, span.groups()))
    found = [item.strip() for item in _ITEM.findall(text)]
    if not found or not all(found) or _has_gap(text):
        raise UsageError("write the values with commas, such as 0.1,0.2, or 2..5")
    return found


def _has_gap(values: str) -> bool:
    return values.startswith(",") or values.endswith(",") or ",," in values


def _range(first: int, last: int) -> list[str]:
    if not first <= last < first + MOST_IN_RANGE:
        raise UsageError(f"a range goes up, and has at most {MOST_IN_RANGE:,} values")
    return [str(value) for value in range(first, last + 1)]
