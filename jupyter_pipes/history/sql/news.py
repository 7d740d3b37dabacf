"""Whether somebody may have written to a history since it was looked at last."""

from __future__ import annotations

import os

from jupyter_pipes.storage.settings import sqlite_file

_LOOKS = 2
"""Looks behind each change: a file written to twice in one tick of the clock has the same time twice."""


class News:
    """Tells by the files of an SQLite database; of any other one, there may be news at all times.

    Args:
        url: the database (SQLAlchemy's form).
    """

    def __init__(self, url: str) -> None:
        file = sqlite_file(url)
        self._files = (str(file), f"{file}-wal") if file else ()
        self._seen = tuple(map(_state, self._files))
        self._due = _LOOKS

    def may_have_come(self) -> bool:
        """Return whether the database is to be asked."""
        seen = tuple(map(_state, self._files))
        if seen != self._seen or not seen:
            self._seen, self._due = seen, _LOOKS
        self._due = max(self._due - 1, -1)
        return self._due >= 0

    def were_missed(self) -> None:
        """Learn that it could not be asked."""
        self._due = _LOOKS


def _state(file: str) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(file)  # noqa: PTH116 - all the time, while nothing happens
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
