"""A mark in the environment of all that steps start: what outlived its controller is found, and ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "JUPYTER_PIPES_CONTROLLER"
"""The environment variable; its value names the process that drives the run."""

_MARK = re.compile(rf"(?:^|\0){VARIABLE}=([^\0]*)".encode())
_STATE, _STARTED = 0, 19
"""Places of two facts behind the name in `/proc/PID/stat`: the state, and the ticks before it started."""

_MOST_ROUNDS = 20
"""Looks at most: what is being ended may start more meanwhile."""


def mark() -> str:
    """Return the mark of what this process drives; "" where processes cannot be told apart."""
    return f"{_place()} {os.getpid()} {_started(os.getpid())}" if sys.platform == "linux" else ""


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
            found = _MARK.search(Path(f"/proc/{pid}/environ").read_bytes())
            if found and _started(pid) and _is_gone(found[1].decode("ascii", "replace")):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                return True
        finally:
            os.close(process)
    return False


def _is_gone(controller: str) -> bool:
    place, _, process = controller.partition(" ")
    pid, _, started = process.partition(" ")
    return place == _place() and pid.isdecimal() and started.isdecimal() and _started(int(pid)) != started


def _place() -> str:
    """Return where numbers of processes mean what they mean here: since which start, in which container."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    # Where the clock is another one, the ticks since the start are others too.
    clock = Path("/proc/self/ns/time")
    return f"{boot}/{Path('/proc/self/ns/pid').readlink()}/{clock.readlink() if clock.is_symlink() else ''}"


def _started(pid: int) -> str:
    """Return the ticks before a process started, "" if it has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # One that ended stays listed until its parent looks.
    return "" if facts[_STATE] in "ZX" else facts[_STARTED]
