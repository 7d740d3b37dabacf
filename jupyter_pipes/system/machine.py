"""This machine: which start of which system it is, and when its processes started."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path


def machine() -> str:
    """Return in which machine numbers of processes mean what they mean here; "" if it is not known."""
    return _machine(os.getpid())


def system() -> str:
    """Return which start of an operating system this is, whatever container: one memory for all; or ""."""
    return machine().partition(" ")[0]


@cache
def _machine(pid: int) -> str:
    try:
        if sys.platform != "linux":
            return _boot_of_macos() if sys.platform == "darwin" else ""
        if Path("/proc/self").readlink().name != str(pid):
            # This is the table of another container.
            return ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # In a container, numbers are counted anew, and the time since the start may be another one.
        return f"{boot} {Path('/proc/self/ns/pid').readlink()} {_clock()}"
    except (OSError, ValueError, AttributeError):
        return ""


def _clock() -> str:
    clock = Path("/proc/self/ns/time")
    # Older kernels have one clock for all.
    return str(clock.readlink()) if clock.is_symlink() else ""


def _boot_of_macos() -> str:
    import ctypes

    text = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(len(text))
    failed = ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
    return "" if failed else text.value.decode()


def has_ended(pid: int, began: str, place: str) -> bool | None:
    """Return whether the process of this number has ended that started then; None where that cannot be seen.

    Args:
        pid, began: its number, and when it started.
        place: the machine in which its number means something.
    """
    if not place or place != machine():
        return None
    seen = started(pid)
    return None if seen is None else seen != began


def is_there(pid: int) -> bool:
    """Return whether a process of this number runs, here, and is not hidden from us."""
    return bool(started(pid))


_STATE, _STARTED = 0, 19
"""Places of two facts behind the name in `/proc/PID/stat`: the state, and the ticks before it started."""


def started(pid: int) -> str | None:
    """Return when a process started, "" if it is not there (any more), None if that is hidden from us."""
    if sys.platform != "linux":
        return _started_elsewhere(pid)
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if _exists(pid) else ""
    # A process that ended stays listed until its parent looks.
    return "" if facts[_STATE] in "ZX" else facts[_STARTED]


def _started_elsewhere(pid: int) -> str:
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.NoSuchProcess:
        return ""


def _exists(pid: int) -> bool:
    try:
        # No signal: the question alone.
        os.kill(pid, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    return True
