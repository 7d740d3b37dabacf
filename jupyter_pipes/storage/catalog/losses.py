"""What of a value a format does not keep: what was written is read again and held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jupyter_pipes.storage.catalog.differences import differences, type_difference
from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.formats import format_named, library_of, panics_as_errors
from jupyter_pipes.storage.catalog.reading import read

_LARGEST = 64 * 1024**2
"""Bytes of a file up to which it is read again: more would take longer than what the step did, perhaps."""


def losses(entry: Entry, path: str, value: Any) -> tuple[str, ...]:
    """Return in words what a value loses in a file that was just written; nothing of a very large one."""
    of = format_named(entry.format)
    if of.is_one_way or Path(path).stat().st_size > _LARGEST:
        return ()
    library = library_of(value)
    return lost_of(
        entry.format,
        value,
        lambda: read(entry, path, library if library in of.reads else ""),
        type_difference if of.is_exact else differences,
    )


def reason_of(error: Exception) -> str:
    """Return what went wrong in one line: behind the first, databases repeat values."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def lost_of(
    name: str,
    value: Any,
    read_again: Callable[[], Any],
    compared: Callable[[Any, Any], Iterable[str]] = differences,
) -> tuple[str, ...]:
    """Return in words what of a value is not in what is read again; all of it if it cannot be read.

    Args:
        name: the format's.
        value: what was written.
        read_again: reads it.
        compared: tells what differs.
    """
    try:
        with panics_as_errors():
            back = read_again()
    except Exception as error:  # a library's function may raise anything
        return (f"{name} cannot be read again: {reason_of(error)}",)
    return tuple(f"{name} {difference}" for difference in compared(value, back))
