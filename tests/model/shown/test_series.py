"""Rules of a series of values: it is what was reported, with and without places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.shown.series import MetricPoint, Series

VALUE = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.sampled_from(["NaN", "Infinity"])
POINTS = st.lists(st.builds(MetricPoint, st.none() | st.floats(allow_nan=False, allow_infinity=False), VALUE))


@given(POINTS, st.integers(-5, 5), st.integers(-5, 5))
def test_a_series_is_the_sequence_of_its_points(points: list[MetricPoint], begin: int, end: int) -> None:
    series = Series.of(points)
    assert list(series) == points
    assert series[begin:end] == points[begin:end]
    assert series == Series.of(points)
    assert [type(point.value) for point in series] == [type(point.value) for point in points]
    assert series.is_placed == all(point.at is not None for point in points)


def test_values_without_places_follow_placed_ones() -> None:
    series = Series.of([MetricPoint(0.0, 1)])
    series.extend((2, 3))
    series.extend((4,), (7.0,))
    assert [(point.at, point.value) for point in series] == [(0.0, 1), (None, 2), (None, 3), (7.0, 4)]
    assert not series.is_placed
