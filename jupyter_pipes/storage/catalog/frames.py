"""How a data frame of pandas that was read differs from the one that was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jupyter_pipes.storage.catalog.likeness import unlike


def frame_differences(value: Any, back: Any) -> Iterator[str]:
    """Yield in words what of a frame is another one: columns, types, values, index, notes."""
    lost, gained = _names_of(value) - _names_of(back), _names_of(back) - _names_of(value)
    if lost:
        yield f"loses the columns {', '.join(map(str, lost.elements()))}: their names become others"
    elif not gained and list(value.columns) != list(back.columns):
        yield "changes the order of the columns"
    else:
        yield from _of_labels(value.columns, back.columns, is_longer=bool(gained))
    if len(back) != len(value):
        yield f"gives back {len(back)} of {len(value)} rows"
        return
    places, others = _places(value), _places(back)
    for name in places:
        if name in lost:
            continue
        yield from _of_columns(name, _columns(value, places[name]), _columns(back, others[name]))
    yield from _of_index(value.index, back.index, is_column=bool(gained) and not lost)
    if unlike(value.attrs, back.attrs):
        yield "loses the frame's attrs"
    if value.flags != back.flags:
        yield "loses the frame's flags"


def _names_of(frame: Any) -> Counter[Any]:
    return Counter(frame.columns)


def _of_labels(before: Any, now: Any, *, is_longer: bool) -> Iterator[str]:
    if before.names != now.names:
        yield "loses the name of the row of column names"
    if before.dtype != now.dtype and not is_longer:
        yield f"loses the {before.dtype} dtype of the column names (it comes back as {now.dtype})"


def _of_columns(name: Any, value: Iterator[Any], back: Iterator[Any]) -> Iterator[str]:
    """Of all columns of one name: there may be several."""
    for before, now in zip(value, back, strict=False):
        if before.dtype != now.dtype:
            yield f"loses the {before.dtype} dtype of {name} (it comes back as {now.dtype})"
        elif different := _of_values(before, now):
            yield f"gives back {different} in {name}"


def _places(frame: Any) -> dict[Any, list[int]]:
    """Name of a column -> where columns of that name stand."""
    found: dict[Any, list[int]] = {}
    for place, name in enumerate(frame.columns):
        found.setdefault(name, []).append(place)
    return found


def _columns(frame: Any, places: list[int]) -> Iterator[Any]:
    return (frame.iloc[:, place].reset_index(drop=True) for place in places)


def _of_values(before: Any, now: Any) -> str:
    if before.dtype == object:
        return unlike(before.tolist(), now.tolist())
    return "" if before.equals(now) else "other values"


def _of_index(before: Any, now: Any, *, is_column: bool) -> Iterator[str]:
    if is_column or not now.equals(before) or list(now.names) != list(before.names):
        yield "loses the index"
        return
    for ours, theirs in zip(_levels(before), _levels(now), strict=True):
        if ours.dtype != theirs.dtype:
            yield f"loses the {ours.dtype} dtype of the index (it comes back as {theirs.dtype})"
        elif different := _of_values(
            ours.to_series(index=range(len(ours))), theirs.to_series(index=range(len(theirs)))
        ):
            yield f"gives back {different} in the index"
    if getattr(before, "freq", None) != getattr(now, "freq", None):
        yield f"loses the frequency {before.freqstr} of the index"


def _levels(index: Any) -> list[Any]:
    return [index.get_level_values(level) for level in range(index.nlevels)]
