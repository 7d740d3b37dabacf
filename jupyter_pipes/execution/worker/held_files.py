"""Open files of ours in a process whose code may close any number, or open its own files under it."""

from __future__ import annotations

import fcntl
import os
import resource

_ABOVE = 4000
"""The number from which ours are, where so many are allowed: code that closes a range seldom goes so far."""

_ROOM = 64
"""Numbers left for them below the limit where it is lower."""


class FileLost(OSError):
    """The step closed the file, and it cannot be opened again."""


class HeldFile:
    """A file that is still the same one whenever its number is asked for.

    Args:
        file: its number, which this object takes over: the file gets one that is out of the way.
        path: where it can be opened again, "" if nowhere.
        flags: how, as for `os.open`.
    """

    def __init__(self, file: int, path: str = "", flags: int = os.O_WRONLY) -> None:
        self._identity = _identity(file)
        self._path = path
        self._flags = flags
        self._number = moved_up(file)

    def number(self) -> int:
        """Return the number of the file, opened again if it was closed.

        Raises:
            FileLost: it cannot be.
        """
        if _identity(self._number) != self._identity:
            # What has the number now is not ours, and stays open.
            self._number = moved_up(self._opened_again())
        return self._number

    def close(self) -> None:
        """Close the file, if the process still has it."""
        if _identity(self._number) == self._identity:
            os.close(self._number)

    def _opened_again(self) -> int:
        try:
            file = os.open(self._path, self._flags)
        except OSError as error:
            raise FileLost(error.errno, f"closed, and not to be opened again: {error.strerror}") from error
        if _identity(file) != self._identity:
            os.close(file)
            raise FileLost("closed, and another file is in its place")
        return file


def moved_up(file: int) -> int:
    """Return a number for the file that is out of the way, not inherited by programs; close its old one."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    highest = _ABOVE if limit == resource.RLIM_INFINITY else min(_ABOVE, limit - _ROOM)
    try:
        number = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, max(highest, file + 1))
    except OSError:
        # None is free up there.
        return file
    os.close(file)
    return number


def _identity(file: int) -> tuple[int, int]:
    """Return what no other open file has at the same time; nothing for a number that is not in use."""
    try:
        status = os.fstat(file)
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino
