"""Sees a run that was handed over to its end: takes it up, or waits while another controller has it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from jupyter_pipes.history.leases import RENEWALS
from jupyter_pipes.model.errors import StoreError, described
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.repeat import take_up
from jupyter_pipes.runs.run import Run
from jupyter_pipes.system.processes import this_process

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace

_logger = logging.getLogger(__name__)

_STOPPING = 3.0
"""Seconds in which steps have to stop that nobody drives any more."""

LOOK_AROUND = 1.0
"""Seconds between two looks at a run that another controller has."""


def drive(workspace: Workspace, run: str, holder: str) -> None:
    """Return when the run has ended; one whose controller is lost meanwhile is taken up here.

    Args:
        workspace: where it is kept.
        run: its id.
        holder: of the lease that was handed over; a controller that was lost may have taken it before.

    Raises:
        PipesError: it cannot be driven.
    """
    leases = workspace.history.leases
    leases.receive(run, holder)
    while (status := workspace.history.view(run).status) in (Status.RUNNING, Status.INTERRUPTED):
        is_handed = leases.is_handed(leases.look(run))
        if is_handed or status is Status.INTERRUPTED:
            _drive(workspace, run, is_handed=is_handed)
        else:
            time.sleep(LOOK_AROUND)
            workspace.history.settle_interrupted()


def let_go(workspace: Workspace, run: str) -> None:
    """Give the lease of a run back that this process drives; its controller sees it, and stops what runs.

    Returns when that is done, or after two renewals of the lease.
    """
    leases = workspace.history.leases
    lease = leases.look(run).lease
    if lease is not None and lease.process == this_process():
        leases.release(lease)
        # The main thread ends with the run, and this process with it.
        threading.Event().wait(2 * lease.term / RENEWALS + _STOPPING)


def _drive(workspace: Workspace, run: str, *, is_handed: bool) -> None:
    try:
        taken = take_up(Run(workspace, run))
    except StoreError:
        if workspace.history.view(run).status is Status.RUNNING and not is_handed:
            # Another one was quicker.
            return
        raise
    except Exception as error:
        # Nobody else would come to end it.
        workspace.history.end(run, Status.FAILED, f"it could not be taken up: {described(error)}")
        raise
    _logger.warning("driving run %s", run)
    taken.wait()
    if taken.trouble is not None:
        raise taken.trouble
    _logger.warning("run %s: %s %s", run, taken.status, taken.reason)
