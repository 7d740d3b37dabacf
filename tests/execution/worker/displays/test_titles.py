"""A figure is called by its title, or by the first one of its axes; a chart by what it has as data."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from jupyter_pipes.execution.worker.displays.titles import title_in, title_of


def test_the_figure_s_own_title_comes_first_and_is_one_line() -> None:
    figure = Figure()
    figure.subplots().set_title("axes")
    figure.suptitle("both\nhalves")
    assert title_of(figure) == "both halves"


@pytest.mark.parametrize("place", ["left", "center", "right"])
def test_without_one_it_is_the_first_title_of_its_axes(place: str) -> None:
    figure = Figure()
    _, second = figure.subplots(1, 2)
    second.set_title("second", loc=place)
    assert title_of(figure) == "second"


def test_what_is_no_figure_and_a_figure_without_titles_have_none() -> None:
    assert [title_of(value) for value in (Figure(), "text", None)] == ["", "", ""]


@pytest.mark.parametrize(
    ("chart", "title"),
    [
        ({"layout": {"title": {"text": "of plotly"}}}, "of plotly"),
        ({"layout": {"title": "of plotly"}}, "of plotly"),
        ({"title": "of Vega"}, "of Vega"),
        ({"title": {"text": "of Vega"}}, "of Vega"),
        ({"title": {"text": ["two", "lines"]}}, ""),
        ({"layout": None}, ""),
        ("no chart", ""),
    ],
)
def test_a_chart_has_its_title_as_data(chart: object, title: str) -> None:
    assert title_in(chart) == title
