"""What a query of `runs` is: a small immutable tree of what runs must have, and must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

PIECE = re.compile(r"\\.|.", re.DOTALL)
"""A character of a term, with the backslash before it if there is one."""


class Match(Struct, frozen=True):
    """A run has a text in `field` that fits.

    Attributes:
        field: name of the field, perhaps with `*` and `?`; "" for any field.
        kind: `word` and `phrase` fit a whole text (in prose, words of it), case aside, a `word` that is a
            number also an equal number; `wildcard` has `*` and `?`, and a backslash before what is meant
            literally; `fuzzy` is at most `edits` letters away; `exists` fits anything.
        text: what to look for.
        number: what a `word` means as a number.
        boost: what a match adds to the run's rank.
    """

    field: str
    kind: Literal["word", "phrase", "wildcard", "fuzzy", "exists"]
    text: str = ""
    number: float | None = None
    edits: int = 0
    boost: float = 1.0


class Range(Struct, frozen=True):
    """A run has a value in `field` between two bounds, numbers or texts; None is open.

    Dates are seconds since 1970.
    """

    field: str
    low: float | str | None
    high: float | str | None
    with_low: bool = True
    with_high: bool = True
    boost: float = 1.0


class Everything(Struct, frozen=True):
    """Every run fits; adds nothing to the rank."""


class Not(Struct, frozen=True):
    """A run for which `node` does not hold, those that lack its field too."""

    node: Node


class And(Struct, frozen=True):
    """All of `nodes` hold."""

    nodes: tuple[Node, ...]


class Or(Struct, frozen=True):
    """At least one of `nodes` holds."""

    nodes: tuple[Node, ...]


Leaf = Match | Range
Node = Leaf | Everything | Not | And | Or


def leaves(node: Node, *, negated: bool = True) -> Iterator[Leaf]:
    """Yield what a query looks for, from left to right; with `negated` off, not what must not match."""
    match node:
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from leaves(each, negated=negated)
        case Not(inner):
            if negated:
                yield from leaves(inner)
        case Everything():
            pass
        case _:
            yield node


def glob(text: str) -> list[str]:
    """Return a wildcard text in pieces: `*`, `?`, and literal characters with a backslash before each."""
    return [piece if piece in ("*", "?") else f"\\{piece[-1]}" for piece in PIECE.findall(text)]
