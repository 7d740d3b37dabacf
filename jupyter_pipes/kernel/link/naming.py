"""What a cell would be called as a step: as the last thing that it writes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import count

from jupyter_pipes.analysis import analyze
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell


def suggested_name(cell: Cell, taken: Container[str]) -> str:
    """Return a name for a cell that is no step yet.

    Args:
        cell: the cell.
        taken: names that other steps have.
    """
    written = analyze(cell.source).writes
    public = [name for name in written if not name.startswith("_")] or [f"cell_{cell.number}"]
    name = max(public, key=lambda name: _last_place(name, cell.source))
    return next(free for free in _numbered(name) if free not in taken and free != PARAMS_OWNER)


def _last_place(name: str, source: str) -> int:
    """Return where the name begins a line for the last time, -1 if nowhere."""
    starts = re.finditer(rf"^{re.escape(name)}\b", source, re.MULTILINE)
    return max((match.start() for match in starts), default=-1)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))
