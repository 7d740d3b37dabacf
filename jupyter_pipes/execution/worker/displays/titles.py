"""What a figure is called: by its title, or by those of its axes."""

from __future__ import annotations

import sys
from typing import Any, cast

_LONGEST = 200
"""Characters of a title that are kept."""


def title_of(value: object) -> str:
    """Return the title of a matplotlib figure, or the first one of its axes; "" for all else."""
    module: Any = sys.modules.get("matplotlib.figure")
    if module is None or not isinstance(value, module.Figure):
        return ""
    figure: Any = value
    # Before 3.8 it does not tell its own.
    titles = [getattr(figure, "get_suptitle", str)()]
    titles += [axes.get_title(place) for axes in figure.axes for place in ("center", "left", "right")]
    return _one_line(next(filter(None, titles), ""))


def title_in(chart: object) -> str:
    """Return the title that a chart has as data: a layout of plotly, or a specification of Vega."""
    title = _field(chart, "title") or _field(_field(chart, "layout"), "title")
    text = title if isinstance(title, str) else _field(title, "text")
    return _one_line(text) if isinstance(text, str) else ""


def _field(data: object, name: str) -> object:
    return cast("dict[str, object]", data).get(name) if isinstance(data, dict) else None


def _one_line(title: str) -> str:
    return " ".join(title.split())[:_LONGEST]
