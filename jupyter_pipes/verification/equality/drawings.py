"""Figures of matplotlib by what is drawn, and their parts by the figure around them."""

from __future__ import annotations

import io
import sys
from typing import Any

from jupyter_pipes.verification.equality.base import Incomparable, Walk

_DOTS = 60
"""Dots per inch, whatever a backend set: both are drawn alike."""


def knows(value: Any) -> bool:
    """Return whether it is a figure, or a part of one."""
    module: Any = sys.modules.get("matplotlib.artist")
    return module is not None and isinstance(value, module.Artist)


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two of one type against each other."""
    one, other = a.get_figure(root=True), b.get_figure(root=True)
    if one is None or other is None:
        walk.expect(one is other, one, other, f"{where}.figure")
    elif a is not one:
        walk.expect(_place(one, a) == _place(other, b), a, b, where)
        walk.check(one, other, f"{where}.figure")
    else:
        _check_figures(walk, a, b, where)


def _check_figures(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.check(_contents(a), _contents(b), where)
    walk.expect(_drawn(a) == _drawn(b), "a picture", "another picture", where)


def _place(figure: Any, part: Any) -> int:
    return next((place for place, each in enumerate(figure.findobj()) if each is part), -1)


def _contents(figure: Any) -> list[dict[str, Any]]:
    """Return what people would name first: titles, lines, patches, places."""
    return [
        {
            "title": axes.get_title(),
            "labels": (axes.get_xlabel(), axes.get_ylabel()),
            "lines": [line.get_xydata() for line in axes.get_lines()],
            "patches": len(axes.patches),
            "collections": len(axes.collections),
            "place": axes.get_position(original=True).bounds,
            "limits": (axes.get_xlim(), axes.get_ylim()),
        }
        for axes in figure.axes
    ]


def _drawn(figure: Any) -> bytes:
    picture = io.BytesIO()
    try:
        figure.savefig(picture, format="rgba", dpi=_DOTS)
    except Exception as error:  # what draws may raise anything
        raise Incomparable(f"a figure cannot be drawn: {type(error).__name__}: {error}") from error
    return picture.getvalue()
