"""Frames with what formats may lose, and whether one that was read is the one that was written."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

_TIMES = pd.to_datetime(["2020-01-01 01:02:03", "2021-06-01 00:00:00"])

_OF_DTYPES = {
    name: pd.Series([1, 0], dtype=name)
    for name in (
        *("int8", "int16", "int64", "uint8", "uint32", "uint64", "float16", "float32", "float64"),
        *("bool", "Int8", "Int64", "UInt64", "Float32", "Float64", "boolean", "int64[pyarrow]"),
    )
}

COLUMNS: Mapping[str, pd.Series[Any]] = {
    **_OF_DTYPES,
    "uint64 large": pd.Series([2**63 + 5, 1], dtype="uint64"),
    "int64 large": pd.Series([2**62 + 1, -5]),
    "Int64 with NA": pd.Series([1, None], dtype="Int64"),
    "boolean with NA": pd.Series([True, None], dtype="boolean"),
    "NaN": pd.Series([1.5, None]),
    "all NaN": pd.Series([float("nan")] * 2),
    "infinite": pd.Series([1.5, float("inf")]),
    "17 digits": pd.Series([0.1 + 0.2, 123456789.123456789]),
    "complex": pd.Series([1 + 2j, 3j]),
    "str": pd.Series(["a", "b"]),
    "str with None": pd.Series(["a", None]),
    "empty str": pd.Series(["", "a"]),
    "str that says NA": pd.Series(["NA", "a"]),
    "digits": pd.Series(["007", "1"]),
    "truths": pd.Series(["True", "False"]),
    "days as str": pd.Series(["2020-01-01", "2021-01-01"]),
    "line ends": pd.Series(["a\r\nb", "c\n"]),
    "spaces": pd.Series([" a ", "b"]),
    "NUL": pd.Series(["a\0b", "c"]),
    "quotes": pd.Series(['a"b', "c,d"]),
    "object of str": pd.Series(["a", "b"], dtype=object),
    "object of both": pd.Series([1, "a"], dtype=object),
    "object of None": pd.Series([None, None], dtype=object),
    "string": pd.Series(["a", None], dtype="string"),
    "category": pd.Series(["u", "v"], dtype="category"),
    "ordered category": pd.Series(pd.Categorical(["u", "v"], categories=["v", "u", "w"], ordered=True)),
    **{f"times in {unit}": pd.Series(_TIMES.as_unit(unit)) for unit in ("s", "ms", "us", "ns")},
    "nanoseconds": pd.Series(pd.to_datetime([1, 2], unit="ns")),
    "NaT": pd.Series([_TIMES[0], None]),
    "UTC": pd.Series(_TIMES.tz_localize("UTC")),
    "time zone": pd.Series(_TIMES.tz_localize("Europe/Berlin")),
    "timedelta": pd.Series(pd.to_timedelta([1, 2], unit="h")),
    "period": pd.Series(pd.period_range("2020", periods=2, freq="M")),
    "interval": pd.Series(pd.interval_range(0, 2)),
    "date": pd.Series([dt.date(2020, 1, 1), dt.date(2021, 1, 1)]),
    "time": pd.Series([dt.time(1, 2), dt.time(3, 4, 5, 6)]),
    "Decimal": pd.Series([decimal.Decimal("1.10"), decimal.Decimal(2)]),
    "UUID": pd.Series([uuid.UUID(int=1), uuid.UUID(int=2)]),
    "bytes": pd.Series([b"a", b"b"]),
    "bytes that are no text": pd.Series([b"a", b"\xff"]),
    "lists": pd.Series([[1, 2], [3]]),
    "dicts": pd.Series([{"a": 1}, {"b": 2}]),
    "tuples": pd.Series([(1, 2), (3,)]),
    "sets": pd.Series([{1}, {2}]),
    "arrays": pd.Series([np.array([1, 2]), np.array([3])]),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 1])),
    "lists of pyarrow": pd.Series([[1], [2]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
}
"""What a column may hold, two rows each."""

_PLAIN = pd.DataFrame({"a": [1, 2], "b": ["u", "v"]})
_DAYS = pd.DatetimeIndex(["2020-01-01", "2020-05-01"])


def _indexed(index: Any) -> pd.DataFrame:
    return _PLAIN.set_axis(index)


def _labelled(labels: Any) -> pd.DataFrame:
    return pd.DataFrame([[1, 2], [3, 4]], columns=labels)


def _with_attrs() -> pd.DataFrame:
    frame = _PLAIN.copy()
    frame.attrs["unit"] = "m"
    return frame


SHAPES: Mapping[str, Any] = {
    "plain": _PLAIN,
    "named index": _indexed(pd.Index([5, 6], name="key")),
    "index of texts": _indexed(pd.Index(["p", "q"])),
    "index of equal texts": _indexed(pd.Index(["p", "p"])),
    "index from 1": _indexed(pd.RangeIndex(1, 3)),
    "index of rows, named": _indexed(pd.RangeIndex(2, name="k")),
    "index of rows, as numbers": _indexed(pd.Index([0, 1])),
    "index of two levels": _indexed(pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["m", "n"])),
    "index of categories": _indexed(pd.CategoricalIndex(["p", "q"])),
    "index of days": _indexed(_DAYS),
    "index of days with a frequency": _indexed(pd.date_range("2020", periods=2)),
    "columns of numbers": _labelled([0, 1]),
    "columns of two levels": _labelled(pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
    "columns of one name": _labelled(["a", "a"]),
    "columns with a name": _labelled(pd.Index(["a", "b"], name="both")),
    "columns of days": _labelled(_DAYS),
    "columns of categories": _labelled(pd.CategoricalIndex(["a", "b"])),
    "column without a name": _labelled(["", "b"]),
    "columns that differ in case": _labelled(["a", "A"]),
    "column called index": pd.DataFrame({"index": [1, 2]}, index=[4, 5]),
    "no rows": _PLAIN.iloc[:0],
    "nothing": pd.DataFrame(),
    "attrs": _with_attrs(),
    "flags": _PLAIN.set_flags(allows_duplicate_labels=False),
    "series": pd.Series([1, 2], name="x"),
}

POLARS: Mapping[str, pl.DataFrame] = {
    **{
        f"polars {kind}": pl.DataFrame({"x": pl.Series([1, None], dtype=kind)})
        for kind in (pl.Int8, pl.Int64, pl.UInt8, pl.UInt64, pl.Int128, pl.Float32, pl.Float64)
    },
    **{
        f"polars {name}": pl.DataFrame({"x": series})
        for name, series in {
            "bool": pl.Series([True, None]),
            "str": pl.Series(["a", None]),
            "empty str": pl.Series(["", None]),
            "digits": pl.Series(["007", "1"]),
            "days as str": pl.Series(["2020-01-01", "2021-01-01"]),
            "categories": pl.Series(["a", "b"], dtype=pl.Categorical),
            "enum": pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])),
            "date": pl.Series([dt.date(2020, 1, 1)]),
            "time": pl.Series([dt.time(1, 2)]),
            "datetime": pl.Series([dt.datetime(2020, 1, 1)]),
            "nanoseconds": pl.Series([dt.datetime(2020, 1, 1)], dtype=pl.Datetime("ns")),
            "time zone": pl.Series([dt.datetime(2020, 1, 1)], dtype=pl.Datetime("us", "Europe/Berlin")),
            "duration": pl.Series([dt.timedelta(hours=1)]),
            "lists": pl.Series([[1], [2, 3]]),
            "arrays": pl.Series([[1, 2], [2, 3]], dtype=pl.Array(pl.Int64, 2)),
            "structs": pl.Series([{"a": 1}, {"a": 2}]),
            "bytes": pl.Series([b"a", b"\xff"]),
            "Decimal": pl.Series([decimal.Decimal("1.10")]),
            "nothing known": pl.Series([None, None]),
            "17 digits": pl.Series([0.1 + 0.2, 1 / 3]),
            "NaN": pl.Series([float("nan"), 1.0]),
            "infinite": pl.Series([float("inf"), 1.0]),
            "whole": pl.Series([1.0, 2.0]),
        }.items()
    },
    "polars without rows": pl.DataFrame({"x": []}, schema={"x": pl.Int64}),
    "polars of nothing": pl.DataFrame(),
}

FRAMES: Mapping[str, Any] = {
    **{name: pd.DataFrame({"x": column}) for name, column in COLUMNS.items()},
    **SHAPES,
    **POLARS,
}


def is_same(value: Any, back: Any) -> bool:
    """Return whether a frame came back as it was, as its own library and the cells' types tell."""
    if type(value) is not type(back):
        return False
    if isinstance(value, pl.DataFrame):
        return value.schema == back.schema and value.equals(back)
    try:
        pd.testing.assert_frame_equal(value, back, check_exact=True, check_column_type="equiv")
    except AssertionError:
        return False
    cells = zip(value.to_numpy(object).ravel(), back.to_numpy(object).ravel(), strict=True)
    return value.attrs == back.attrs and all(type(before) is type(now) for before, now in cells)
