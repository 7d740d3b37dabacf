"""What changed inside a value: plain data and small tables, in lines such as `params["lr"]: 0.1 → 0.2`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.quantities import shape_text
from jupyter_pipes.storage.previews import describe

LIMIT = 20
"""Changes that are told one by one."""

CELLS = 100_000
"""Cells of a table or array up to which its values are looked at."""

_WIDTH = 60
_LABELS = 5
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")

_EXACT = frozenset({int, str, bytes, bool, type(None)})
"""Types of which equal values are the same: 0.0 equals -0.0, and tuples of both do as well."""


class _Walk:
    """A way through two values.

    Attributes:
        seen: pairs of containers that were told: one may be held twice, or hold itself.
        asks: whether all that is wanted is whether there is a difference.
        brief: whether lines are not read, only counted; they are empty then.
    """

    def __init__(self, *, asks: bool = False) -> None:
        self.seen: set[tuple[int, int]] = set()
        self.asks = self.brief = asks


def changes(name: str, old: object, new: object) -> tuple[str, ...]:
    """Return what differs, a line for each place, at most `LIMIT` and then how many more.

    Numbers are compared exactly, NaN equals NaN, and types count (`1` is not `1.0`). Of dictionaries, lists,
    tuples, sets, pandas and polars tables and NumPy arrays the contents are compared, of anything else the
    type and the repr.
    """
    lines: list[str] = []
    more = 0
    walk = _Walk()
    for line in _compare(name, old, new, walk):
        if walk.brief:
            more += 1
        else:
            lines.append(line)
            walk.brief = len(lines) >= LIMIT
    return (*lines, f"… and {more:,} more") if more else tuple(lines)


def _compare(path: str, old: Any, new: Any, walk: _Walk) -> Iterator[str]:
    if type(old) is not type(new):
        yield _line(walk, path, old, new)
        return
    table, other = _table(path, old), _table(path, new)
    inside = next((compare for kinds, compare in _CONTAINERS.items() if isinstance(old, kinds)), None)
    if table is not None and other is not None:
        yield from _tables(path, table, other, walk)
    elif inside is None:
        if _text(old) != _text(new):
            yield _line(walk, path, old, new)
    elif (id(old), id(new)) not in walk.seen:
        walk.seen.add((id(old), id(new)))
        yield from inside(path, old, new, walk)


def _plainly_same(old: Any, new: Any) -> bool:
    """Return whether two values need no closer look."""
    return old is new or (type(old) is type(new) and type(old) in _EXACT and old == new)


def _mappings(path: str, old: Mapping[Any, Any], new: Mapping[Any, Any], walk: _Walk) -> Iterator[str]:
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield _line(walk, path, old[key], key=key, word="removed")
        elif key not in old:
            yield _line(walk, path, new[key], key=key, word="added")
        elif not _plainly_same(old[key], new[key]):
            yield from _compare(f"{path}[{_shown(key)}]", old[key], new[key], walk)
    if old.keys() == new.keys() and list(old) != list(new):
        yield f"{path}: keys in another order"


def _sequences(path: str, old: Sequence[Any], new: Sequence[Any], walk: _Walk) -> Iterator[str]:
    """Compare item by item; where the lengths differ, what is alike at both ends is left aside."""
    if walk.asks and len(old) != len(new):
        yield ""
        return
    start = 0 if len(old) == len(new) else _alike_from_start(old, new)
    end = 0 if len(old) == len(new) else _alike_from_start(old[start:][::-1], new[start:][::-1])
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    for place, (one, other) in enumerate(zip(before, after, strict=False), start):
        if not _plainly_same(one, other):
            yield from _compare(f"{path}[{place}]", one, other, walk)
    shared = min(len(before), len(after))
    for rest, word in ((before[shared:], "removed"), (after[shared:], "added")):
        for place, item in enumerate(rest, start + shared):
            yield _line(walk, path, item, key=place, word=word)


def _alike_from_start(old: Sequence[Any], new: Sequence[Any]) -> int:
    for place, (one, other) in enumerate(zip(old, new, strict=False)):
        if not _plainly_same(one, other) and any(True for _ in _compare("", one, other, _Walk(asks=True))):
            return place
    return min(len(old), len(new))


def _sets(path: str, old: set[Any], new: set[Any], walk: _Walk) -> Iterator[str]:
    for items, word in ((old - new, "removed"), (new - old, "added")):
        yield from (f"{path}: {text} {word}" for text in sorted(map(_shown, items)))


_CONTAINERS: dict[type | tuple[type, ...], Callable[[str, Any, Any, _Walk], Iterator[str]]] = {
    dict: _mappings,
    (list, tuple): _sequences,
    (set, frozenset): _sets,
}


class _Table(Struct, frozen=True):
    """A table, series or array as columns of Python values.

    Attributes:
        dtypes: column -> type of its values; one column "" where there are no names.
        rows: labels of the rows, or positions.
        column: gives a column's values.
        cell: gives the expression for a cell, from row and column.
        row_type: the type of the labels, "" for positions.
        shape: its lengths.
        is_array: whether places of another shape are no longer the same places.
    """

    dtypes: Mapping[Any, str]
    rows: Sequence[Any]
    column: Callable[[Any], Sequence[Any]]
    cell: Callable[[Any, Any], str]
    row_type: str = ""
    shape: tuple[int, ...] = ()
    is_array: bool = False


def _table(path: str, value: Any) -> _Table | None:
    """Return a value as a table if it is one with unique column names, else None; imports nothing."""
    package, kind = type(value).__module__.partition(".")[0], type(value).__name__
    make = _TABLES.get((package, kind))
    return make(path, value) if make else None


def _pandas_frame(path: str, frame: Any) -> _Table | None:
    if not frame.columns.is_unique:
        return None
    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    rows, label = _pandas_rows(frame)
    return _Table(
        dtypes,
        rows,
        lambda name: frame[name].tolist(),
        lambda row, name: (
            f"{path}.{label}[{_shown(row)}, {_shown(name)}]"
            if label == "loc"
            else f"{path}[{_shown(name)}].iloc[{row}]"
        ),
        str(frame.index.dtype),
        frame.shape,
    )


def _pandas_series(path: str, series: Any) -> _Table:
    rows, label = _pandas_rows(series)
    index = str(series.index.dtype)
    return _column(series, rows, series.tolist, lambda row, _: f"{path}.{label}[{_shown(row)}]", index)


def _pandas_rows(value: Any) -> tuple[Sequence[Any], str]:
    return (value.index.tolist(), "loc") if value.index.is_unique else (range(len(value)), "iloc")


def _polars_frame(path: str, frame: Any) -> _Table:
    return _Table(
        {name: str(dtype) for name, dtype in frame.schema.items()},
        range(frame.height),
        lambda name: frame[name].to_list(),
        lambda row, name: f"{path}[{row}, {_shown(name)}]",
        shape=frame.shape,
    )


def _polars_series(path: str, series: Any) -> _Table:
    return _column(series, range(len(series)), series.to_list, lambda row, _: f"{path}[{row}]")


def _array(path: str, array: Any) -> _Table:
    places = tuple(product(*map(range, array.shape))) if array.size <= CELLS else ()
    return _column(
        array,
        places,
        lambda: array.reshape(-1).tolist(),
        lambda row, _: f"{path}[{', '.join(map(str, row))}]" if row else path,
        is_array=True,
    )


def _column(
    value: Any,
    rows: Sequence[Any],
    values: Callable[[], Sequence[Any]],
    cell: Callable[[Any, Any], str],
    row_type: str = "",
    *,
    is_array: bool = False,
) -> _Table:
    """Return what has one type of values and no names as a table of one column."""
    dtypes = {"": str(value.dtype)}
    return _Table(dtypes, rows, lambda _: values(), cell, row_type, value.shape, is_array)


_TABLES: dict[tuple[str, str], Callable[[str, Any], _Table | None]] = {
    ("pandas", "DataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _polars_series,
    ("numpy", "ndarray"): _array,
}


def _tables(path: str, old: _Table, new: _Table, walk: _Walk) -> Iterator[str]:
    yield from _columns(path, old, new)
    if old.row_type != new.row_type:
        yield f"{path}.index: {old.row_type} → {new.row_type}"
    large = max(prod(old.shape), prod(new.shape)) > CELLS
    if old.shape != new.shape and (large or old.is_array):
        yield f"{path}: {shape_text(old.shape) or 'no axes'} → {shape_text(new.shape) or 'no axes'}"
    if large:
        yield f"{path}: values of more than {CELLS:,} cells are not compared"
    elif not old.is_array or old.shape == new.shape:
        yield from _rows(path, old, new)
        yield from _cells(old, new, walk)


def _columns(path: str, old: _Table, new: _Table) -> Iterator[str]:
    for name in dict.fromkeys((*old.dtypes, *new.dtypes)):
        before, after = old.dtypes.get(name), new.dtypes.get(name)
        if before is None:
            yield f"{path}: column {_shown(name)} added ({after})"
        elif after is None:
            yield f"{path}: column {_shown(name)} removed ({before})"
        elif before != after:
            place = path if name == "" else f"{path}[{_shown(name)}]"
            yield f"{place}: {before} → {after}"
    if old.dtypes.keys() == new.dtypes.keys() and list(old.dtypes) != list(new.dtypes):
        yield f"{path}: columns in another order"


def _rows(path: str, old: _Table, new: _Table) -> Iterator[str]:
    before, after = dict.fromkeys(map(_text, old.rows)), dict.fromkeys(map(_text, new.rows))
    for labels, others, word in ((old.rows, after, "removed"), (new.rows, before, "added")):
        gone = [label for label in labels if _text(label) not in others]
        if gone:
            some = ", ".join(map(_shown, gone[:_LABELS])) + ", …" * (len(gone) > _LABELS)
            yield f"{path}: {len(gone):,} row{'s' * (len(gone) > 1)} {word}: {some}"
    if before.keys() == after.keys() and list(before) != list(after):
        yield f"{path}: rows in another order"


def _cells(old: _Table, new: _Table, walk: _Walk) -> Iterator[str]:
    places = {_text(row): place for place, row in enumerate(new.rows)}
    pairs = [(n, places[_text(row)], row) for n, row in enumerate(old.rows) if _text(row) in places]
    for name in old.dtypes:
        if name not in new.dtypes:
            continue
        before, after = old.column(name), new.column(name)
        same = _exactly if old.dtypes[name] == new.dtypes[name] else _in_value
        for one, other, row in pairs:
            if not same(before[one], after[other]):
                yield "" if walk.brief else f"{new.cell(row, name)}: {_pair(before[one], after[other])}"


def _exactly(old: Any, new: Any) -> bool:
    return _plainly_same(old, new) or (type(old) is type(new) and _text(old) == _text(new))


def _in_value(old: Any, new: Any) -> bool:
    """Return whether cells are the same but for the column's new type."""
    if isinstance(old, int | float) and isinstance(new, int | float):
        return old == new or (old != old and new != new)
    return _exactly(old, new)


