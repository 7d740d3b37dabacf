"""A mark in the environment of all that steps start: what outlived its controller is found, and ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_pipes.system.machine import has_ended, is_there, machine, started

VARIABLE = "JUPYTER_PIPES_CONTROLLER"
"""The environment variable; its value names the process that drives the run."""

_MARK = re.compile(rf"(?:^|\0){VARIABLE}=([^\0]*)".encode())

_MOST_ROUNDS = 20
"""Looks at most: what is being ended may start more meanwhile."""


def mark() -> str:
    """Return the mark of what this process drives; "" where the environment of others cannot be read."""
    pid = os.getpid()
    return f"{pid} {started(pid) or ''} {machine()}" if sys.platform == "linux" else ""


def end_left_behind() -> int:
    """Kill all processes whose controller is gone; return how many there were.

    Those of other users, other containers and other machines are left alone.
    """
    ended = 0
    if sys.platform == "linux":
        for _ in range(_MOST_ROUNDS):
            killed = sum(map(_end_if_left_behind, _processes()))
            ended += killed
            if not killed:
                break
    return ended


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _end_if_left_behind(pid: int) -> bool:
    # What is not there any more, or another user's, is none of ours.
    with contextlib.suppress(OSError):
        # Held open, so that no other process can come by its number before it is killed.
        process = os.pidfd_open(pid)
        try:
            match = _MARK.search(Path(f"/proc/{pid}/environ").read_bytes())
            if match and is_there(pid) and _has_ended(match[1].decode("ascii", "replace")):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                return True
        finally:
            os.close(process)
    return False


def _has_ended(mark: str) -> bool:
    """Return whether the process that a mark names has ended, as far as can be seen."""
    pid, _, rest = mark.partition(" ")
    began, _, place = rest.partition(" ")
    return pid.isdecimal() and began.isdecimal() and bool(has_ended(int(pid), began, place))
