"""What of a value a format does not keep: what was written is read again and held against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.formats import format_named, library_of
from jupyter_pipes.storage.catalog.reading import read

_LARGEST = 64 * 1024**2
"""Bytes of a file up to which it is read again: more would take longer than what the step did, perhaps."""


def losses(entry: Entry, path: str, value: Any) -> tuple[str, ...]:
    """Return in words what a value loses in a file that was just written; nothing of a very large one.

    Raises:
        Exception: whatever the library raises that reads it.
    """
    of = format_named(entry.format)
    if of.is_one_way or Path(path).stat().st_size > _LARGEST:
        return ()
    library = library_of(value)
    return differences(entry.format, value, read(entry, path, library if library in of.reads else ""))


def differences(name: str, value: Any, back: Any) -> tuple[str, ...]:
    """Return in words how what was read differs in type from what was written."""
    if type(back) is not type(value):
        what = f"{name} gives back a {type(back).__name__}, not a {type(value).__name__}"
        return (what,)
    if library_of(value) == "pandas":
        return tuple(_of_frame(name, value, back))
    if library_of(value) == "polars":
        schema, now = dict(value.schema), dict(back.schema)
        return tuple(_of_columns(name, schema, now))
    if name == "json" and back != value:
        return ("json gives back another value: keys that are no texts, or tuples, become others",)
    if library_of(value) == "numpy" and back.dtype != value.dtype:
        return (f"{name} loses the dtype {value.dtype} (it comes back as {back.dtype})",)
    return ()


def _of_frame(name: str, value: Any, back: Any) -> Iterator[str]:
    if hasattr(value, "columns"):
        lost = [str(each) for each in value.columns if each not in set(back.columns)]
        if lost:
            yield f"{name} loses the columns {', '.join(lost)}: their names become others"
        yield from _of_columns(name, dict(value.dtypes), dict(back.dtypes))
    if not back.index.equals(value.index) or back.index.names != value.index.names:
        yield f"{name} loses the index"
    elif back.index.dtype != value.index.dtype:
        yield f"{name} loses the {value.index.dtype} dtype of the index (it comes back as {back.index.dtype})"


def _of_columns(name: str, before: dict[Any, Any], now: dict[Any, Any]) -> Iterator[str]:
    for column, dtype in before.items():
        if column in now and now[column] != dtype:
            yield f"{name} loses the {dtype} dtype of {column} (it comes back as {now[column]})"