def _line(walk: _Walk, path: str, *values: Any, key: Any = None, word: str = "") -> str:
    """Return the line of a changed value, or of an item that is there in one value only."""
    if walk.brief:
        return ""
    return f"{path}[{_shown(key)}]: {_shown(values[0])} {word}" if word else f"{path}: {_pair(*values)}"


def _text(value: Any) -> str:
    """Return a text that is the same for the same value: a repr is exact for numbers, and NaN's is NaN's."""
    return value if type(value) is str else _ADDRESS.sub("", repr(value))


def _pair(old: Any, new: Any) -> str:
    """Return two different values in short; of long texts what is around their first difference."""
    if type(old) is str and type(new) is str:
        shared = _alike_from_start(old, new) if max(len(old), len(new)) > _WIDTH else 0
        cut = max(shared - _WIDTH // 3, 0)
        return " → ".join("…" * bool(cut) + _shown(text[cut:]) for text in (old, new))
    before, after = _shown(old), _shown(new)
    if before == after:
        before, after = (f"{_shown(value)} ({describe(value)[0]})" for value in (old, new))
    return f"{before} → {after}"


def _shown(value: Any) -> str:
    if type(value) is str:
        text = json.dumps(value[:_WIDTH], ensure_ascii=False)
        return f"{text[: _WIDTH - 1]}…" if len(value) > _WIDTH or len(text) > _WIDTH else text
    text = " ".join(describe(value)[2].split())
    return f"{text[: _WIDTH - 1]}…" if len(text) > _WIDTH else text
