"""The keeper: the parent of a helper, which ends what steps started when helper and controller are gone."""

from __future__ import annotations

import os
import signal
import sys

from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.hosting.marks import end_left_behind

_GRACE = 5
"""Seconds that a helper has to end its steps once its controller is gone."""


def fork_helper(control: int) -> None:
    """Return in a new process, which becomes the helper; this one stays as its keeper, and then ends.

    A helper that is killed cannot end what its steps started in sessions of their own: that comes to the
    keeper, as an ancestor, and goes.

    Args:
        control: the number of the socket to the executor, which is the helper's.
    """
    if sys.platform != "linux":
        return
    processes.adopt_orphans()
    helper = os.fork()
    if helper:
        os.close(control)
        os._exit(_keep(helper))
    # What signals the one shall not reach the other.
    os.setpgid(0, 0)


def _keep(helper: int) -> int:
    """Wait for the helper's end, end what it left, and return its exit code."""
    controller = os.getppid()

    def pass_on(number: int, _frame: object) -> None:
        _end_helper(helper) if number == signal.SIGTERM else processes.kill(helper)

    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, pass_on)
    processes.end_with_parent(signal.SIGTERM)
    if os.getppid() != controller:
        _end_helper(helper)
    # Here nobody waits for it: what runs of other controllers left behind when all of theirs were killed.
    end_left_behind()
    status = _wait_for(helper)
    while left := processes.children():
        for pid in left:
            processes.kill(pid)
        os.wait()
    return max(os.waitstatus_to_exitcode(status), 0)


def _end_helper(helper: int) -> None:
    processes.kill(helper, signal.SIGTERM)
    signal.alarm(_GRACE)


def _wait_for(helper: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == helper:
            return status
