"""Keeping hold of processes: groups, orphans, and ends that follow the parent's; only Linux has all of it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def end_with_parent(number: signal.Signals) -> None:
    """Have this process get the signal when its parent dies."""
    _call_prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Make this process the parent of descendants that lose theirs, whatever session they are in."""
    _call_prctl(_PR_SET_CHILD_SUBREAPER, 1)


def children() -> set[int]:
    """Return the ids of this process's children, zombies included; none where the system does not tell."""
    # Asked at every end of an attempt, in a process that copies all memory that it uses: no objects for it.
    try:
        file = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)
    except FileNotFoundError:
        return set()
    try:
        return set(map(int, b"".join(iter(lambda: os.read(file, 1 << 16), b"")).split()))
    finally:
        os.close(file)


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a process a signal that ends it, if it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_group(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a process group a signal that ends it, if any of it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def flush_streams() -> None:
    """Write out what Python holds back of standard output and error."""
    for stream in (sys.stdout, sys.stderr):
        # A step may have closed or replaced them; it must not fail for that.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def flush_c_streams() -> None:
    """Write out what compiled code has printed into C's buffers: `os._exit` would drop it."""
    _c_library.fflush(None)


def usable_cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _call_prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _c_library.prctl(option, value, 0, 0, 0)


_c_library = ctypes.CDLL(None)
