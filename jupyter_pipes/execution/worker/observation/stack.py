"""Where a step is: its process writes the lines of its threads into its memory when it gets a signal.

The signal is handled outside of Python: also while compiled code runs that keeps every other thread waiting.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import os
import signal
import sys
from collections.abc import Sequence

import msgspec

from jupyter_pipes.execution.worker.held_files import FileLost, HeldFile

NAME = "jupyter_pipes.stack"
"""What the file in memory is called, as `/proc/PID/fd` tells it."""

SIGNAL = signal.SIGURG
"""It passes by whoever does not wait for it: no process ends by it."""

_file: HeldFile | None = None


class Quoted(msgspec.Struct, frozen=True):
    """A piece of code that the process runs.

    Attributes:
        name: what Python calls its file.
        label: what it is called in tracebacks: `Step fit`, `cell 2`.
        lines: its text, from line 1.
    """

    name: str
    label: str
    lines: tuple[str, ...]


def answer() -> None:
    """Let this process write where it is whenever it gets `SIGNAL`."""
    global _file
    if sys.platform == "linux":
        number = os.memfd_create(NAME)
        fcntl.fcntl(number, fcntl.F_SETFL, os.O_APPEND)
        _file = HeldFile(number)
        faulthandler.register(SIGNAL, _file.number())


def quote(name: str, label: str, lines: Sequence[str]) -> None:
    """Tell what a piece of code is called, and its text, before it runs; nothing where nobody can ask."""
    if _file is not None:
        line = msgspec.json.encode(Quoted(name, label, tuple(each.rstrip("\n") for each in lines)))
        # A step may have closed it: then nobody can ask any more.
        with contextlib.suppress(FileLost):
            os.write(_file.number(), line + b"\n")
