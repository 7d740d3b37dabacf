"""A look inside a value, as plain data: a page of a table, a picture, settings or text; never HTML."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, cast

from msgspec import Struct

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.previews import PATIENCE, within
from jupyter_pipes.storage.serializers.displayed import DisplayedFigure

PAGE = 100
"""Rows of a table that are shown at once."""

_COLUMNS = 60
_CELL = 200
_TEXT = 20_000


class ValueShown(Struct, frozen=True):
    """What is seen of a value.

    Attributes:
        kind: `table` has `columns` and `rows` (their first cell is the row's label), `image` has `data`, the
            base64 text of a picture, `text` has `text`.
        form: the MIME type of that picture.
        start: place of the first row that is shown, from 0.
        total: how many rows there are.
        left_out: how many columns are not shown.
    """

    kind: Literal["table", "image", "text"]
    text: str = ""
    data: str = ""
    form: str = "image/png"
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    start: int = 0
    total: int = 0
    left_out: int = 0


def look_inside(value: Any, artifact: ArtifactRef, start: int) -> ValueShown:
    """Return a look inside a value; one whose own methods fail or take too long is told by its preview.

    Args:
        value: the value.
        artifact: what is known of it without looking.
        start: from which row on a table is shown.
    """
    if isinstance(value, DisplayedFigure):
        return _displayed(value)
    package = artifact.type.partition(".")[0]
    ways: dict[str, Callable[[Any, int], ValueShown]] = {
        "pandas": _pandas,
        "polars": _polars,
        "pyarrow": lambda table, at: _polars(_of_arrow(table), at),
        "numpy": _numpy,
        "matplotlib": _figure,
        "PIL": _image,
    }
    way = ways.get(package, _settings if _is_model(value) else _plain)
    try:
        return within(PATIENCE * 5, lambda: way(value, max(start, 0)))
    except Exception:  # a value's own methods may raise anything, and a look is no reason to fail
        return ValueShown("text", text=artifact.preview)


def _pandas(value: Any, start: int) -> ValueShown:
    import pandas as pd

    if isinstance(value, (pd.Series, pd.Index)):
        value = cast("Any", value).to_frame(name=str(value.name if value.name is not None else "value"))
    if not isinstance(value, pd.DataFrame):
        return _plain(value, start)
    page = value.iloc[start : start + PAGE, :_COLUMNS]
    return _table(
        [str(column) for column in page.columns],
        ([label, *row] for label, row in zip(page.index, page.itertuples(index=False), strict=True)),
        start,
        value.shape,
    )


def _polars(value: Any, start: int) -> ValueShown:
    frame = value.to_frame() if hasattr(value, "to_frame") else value
    page = frame[start : start + PAGE, :_COLUMNS]
    rows = ([start + place, *row] for place, row in enumerate(page.rows()))
    return _table(page.columns, rows, start, frame.shape)


def _of_arrow(table: Any) -> Any:
    from importlib import import_module

    return import_module("polars").from_arrow(table)


def _numpy(value: Any, start: int) -> ValueShown:
    if getattr(value, "ndim", 0) not in (1, 2):
        return _plain(value, start)
    grid = value.reshape(len(value), -1)
    page = grid[start : start + PAGE, :_COLUMNS]
    rows = ([start + place, *row] for place, row in enumerate(page))
    return _table([str(column) for column in range(page.shape[1])], rows, start, grid.shape)


def _table(
    columns: Sequence[str], rows: Iterator[Sequence[object]], start: int, shape: Sequence[int]
) -> ValueShown:
    cells = tuple(tuple(_short(cell) for cell in row) for row in rows)
    left_out = max(shape[1] - _COLUMNS, 0)
    return ValueShown(
        "table", columns=("", *columns), rows=cells, start=start, total=shape[0], left_out=left_out
    )


def _short(cell: object) -> str:
    text = str(cell)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


def withdraw(value: Any) -> None:
    """Take a figure that was just loaded from pyplot, which would show it below the next cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    is_drawn = type(value).__module__.partition(".")[0] == "matplotlib" and hasattr(value, "figure")
    if pyplot is not None and is_drawn:
        pyplot.close(_figure_of(value))


def _figure_of(value: Any) -> Any:
    return value if hasattr(value, "savefig") else value.figure


def _figure(value: Any, start: int) -> ValueShown:
    figure = _figure_of(value)
    return _picture(lambda stream: figure.savefig(stream, format="png", bbox_inches="tight"))


def _image(value: Any, start: int) -> ValueShown:
    return _picture(lambda stream: value.save(stream, format="PNG"))


def _picture(draw: Callable[[io.BytesIO], object]) -> ValueShown:
    stream = io.BytesIO()
    draw(stream)
    return ValueShown("image", data=base64.b64encode(stream.getvalue()).decode("ascii"))


def _displayed(figure: DisplayedFigure) -> ValueShown:
    if not figure.is_picture:
        return _plain(dict(figure.data[figure.form]), 0)
    return ValueShown("image", data=base64.b64encode(figure.content).decode("ascii"), form=figure.form)


def _is_model(value: object) -> bool:
    return callable(getattr(type(value), "get_params", None))


def _settings(value: Any, start: int) -> ValueShown:
    """Return what a model was made with, as a table."""
    settings: Mapping[str, object] = value.get_params()
    rows = ([name, setting] for name, setting in sorted(settings.items()))
    return _table([type(value).__name__], rows, 0, (len(settings), 1))


def _plain(value: Any, start: int) -> ValueShown:
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        rows = ([key, item] for key, item in islice(pairs.items(), start, start + PAGE))
        return _table(["value"], rows, start, (len(pairs), 1))
    text = value if isinstance(value, str) else repr(value)
    return ValueShown("text", text=text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…")
