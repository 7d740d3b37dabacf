"""Which process this is, said such that no other one is taken for it, and whether one is still there."""

from __future__ import annotations

import os
import platform
from functools import cache

from msgspec import Struct

from jupyter_pipes.system.machine import has_ended, machine, started


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
    return Process(platform.node(), pid, machine(), started(pid) or "")


def is_gone(process: Process) -> bool | None:
    """Return whether a process has ended; None where that cannot be seen from here."""
    return has_ended(process.pid, process.started, process.machine)
