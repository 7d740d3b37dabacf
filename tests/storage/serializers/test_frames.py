"""Arrays, frames, models and figures come back the same; large memory is not copied or dragged along."""

from __future__ import annotations

import datetime as dt
import decimal
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jupyter_pipes.storage.serializers import deserialize, serialize
from jupyter_pipes.storage.serializers.libraries.views import files_as_they_were


def stored(value):
    """Return the serializer's name and the bytes."""
    name, (buffers, *_) = serialize("value", value)
    return name, b"".join(buffers)


def back(value):
    name, data = stored(value)
    return deserialize(name, memoryview(bytearray(data)))


def assert_same(a, b):
    """Assert that two values are equal, types, dtypes, layout, order, attributes and flags included."""
    assert type(a) is type(b)
    if isinstance(a, np.ma.MaskedArray):
        assert_same(np.asarray(a.data), np.asarray(b.data))
        assert_same(np.ma.getmaskarray(a), np.ma.getmaskarray(b))
        assert_same(a.fill_value, b.fill_value)
    elif isinstance(a, np.ndarray):
        assert_same_array(a, b)
    elif isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b, check_freq=True, check_flags=True, check_exact=True, obj="frame")
        assert (a.attrs, a.flags.allows_duplicate_labels) == (b.attrs, b.flags.allows_duplicate_labels)
        assert list(a.dtypes) == list(b.dtypes)
        assert_same(a.columns, b.columns)
        assert_same(a.index, b.index)
        for place in range(a.shape[1]):
            assert_same_cells(a.iloc[:, place], b.iloc[:, place])
    elif isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b, check_freq=True, check_flags=True, check_exact=True)
        assert a.attrs == b.attrs
        assert_same_cells(a, b)
    elif isinstance(a, pd.Index):
        pd.testing.assert_index_equal(a, b, exact=True, check_exact=True)
        assert (a.names, getattr(a, "freq", None)) == (b.names, getattr(b, "freq", None))
    elif isinstance(a, pl.DataFrame | pl.Series):
        assert a.equals(b, null_equal=True)
        assert (a.schema == b.schema) if isinstance(a, pl.DataFrame) else (a.dtype == b.dtype)
    elif isinstance(a, pa.Table | pa.RecordBatch):
        assert a.equals(b, check_metadata=True)
        assert a.schema.equals(b.schema, check_metadata=True)
    elif isinstance(a, dict):
        assert_same(list(a), list(b))
        assert_same(list(a.values()), list(b.values()))
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif a is pd.NA or a is pd.NaT:
        assert a is b
    elif isinstance(a, float):
        assert math.copysign(1, a) == math.copysign(1, b)
        assert a == b or (a != a and b != b)
    else:
        assert a == b


def assert_same_array(a, b):
    assert (a.dtype, a.shape, a.dtype.byteorder) == (b.dtype, b.shape, b.dtype.byteorder)
    assert a.flags.writeable == b.flags.writeable
    if a.flags.c_contiguous or a.flags.f_contiguous:
        assert (a.flags.c_contiguous, a.flags.f_contiguous) == (b.flags.c_contiguous, b.flags.f_contiguous)
    if a.dtype == object:
        assert_same(a.ravel().tolist(), b.ravel().tolist())
    else:
        assert a.tobytes() == b.tobytes()


def assert_same_cells(a, b):
    if a.dtype == object:
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)


def read_only(array):
    array.flags.writeable = False
    return array


NUMPY = {
    "small": np.arange(5),
    "large": np.arange(100_000.0),
    "0-d": np.array(3.5),
    "empty": np.empty((0, 3)),
    "F order": np.asfortranarray(np.arange(60_000.0).reshape(300, 200)),
    "transposed": np.arange(24_000).reshape(20, 30, 40).transpose(1, 2, 0),
    "strided": np.arange(100_000)[::3],
    "reversed": np.arange(100_000)[::-1],
    "read-only": read_only(np.arange(3)),
    "large read-only": read_only(np.arange(100_000)),
    "strided read-only": read_only(np.arange(100_000)[::2]),
    "big-endian": np.arange(10, dtype=">i4"),
    "structured": np.array([(1, 2.5, b"x")], dtype=[("a", "<i2"), ("b", ">f8"), ("c", "S3")]),
    "recarray": np.rec.array([(1, "x")], dtype=[("a", int), ("b", "U2")]),
    "datetime": np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"),
    "timedelta": np.array([1, 2], dtype="timedelta64[D]"),
    "object": np.array([1, "a", None, [1], {2}], dtype=object),
    "text": np.array(["a", "bcd"]),
    "variable text": np.array(["a", "b" * 50], dtype=np.dtypes.StringDType()),
    "complex": np.array([1 + 2j, complex(0, -0.0)]),
    "half": np.array([1, np.nan], dtype=np.float16),
    "bool": np.array([True, False]),
    "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=-9),  # pyright: ignore[reportCallIssue]  # NumPy's types lack it
    "broadcast": np.broadcast_to(np.arange(3), (4, 3)),
    "scalar float32": np.float32(1.5),
    "scalar int64": np.int64(3),
    "scalar bool": np.bool_(True),
    "scalar datetime": np.datetime64("2024-01-01", "D"),
    "dtype": np.dtype([("a", "i4")]),
}


