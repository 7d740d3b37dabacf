"""Rules of values that stand as texts behind `-p` of another pipeline: its parameters read them back."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.pipelines.made.writing import as_written
from jupyter_pipes.pipelines.parameter_types import parse
from jupyter_pipes.pipelines.references import Reference

MADE = Reference("load.x", "load", "x")


class Season(enum.Enum):
    """Travels by name."""

    WET = 1


VALUES: list[tuple[object, Any]] = [
    (7, int),
    (True, bool),
    (0.1 + 0.2, float),
    (float("inf"), float),
    ("seven, eight", str),
    (None, int | None),
    ([1, "two", None], list),
    ((1, 2.5), tuple[int, float]),
    ({"a": [1], "b": {"c": True}}, dict[str, Any]),
    (Path("data/rain.csv"), Path),
    (datetime.date(2026, 1, 2), datetime.date),
    (datetime.datetime(2026, 1, 2, 3, 4, 5), datetime.datetime),
    (Decimal("0.10"), Decimal),
    (Season.WET, Season),
    ([Path("a"), Path("b")], list[Path]),
]
OF_NUMPY: list[tuple[object, Any, object]] = [
    (np.int64(7), int, 7),
    (np.bool_(True), bool, True),
    ([np.float64(0.5), np.int8(1)], list[float], [0.5, 1.0]),
    ({np.str_("a"): np.float32(0.5)}, dict[str, float], {"a": 0.5}),
]


@pytest.mark.parametrize(
    ("value", "kind", "read"), [*((value, kind, value) for value, kind in VALUES), *OF_NUMPY]
)
def test_what_is_written_is_read_back_by_a_parameter_of_the_type(
    value: object, kind: Any, read: object
) -> None:
    back = parse(str(as_written(MADE, value)), kind)
    assert (back, type(back)) == (read, type(read))


@pytest.mark.parametrize("value", [pd.DataFrame({"a": [1]}), [object()], print])
def test_what_no_text_says_is_refused_with_what_to_do(value: object) -> None:
    with pytest.raises(ValueError, match=r"\$\{load\.x\} is a .*refer to something of it.*--out-file"):
        as_written(MADE, value)
