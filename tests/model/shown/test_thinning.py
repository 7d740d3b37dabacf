"""Rules of the points that are drawn of a series: few, and none that matters is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.shown.series import MetricPoint, Series
from jupyter_pipes.model.shown.thinning import drawn_points, is_number


def series(*values: Any) -> Series:
    return Series.of(MetricPoint(float(place), value) for place, value in enumerate(values))


def test_a_long_series_is_drawn_by_its_extremes_its_first_and_its_last_value() -> None:
    points = [(float(place), float(place % 7)) for place in range(10_000)]
    points[4321] = (4321.0, 99.0)
    points[8765] = (8765.0, -99.0)
    drawn = drawn_points(series(*(value for _, value in points)))
    assert len(drawn) <= 125
    assert {points[4321], points[8765]} <= set(drawn)
    assert (drawn[0], drawn[-1]) == (points[0], points[-1])
    assert drawn == sorted(drawn)


@given(st.lists(st.floats() | st.sampled_from(["NaN", "Infinity", "-Infinity"]), max_size=300))
def test_what_is_drawn_are_numbers_with_their_places_lowest_and_highest_among_them(values: list[Any]) -> None:
    drawn = drawn_points(series(*values))
    numbers = [(float(place), value) for place, value in enumerate(values) if is_number(value)]
    assert set(drawn) <= set(numbers)
    if numbers:
        among = [value for _, value in drawn]
        assert (min(among), max(among)) == (min(v for _, v in numbers), max(v for _, v in numbers))
        assert (drawn[0], drawn[-1]) == (numbers[0], numbers[-1])


@pytest.mark.parametrize("places", [(None, None), (5.0, None), (None, 5.0)])
def test_unless_all_have_a_place_each_has_its_number(places: tuple[float | None, ...]) -> None:
    points = Series.of(MetricPoint(place, 1.0) for place in places)
    assert [x for x, _ in drawn_points(points)] == [0, 1]