def with_attributes(frame):
    frame.attrs = {"source": "x", "n": [1, 2]}
    return frame.set_flags(allows_duplicate_labels=False)


DATES = pd.date_range("2024-01-01", periods=3, freq="D", tz="Europe/Paris")
PANDAS = {
    "numbers": pd.DataFrame({"i": [1, 2], "f": [0.5, np.nan], "b": [True, False]}),
    "large": pd.DataFrame(np.arange(80_000.0).reshape(10_000, 8), columns=list("abcdefgh")),
    "sliced": pd.DataFrame(np.arange(80_000.0).reshape(10_000, 8))[::7],
    "sizes": pd.DataFrame({t: np.array([1, 2], t) for t in ("int8", "uint8", "int16", "uint64", "float32")}),
    "text": pd.DataFrame({"s": ["a", None, "é"]}),
    "python text": pd.Series(["a", None], dtype=pd.StringDtype("python")),
    "arrow text": pd.Series(["a", None], dtype=pd.StringDtype("pyarrow")),
    "objects": pd.DataFrame(
        {"o": [1, "a", None, [1, {2}], (1,), np.nan, pd.NaT, pd.NA, b"x", 1.0]}, dtype=object
    ),
    "categories": pd.DataFrame({"c": pd.Categorical(["a", "b", None], categories=["b", "a", "z"])}),
    "ordered": pd.Series(pd.Categorical([3, 1], categories=[3, 2, 1], ordered=True), name="x"),
    "zone": pd.Series(DATES, name="t"),
    "zone index": pd.Series(range(3), index=DATES),
    "fixed offset": pd.Series(pd.to_datetime(["2024-01-01T00:00:00+05:30"])),
    "seconds": pd.Series(pd.to_datetime(["2024-01-01"]).as_unit("s")),
    "timedelta": pd.Series(pd.to_timedelta([1, None], unit="h")),
    "period": pd.Series(pd.period_range("2024-01", periods=3, freq="M")),
    "interval": pd.DataFrame({"v": pd.arrays.IntervalArray.from_breaks([0, 1, 2], closed="left")}),
    "interval index": pd.Series([1, 2], index=pd.IntervalIndex.from_breaks([0.0, 1.0, 2.0])),
    "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1], fill_value=0)}),
    "nullable": pd.DataFrame(
        {
            "i": pd.array([1, None], "Int64"),
            "u": pd.array([1, None], "UInt8"),
            "f": pd.array([1.5, None], "Float32"),
            "b": pd.array([True, None], "boolean"),
            "s": pd.array(["x", None], "string"),
        }
    ),
    "arrow": pd.DataFrame(
        {
            "i": pd.array([1, None], "int64[pyarrow]"),
            "l": pd.array([[1], None], pd.ArrowDtype(pa.list_(pa.int8()))),
            "d": pd.array([decimal.Decimal("1.10"), None], pd.ArrowDtype(pa.decimal128(5, 2))),
            "t": pd.array([dt.datetime(2024, 1, 1), None], pd.ArrowDtype(pa.timestamp("us", "UTC"))),
        }
    ),
    "multiindex": pd.DataFrame(
        np.arange(8).reshape(4, 2),
        index=pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", None]),
        columns=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["m", "n"]),
    ),
    "unused levels": pd.DataFrame(
        {"v": range(4)}, index=pd.MultiIndex.from_product([list("ab"), [1, 2]])
    ).loc[["a"]],
    "duplicate columns": pd.DataFrame([[1, "a"]], columns=["x", "x"]),
    "mixed columns": pd.DataFrame([[1, 2, 3]], columns=[0, "a", None]),
    "named axes": pd.DataFrame({"a": [1]}).rename_axis(index="i", columns="c"),
    "attributes": with_attributes(pd.DataFrame({"a": [1]})),
    "range step": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(4, 0, -2, name="r")),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series(dtype="Int8"), "b": pd.Series(dtype="category")}),
    "no columns": pd.DataFrame(index=[1, 2]),
    "index": pd.Index([1, "a"], name="i"),
    "scalars": [
        pd.Timestamp("2024", tz="UTC"),
        pd.Timedelta(1),
        pd.Period("2024-01"),
        pd.Interval(0, 1),
        pd.NA,
        pd.NaT,
    ],
    "complex": pd.Series([1j, 2.0]),
    "head of text": pd.Series([str(i) * 5 for i in range(50_000)], dtype="str").head(3),
}

