"""Which of the words that there are somebody meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word that is meant most likely: the same in another number or case, else the closest."""
    import difflib

    candidates = [candidate for candidate in dict.fromkeys(words) if candidate != word]
    same = (candidate for candidate in candidates if _stem(candidate) == _stem(word))
    return next(same, None) or next(iter(difflib.get_close_matches(word, candidates, 1)), None)


def _stem(word: str) -> str:
    lower = word.lower()
    return f"{lower.removesuffix('ies')}y" if lower.endswith("ies") else lower.removesuffix("s")
