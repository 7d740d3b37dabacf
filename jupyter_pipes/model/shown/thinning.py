"""Which points of a series are drawn: of a long one, its extremes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from jupyter_pipes.model.shown.series import Series

MOST_DRAWN = 120
"""About so many points are drawn in a small plot."""


def drawn_points(points: Series, most: int = MOST_DRAWN) -> list[tuple[float, float]]:
    """Return place and value of about so many points: of each stretch the lowest and the highest number.

    The first number and the last are there too. Where not each has a place, its number in the series is it.
    """
    count = len(points)
    stride = 1 if count <= most else math.ceil(count / (most // 2))
    chosen = {number for begin in range(0, count, stride) for number in _extremes(points, begin, stride)}
    ends = (*_first_number(points, range(count)), *_first_number(points, range(count - 1, -1, -1)))
    return [_drawn(points, number) for number in sorted({*chosen, *ends})]


def is_number(value: Any) -> bool:
    """Return whether a metric's value is a number that JSON has."""
    return isinstance(value, int | float) and math.isfinite(value)


def _extremes(points: Series, begin: int, length: int) -> tuple[int, ...]:
    """Return which points of a stretch have its lowest and its highest number."""
    values = points.values[begin : begin + length]
    numbers = values if _are_numbers(values) else list(filter(is_number, values))
    return tuple(begin + values.index(end(numbers)) for end in (min, max) if numbers)


def _are_numbers(values: Sequence[Any]) -> bool:
    """Return whether all are numbers that JSON has, as far as that is seen at once."""
    try:
        return math.isfinite(sum(values))
    except (TypeError, OverflowError):
        return False


def _first_number(points: Series, order: Iterable[int]) -> tuple[int, ...]:
    return next(((number,) for number in order if is_number(points.values[number])), ())


def _drawn(points: Series, number: int) -> tuple[float, float]:
    at = points.at[number]
    return float(number) if at is None or not points.is_placed else at, float(points.values[number])
