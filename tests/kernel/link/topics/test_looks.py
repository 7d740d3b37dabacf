"""A look inside a value is plain data, whatever the value is and does."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from jupyter_pipes.kernel.link.topics.looks import ValueShown, look_inside
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.previews import describe


def seen(value: Any, start: int = 0) -> ValueShown:
    kind, shape, preview = describe(value)
    return look_inside(value, ArtifactRef("x", "", kind, 1, "pickle5", shape, preview), start)


@pytest.mark.parametrize(
    ("make", "columns", "first"),
    [
        ("pd.DataFrame({'a': [1, 2]}, index=['p', 'q'])", ("", "a"), ("p", "1")),
        ("pd.Series([1, 2], name='s')", ("", "s"), ("0", "1")),
        ("pl.DataFrame({'a': [1, 2]})", ("", "a"), ("0", "1")),
        ("pa.table({'a': [1, 2]})", ("", "a"), ("0", "1")),
        ("np.array([[1, 2], [3, 4]])", ("", "0", "1"), ("0", "1", "2")),
        ("np.array([1, 2])", ("", "0"), ("0", "1")),
        ("{'k': 1}", ("", "value"), ("k", "1")),
        ("Ridge(alpha=0.5)", ("", "Ridge"), ("alpha", "0.5")),
    ],
)
def test_what_has_rows_is_a_table(make: str, columns: tuple[str, ...], first: tuple[str, ...]) -> None:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sklearn.linear_model import Ridge

    names = {"np": np, "pd": pd, "pl": pl, "pa": pa, "Ridge": Ridge}
    look = seen(eval(make, names))
    assert (look.kind, look.columns, look.rows[0]) == ("table", columns, first)


def test_a_wide_frame_says_how_many_columns_are_left_out() -> None:
    import pandas as pd

    look = seen(pd.DataFrame([range(75)]))
    assert (len(look.columns), look.left_out) == (61, 15)


def test_a_figure_is_a_picture() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    look = seen(figure)
    assert look.kind == "image"
    assert base64.b64decode(look.data).startswith(b"\x89PNG")


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    def _repr_html_(self) -> str:
        return "<script>alert(1)</script>"


def test_a_value_whose_own_methods_fail_is_told_by_its_preview_and_html_is_never_asked_for() -> None:
    assert seen(Hostile()) == ValueShown("text", text="")
    assert seen("<script>alert(1)</script>") == ValueShown("text", text="<script>alert(1)</script>")
