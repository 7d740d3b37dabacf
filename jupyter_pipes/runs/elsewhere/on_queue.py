"""A controller as a task on a worker of a queue: it outlives this machine, and the worker's death."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from jupyter_pipes.execution.executors.queues import leave, on_all_workers
from jupyter_pipes.model.errors import UsageError, described
from jupyter_pipes.runs.elsewhere.here import words
from jupyter_pipes.runs.elsewhere.reach import need_of, what_is_missing

if TYPE_CHECKING:
    from jupyter_pipes.history.leases import Lease
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.storage.queues import Queue


def checked(queue: Queue, workspace: Workspace) -> Callable[[Workspace, Lease], None]:
    """Return what has a controller begun on a worker of a queue.

    Raises:
        UsageError: nobody there could drive a run of this project, and why.
        PipesError: the queue's scheduler does not answer, or Dask is not installed.
    """
    if queue.cluster:
        raise UsageError(
            f"queue {queue.name} is started by this process and ends with it: a controller needs one with "
            'scheduler = "tcp://...", or local'
        )
    with need_of(workspace) as need:
        answers = on_all_workers(queue, what_is_missing, need)
    if not answers:
        raise UsageError(f"queue {queue.name} has no workers: {queue.place} waits for some")
    for worker, answer in answers.items():
        if answer:
            why = described(answer) if isinstance(answer, Exception) else answer
            raise UsageError(f"queue {queue.name} cannot have the controller: on its worker {worker}, {why}")
    return partial(_launch, queue)


def _launch(queue: Queue, workspace: Workspace, lease: Lease) -> None:
    """Leave the run of a lease to the queue: whoever takes it up there has the lease."""
    from jupyter_pipes.execution.executors.remote.programs import keep_running

    waiting = workspace.history.leases.hand_to(lease, queue.name)
    log = workspace.controller_log(lease.run)
    log.parent.mkdir(parents=True, exist_ok=True)
    leave(queue, keep_running, (*words(workspace, waiting), "--tied"), str(log), name=f"run-{lease.run}")
