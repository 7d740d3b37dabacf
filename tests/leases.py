"""Leases of runs as controllers elsewhere would have them, for tests of who may take a run over."""

from __future__ import annotations

from jupyter_pipes.history.history import History
from jupyter_pipes.system.machine import machine
from jupyter_pipes.system.processes import Process

ELSEWHERE = Process("pod-1", 7, "another machine", "5")
"""A process of which nothing can be seen from here."""


def here(pid: int, started: str = "") -> Process:
    """Return a process of this machine, as a lease names it."""
    return Process("here", pid, machine(), started)


def hold(
    history: History, run: str, process: Process = ELSEWHERE, *, term: float = 30.0, renewals: int = 0
) -> None:
    """Give a process the lease of a run."""
    row = {
        "run": run,
        "holder": f"{process.host} {process.pid}",
        "host": process.host,
        "pid": process.pid,
        "machine": process.machine,
        "process_started": process.started,
        "term": term,
        "renewals": renewals,
        "renewed": 0.0,
    }
    history.database.change([("drop_leases", {"of_run": run}), ("add_lease", row)])
