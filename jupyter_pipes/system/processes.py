"""Which process this is, said such that no other one is taken for it, and whether one is still there."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from functools import cache
from pathlib import Path

from msgspec import Struct


class Process(Struct, frozen=True):
    """A process by what no clock and no host's name changes.

    Attributes:
        host, pid: for people.
        machine: in which its number means something: this start of the system, and the container's own
            numbering; "" where the system does not tell.
        started: when it started, as the system notes it once; numbers are used again.
    """

    host: str
    pid: int
    machine: str
    started: str


def this_process() -> Process:
    """Return this process, also behind a fork."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> Process:
    return Process(platform.node(), pid, machine(), _started(pid) or "")


def is_gone(process: Process) -> bool | None:
    """Return whether a process has ended; None where that cannot be seen from here."""
    if not process.machine or process.machine != machine():
        return None
    started = _started(process.pid)
    return None if started is None else started != process.started


def is_there(pid: int) -> bool:
    """Return whether a process of this number runs, here, and is not hidden from us."""
    return bool(_started(pid))


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
    text = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(len(text))
    failed = ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
    return "" if failed else text.value.decode()


_STATE, _STARTED = 0, 19
"""Places of two facts behind the name in `/proc/PID/stat`: the state, and the ticks before it started."""


def _started(pid: int) -> str | None:
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
