"""Two plain values are alike to their last part, or it is said how they differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.storage.catalog.differences import differences
from jupyter_pipes.storage.catalog.likeness import unlike


class Plain:
    """Equal to itself alone."""


@pytest.mark.parametrize(
    "make",
    [
        lambda: [1, 1.5, "a", b"a", None, True, float("nan"), Decimal("NaN"), pd.NaT, pd.NA],
        lambda: {"a": (1, {2: [3]}), 5: {1, 2}},
        lambda: [np.array([1.0, np.nan]), np.float32(1), np.array(["a", [1]], dtype=object)],
        lambda: [pd.DataFrame({"x": [1]}), pd.Series([1]), Plain()],
        lambda: [dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)],
    ],
)
def test_what_is_made_twice_is_alike(make: Any) -> None:
    """What can only be the same object, or has no truth, tells nothing."""
    assert unlike(make(), make()) == ""


@pytest.mark.parametrize(
    ("value", "back", "words"),
    [
        (1, True, "a bool, not a int"),
        (1.0, 1, "a int, not a float"),
        ({1: "a"}, {"1": "a"}, "other keys of a dict"),
        ({1: "a"}, {True: "a"}, "other keys of a dict"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "other keys of a dict"),
        ([[1]], [[1, 2]], "another length"),
        ({"a": [1]}, {"a": [2]}, "another value"),
        (np.array([1, 2]), np.array([1, 3]), "another value"),
        (np.array([1, 2]), np.array([1.0, 2]), "another value"),
        (float("nan"), 1.0, "another value"),
    ],
)
def test_what_differs_is_said_without_values(value: object, back: object, words: str) -> None:
    assert unlike(value, back) == words


def test_notes_of_a_frame_may_hold_whatever_they_like() -> None:
    """Arrays among them, which have no truth."""

    def noted(numbers: list[int]) -> pd.DataFrame:
        frame = pd.DataFrame({"x": [1]})
        frame.attrs["grid"] = np.array(numbers)
        return frame

    assert list(differences(noted([1, 2]), noted([1, 2]))) == []
    assert list(differences(noted([1, 2]), noted([1, 3]))) == ["loses the frame's attrs"]