POLARS = {
    "small": pl.DataFrame({"a": [1, None], "s": ["x", None]}),
    "no rows": pl.DataFrame(schema={"a": pl.Int8, "c": pl.Categorical}),
    "empty": pl.DataFrame(),
    "types": pl.DataFrame(
        {
            "i8": pl.Series([1], dtype=pl.Int8),
            "u64": pl.Series([2**64 - 1], dtype=pl.UInt64),
            "i128": pl.Series([2**100], dtype=pl.Int128),
            "date": [dt.date(2024, 1, 1)],
            "time": [dt.time(1, 2)],
            "zone": pl.Series([dt.datetime(2024, 1, 1)]).dt.replace_time_zone("Europe/Paris"),
            "ms": pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("ms")),
            "duration": [dt.timedelta(1)],
            "category": pl.Series(["a"], dtype=pl.Categorical),
            "enum": pl.Series(["b"], dtype=pl.Enum(["a", "b"])),
            "decimal": pl.Series([decimal.Decimal("1.10")], dtype=pl.Decimal(10, 2)),
            "list": [[1, 2]],
            "array": pl.Series([[1, 2]], dtype=pl.Array(pl.Int8, 2)),
            "struct": [{"a": 1, "b": "x"}],
            "binary": [b"x"],
            "null": [None],
        }
    ),
    "series": pl.Series("s", ["a", None]),
}

ARROW = {
    "table": pa.table({"a": [1, None], "s": ["x", "y"]}),
    "metadata": pa.table({"a": [1]}).replace_schema_metadata({"k": "v"}),
    "not null": pa.table(
        [[1]], schema=pa.schema([pa.field("a", pa.int8(), nullable=False, metadata={"m": "n"})])
    ),
    "chunked": pa.chunked_array([[1], [], [2, 3]]),
    "chunked table": pa.table({"a": pa.chunked_array([[1], [2, 3]])}),
    "dictionary": pa.table({"d": pa.array(["x", "y", "x"]).dictionary_encode()}),
    "batch": pa.record_batch({"a": [1, 2]}),
    "no rows": pa.table({"a": pa.array([], pa.int32())}),
    "empty batch": pa.record_batch({"a": pa.array([], pa.int32())}),
    "no columns": pa.table({}),
    "sliced": pa.table({"a": range(50_000)}).slice(10, 5),
    "array": pa.array([[1], None]),
    "scalar": pa.scalar(1, pa.int8()),
    "schema": pa.schema([("a", pa.int8())]),
    "extension": pa.table(
        {"u": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16)))}
    ),
}

BY_LIBRARY = {
    f"{library}: {case}": value
    for library, cases in (("numpy", NUMPY), ("pandas", PANDAS), ("polars", POLARS), ("pyarrow", ARROW))
    for case, value in cases.items()
}


@pytest.mark.parametrize("value", BY_LIBRARY.values(), ids=BY_LIBRARY.keys())
def test_arrays_and_frames_come_back_the_same(value):
    if not isinstance(value, np.ndarray) or value.strides != (0, 8):
        assert_same(value, back(value))
    else:
        assert back(value).tolist() == value.tolist()


@pytest.mark.parametrize("value", BY_LIBRARY.values(), ids=BY_LIBRARY.keys())
def test_a_value_that_came_back_has_the_same_bytes_when_stored_again(value):
    """So a step that hands a value on unchanged does not make its readers run."""
    once = back(value)
    assert stored(back(once))[1] == stored(once)[1]


@pytest.mark.parametrize("case", ["table", "batch", "dictionary", "sliced", "metadata"])
def test_arrow_tables_are_arrow_streams(case):
    assert stored(ARROW[case])[0] == "arrow"


