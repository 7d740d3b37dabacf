"""Tables of pandas, polars and Arrow: types of columns, indexes, categories, attributes and all cells."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_pipes.verification.equality.arrays import check_items
from jupyter_pipes.verification.equality.base import Walk


def knows(value: Any) -> bool:
    """Return whether it is a table, a column or an index of these libraries."""
    return _check_of(value) is not None


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two of one type against each other."""
    _check_of(a)(walk, a, b, where)


def _check_of(value: Any) -> Any:
    return _pandas_check(value) or _polars_check(value) or _arrow_check(value)


def _pandas_check(value: Any) -> Any:
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return None
    kinds = {
        pandas.DataFrame: _check_frames,
        pandas.Series: _check_series,
        pandas.Index: _check_indexes,
        pandas.api.extensions.ExtensionArray: _check_extensions,
    }
    return next((check for kind, check in kinds.items() if isinstance(value, kind)), None)


def _check_frames(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect(a.shape == b.shape, a.shape, b.shape, f"{where}.shape")
    walk.check(a.columns, b.columns, f"{where}.columns")
    walk.check(a.index, b.index, f"{where}.index")
    for place, name in enumerate(a.columns):
        one, other = a.iloc[:, place], b.iloc[:, place]
        _check_values(walk, one, other, f"{where}[{name!r}]")
    walk.check(a.attrs, b.attrs, f"{where}.attrs")


def _check_series(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.check(a.name, b.name, f"{where}.name")
    walk.check(a.index, b.index, f"{where}.index")
    _check_values(walk, a, b, where)
    walk.check(a.attrs, b.attrs, f"{where}.attrs")


def _check_indexes(walk: Walk, a: Any, b: Any, where: str) -> None:
    pandas: Any = sys.modules["pandas"]
    walk.expect(list(a.names) == list(b.names), list(a.names), list(b.names), f"{where}.names")
    walk.expect(len(a) == len(b), len(a), len(b), f"len({where})")
    walk.expect(_freq(a) == _freq(b), _freq(a), _freq(b), f"{where}.freq")
    if isinstance(a, pandas.MultiIndex):
        for level in range(a.nlevels):
            one, other = a.get_level_values(level), b.get_level_values(level)
            walk.check(one, other, f"{where}.get_level_values({level})")
    else:
        _check_values(walk, a, b, where)


def _freq(index: Any) -> str | None:
    return getattr(index, "freqstr", None)


def _check_values(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect(a.dtype == b.dtype and repr(a.dtype) == repr(b.dtype), a.dtype, b.dtype, f"{where}.dtype")
    walk.expect(len(a) == len(b), len(a), len(b), f"len({where})")
    if hasattr(a.dtype, "numpy_dtype") or not hasattr(a.dtype, "construct_array_type"):
        walk.check(a.to_numpy(), b.to_numpy(), where)
    else:
        _check_extensions(walk, a.array, b.array, where)


def _check_extensions(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect(repr(a.dtype) == repr(b.dtype), a.dtype, b.dtype, f"{where}.dtype")
    walk.expect(len(a) == len(b), len(a), len(b), f"len({where})")
    if hasattr(a, "categories"):
        walk.check(a.categories, b.categories, f"{where}.cat.categories")
        walk.check(a.codes, b.codes, f"{where}.cat.codes")
        return
    one, other = a.astype(object), b.astype(object)
    if not hasattr(one, "tolist"):
        walk.expect(repr(a) == repr(b), a, b, where)
        return
    _check_cells(walk, one, other, where)


def _check_cells(walk: Walk, a: Any, b: Any, where: str) -> None:
    numpy: Any = sys.modules["numpy"]
    check_items(walk, numpy.asarray(a, dtype=object), numpy.asarray(b, dtype=object), where)


def _polars_check(value: Any) -> Any:
    polars: Any = sys.modules.get("polars")
    if polars is None:
        return None
    if isinstance(value, polars.DataFrame):
        return _check_polars_frames
    if isinstance(value, polars.Series):
        return _check_polars_series
    return _check_lazy if isinstance(value, polars.LazyFrame) else None


def _check_polars_frames(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.check(dict(a.schema), dict(b.schema), f"{where}.schema")
    for name in a.columns:
        _check_polars_series(walk, a[name], b[name], f"{where}[{name!r}]")


def _check_polars_series(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect((a.name, a.dtype) == (b.name, b.dtype), a.dtype, b.dtype, f"{where}.dtype")
    walk.check(a.to_list(), b.to_list(), where)


def _check_lazy(walk: Walk, a: Any, b: Any, where: str) -> None:
    walk.expect(a.explain() == b.explain(), a, b, where)
    _check_polars_frames(walk, a.collect(), b.collect(), where)


def _arrow_check(value: Any) -> Any:
    arrow: Any = sys.modules.get("pyarrow")
    if arrow is None:
        return None
    kinds = (arrow.Table, arrow.RecordBatch, arrow.Array, arrow.ChunkedArray)
    return _check_arrow if isinstance(value, kinds) else None


def _check_arrow(walk: Walk, a: Any, b: Any, where: str) -> None:
    for part in ("schema", "type"):
        one, other = getattr(a, part, None), getattr(b, part, None)
        walk.expect(repr(one) == repr(other), one, other, f"{where}.{part}")
    walk.check(a.to_pylist(), b.to_pylist(), where)
