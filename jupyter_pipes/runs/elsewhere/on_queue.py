"""A controller as a task on a worker of a queue: it outlives this machine, and the worker's death."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_pipes.execution.executors.queues import leave, on_all_workers
from jupyter_pipes.model.errors import UsageError, described
from jupyter_pipes.runs.elsewhere.here import words
from jupyter_pipes.runs.elsewhere.luggage import keep_folder, packed
from jupyter_pipes.runs.elsewhere.reach import need_of, reached
from jupyter_pipes.runs.elsewhere.way import Way

if TYPE_CHECKING:
    from jupyter_pipes.history.leases import Lease
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import RunRequest
    from jupyter_pipes.storage.queues import Queue


def checked(queue: Queue, workspace: Workspace, request: RunRequest) -> Way:
    """Return how a controller of a run is begun on a worker of a queue, and what it takes along.

    Raises:
        UsageError: nobody there could drive the run, and why.
        PipesError: the queue's scheduler does not answer, or Dask is not installed.
    """
    if queue.cluster:
        raise UsageError(
            f"queue {queue.name} is started by this process and ends with it: a controller needs one with "
            'scheduler = "tcp://...", or local'
        )
    with need_of(workspace, request) as need:
        answers = on_all_workers(queue, reached, need)
    if not answers:
        raise UsageError(f"queue {queue.name} has no workers: {queue.place} waits for some")
    if not _is_any_away(queue, answers):
        return Way(partial(_launch, queue))
    # Whichever worker takes it up: one that sees the folder does not need it.
    return Way(partial(_launch_away, queue), keep_folder(request, workspace))


def _is_any_away(queue: Queue, answers: Mapping[str, Any]) -> bool:
    """Return whether a worker does not see the notebook's folder; UsageError if one cannot drive the run."""
    for worker, answer in answers.items():
        why = described(answer) if isinstance(answer, Exception) else answer.trouble
        if why:
            raise UsageError(f"queue {queue.name} cannot have the controller: on its worker {worker}, {why}")
    return any(answer.is_away for answer in answers.values())


def _launch(queue: Queue, workspace: Workspace, lease: Lease) -> None:
    """Leave the run of a lease to the queue: whoever takes it up there has the lease."""
    from jupyter_pipes.execution.executors.remote.programs import keep_running

    waiting = workspace.history.leases.hand_to(lease, queue.name)
    log = workspace.controller_log(lease.run)
    log.parent.mkdir(parents=True, exist_ok=True)
    program = (*words(waiting), "--tied", str(workspace.settings.directory))
    leave(queue, keep_running, program, str(log), name=f"run-{lease.run}")


def _launch_away(queue: Queue, workspace: Workspace, lease: Lease) -> None:
    """As `_launch`, where workers do not see the notebook's folder."""
    from jupyter_pipes.execution.executors.remote.programs import Private, keep_running_in_a_folder

    waiting = workspace.history.leases.hand_to(lease, queue.name)
    program = (*words(waiting), "--tied", "--away")
    leave(queue, keep_running_in_a_folder, program, Private(packed(workspace)), name=f"run-{lease.run}")
