"""Whether a text fits a term of a query: whole or by its words, with wildcards, nearly, or between two."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jupyter_pipes.history.search.fields import is_prose
from jupyter_pipes.history.search.tree import Leaf, Match, Range, glob

Fits = Callable[[str], bool]


def fitting(leaf: Leaf, field: str) -> Fits:
    """Return what says whether a text of `field` fits; case does not count, nor do numbers' values."""
    match leaf:
        case Range():
            return _between(leaf, dotted if field == "version" else str.lower)
        case Match(kind="exists"):
            return bool
        case Match(kind="fuzzy"):
            return _near(leaf, by_word=is_prose(field))
        case _:
            return _like(leaf, by_word=is_prose(field) and bool(leaf.text))


def dotted(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return what orders versions: numbers by value, before any other text."""
    parts = version.lower().split(".")
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _between(leaf: Range, key: Callable[[str], Any]) -> Fits:
    low, high = (None if bound is None else key(str(bound)) for bound in (leaf.low, leaf.high))

    def fits(text: str) -> bool:
        here = key(text)
        above = low is None or here > low or (here == low and leaf.with_low)
        return above and (high is None or here < high or (here == high and leaf.with_high))

    return fits


def _near(leaf: Match, *, by_word: bool) -> Fits:
    from rapidfuzz.distance import DamerauLevenshtein

    sought = leaf.text.lower()

    def near(word: str) -> bool:
        return DamerauLevenshtein.distance(sought, word, score_cutoff=leaf.edits) <= leaf.edits

    if by_word:
        return lambda text: any(map(near, re.findall(r"\w+", text.lower())))
    return lambda text: near(text.lower())


def _like(leaf: Match, *, by_word: bool) -> Fits:
    if leaf.kind == "wildcard":
        sought = "".join(_WILD.get(piece) or re.escape(piece[-1].lower()) for piece in glob(leaf.text))
    else:
        sought = re.escape(leaf.text.lower())
    pattern = re.compile(rf"(?<!\w){sought}(?!\w)" if by_word else rf"\A{sought}\Z", re.DOTALL)
    return lambda text: pattern.search(text.lower()) is not None


_WILD = {"*": ".*", "?": "."}
