"""How an attempt reports: events into a pipe, text into a log, whatever its code does to open files."""

from __future__ import annotations

import io
import os
import select
import threading
from typing import Any

from jupyter_pipes.execution import reports
from jupyter_pipes.execution.worker.held_files import FileLost, HeldFile
from jupyter_pipes.model import events as ev

UNREPORTED = 97
"""The exit code of a process whose attempt has ended and could not report it."""


class Reporter:
    """Writes events into the pipe to the executor, each line beginning with the attempt that it is of.

    Args:
        sender: the attempt (`Job.attempt_id`).
        pipe: where to.
    """

    def __init__(self, sender: str, pipe: HeldFile) -> None:
        self._sender = sender
        self._pipe = pipe
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def report(self, event: ev.AnyEvent) -> None:
        """Write an event.

        Raises:
            FileLost: the step closed the pipe, and it cannot be opened again.
        """
        line = reports.encode(self._sender, event) + b"\n"
        if os.getpid() != self._owner:
            self._write_short(line)
            return
        with self._lock:
            number = self._pipe.number()
            written: list[int] = []
            try:
                _write(number, line, written)
            except BaseException:
                # An interrupt of the step's own, or of a cancel: half a line would spoil the next one.
                if written:
                    _write(number, line, written)
                raise

    def _write_short(self, line: bytes) -> None:
        """Write in a process that the step forked: the lock may have been held then."""
        # A short line is written in one piece anyway.
        if len(line) <= select.PIPE_BUF:
            os.write(self._pipe.number(), line)


def _write(number: int, line: bytes, written: list[int]) -> None:
    """Write what is left of a line; `written` is how many bytes were, also if an interrupt breaks it off."""
    while rest := line[sum(written) :]:
        # In one call: an interrupt that comes behind the writing would be raised before an assignment.
        written.extend(map(os.write, (number,), (rest,)))


class Log(io.RawIOBase):
    """The attempt's log as a stream of bytes.

    Python prints to a number of its own, not to 1 and 2: a step may close those, and the next file that is
    opened would get them.
    """

    name = "<log>"
    mode = "ab"

    def __init__(self, file: HeldFile) -> None:
        self._file = file

    def size(self) -> int:
        """Return how many bytes are in it; 0 when it is lost."""
        try:
            return os.fstat(self._file.number()).st_size
        except FileLost:
            return 0

    def text(self) -> io.TextIOWrapper:
        """Return a stream of text into it; closing that one closes no other."""
        # Line by line, so that the log is live; what is no text is shown escaped instead of failing the step.
        buffer = io.BufferedWriter(Log(self._file))
        return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def writable(self) -> bool:
        """Whether it can be written: yes."""
        return not self.closed

    def fileno(self) -> int:
        """Return its number."""
        return self._file.number()

    def write(self, data: Any) -> int:
        """Write some or all of the bytes and return how many."""
        return os.write(self._file.number(), data)