LARGE_POLARS = {
    "numbers": (pl.DataFrame({"a": np.arange(200_000), "b": np.arange(200_000.0)}), "arrow"),
    "text": (pl.DataFrame({"s": [f"number {i}" for i in range(100_000)]}), "arrow"),
    "categories": (pl.DataFrame({"c": pl.Series(["a", "b"] * 200_000, dtype=pl.Categorical)}), "arrow"),
    "enum": (pl.DataFrame({"c": pl.Series(["a", "b"] * 600_000, dtype=pl.Enum(["a", "b"]))}), "arrow"),
    "chunks": (pl.concat([pl.DataFrame({"a": np.arange(200_000)})] * 2, rechunk=False), "arrow"),
    "series": (pl.Series("s", np.arange(200_000)), "arrow"),
}


@pytest.mark.parametrize(("value", "serializer"), LARGE_POLARS.values(), ids=LARGE_POLARS.keys())
def test_large_polars_frames_are_arrow_streams_and_come_back_the_same(value, serializer):
    assert stored(value)[0] == serializer
    assert_same(value, back(value))


def test_polars_objects_and_queries_come_back_the_same():
    query = pl.LazyFrame({"a": [1, 2]}).filter(pl.col("a") > 1)
    assert back(query).collect().equals(query.collect())


def test_fitted_models_predict_the_same():
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data, target = load_iris(return_X_y=True)
    for model in (make_pipeline(StandardScaler(), Ridge()), RandomForestClassifier(5, random_state=0)):
        loaded = back(model.fit(data, target))
        assert type(loaded) is type(model)
        assert (loaded.predict(data) == model.predict(data)).all()


def test_figures_come_back_and_draw_the_same():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def pixels(figure):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return bytes(canvas.buffer_rgba())

    figure = Figure()
    figure.subplots().plot([1, 3, 2])
    before = pixels(figure)
    assert pixels(back(figure)) == before


def test_who_looks_at_a_mapped_file_has_a_copy(tmp_path):
    mapped = np.memmap(tmp_path / "data", dtype="f8", mode="w+", shape=(50, 100))
    mapped[:] = 7
    loaded = back({"a": mapped})["a"]
    loaded[0, 0] = 8
    assert (type(loaded), loaded.mode, loaded.filename) == (np.memmap, "r+", str(tmp_path / "data"))
    assert (mapped == 7).all()


@pytest.mark.parametrize("happens", ["nothing", "changed", "shorter", "gone"])
def test_a_step_finds_a_mapped_file_as_it_was_left(tmp_path, happens):
    file = tmp_path / "data"
    mapped = np.memmap(file, dtype="i4", mode="w+", shape=(6,), offset=8)
    mapped[:] = 7
    name, data = stored({"part": mapped[2:4], "whole": mapped})
    match happens:
        case "changed":
            mapped[3] = 0
        case "shorter":
            file.write_bytes(b"\1")
        case "gone":
            file.unlink()
        case _:
            pass
    with files_as_they_were():
        loaded = deserialize(name, memoryview(bytearray(data)))
    assert (loaded["whole"] == 7).all()
    loaded["part"][0] = 9
    assert np.fromfile(file, dtype="i4", offset=8).tolist() == loaded["whole"].tolist() == [7, 7, 9, 7, 7, 7]


def test_a_slice_does_not_take_the_whole_along():
    assert len(stored(PANDAS["head of text"])[1]) < 10_000
    assert len(stored(pa.array(range(100_000)).slice(3, 4))[1]) < 10_000
    assert len(stored(np.zeros((1000, 1000))[:, :3])[1]) < 30_000


def test_large_memory_is_referred_to_and_not_copied():
    array = np.arange(1_000_000.0)
    frame = pd.DataFrame({"a": array}, copy=False)
    for value in (array, frame, {"x": [array]}):
        _, (buffers, *_) = serialize("value", value)
        assert any(
            np.shares_memory(np.frombuffer(buffer, "u1"), array) for buffer in buffers if len(buffer) > 10**6
        )


def test_large_buffers_are_aligned_and_used_where_they_are():
    _, data = stored([np.arange(5_001, dtype="u1"), np.arange(20_001, dtype="u1"), np.arange(10_000.0)])
    place = np.frombuffer(bytearray(data), "u1")
    small, odd, large = deserialize("pickle5", memoryview(place).cast("B"))
    for array in (odd, large):
        assert (array.__array_interface__["data"][0] - place.__array_interface__["data"][0]) % 64 == 0
        assert np.shares_memory(array, place)
    assert small.sum() == np.arange(5_001, dtype="u1").sum()
