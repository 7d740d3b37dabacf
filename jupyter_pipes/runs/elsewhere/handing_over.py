"""Hands a new run, or one that is taken up again, to a controller that does not end with this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_pipes.execution.recording.stated import resumed, started
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.elsewhere import here, on_queue
from jupyter_pipes.runs.elsewhere.following import attach
from jupyter_pipes.runs.elsewhere.way import Way
from jupyter_pipes.runs.run import Run
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.history.leases import Lease
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import RunRequest


def hand_over(
    run: str, request: RunRequest, workspace: Workspace, queue: str, earlier: Sequence[ev.Record]
) -> Run:
    """Record that a run begins, have a controller begun elsewhere, and return the run as it is followed here.

    Args:
        run: its id.
        request: what it is to do.
        workspace: where it is kept.
        queue: which queue gets the controller: `local` is a process of its own on this machine.
        earlier: the records of a run that is taken up again.

    Raises:
        UsageError: there is no such queue, or nobody on it could drive the run.
        PipesError: the controller's process did not begin.
    """
    way = _way_to(queue, workspace, request)
    lease = workspace.history.leases.take(run, workspace.settings.lease)
    _record(run, request, workspace, queue, earlier, lease, way)
    try:
        way.launch(workspace, lease)
    except Exception as error:
        workspace.history.end(run, Status.FAILED, f"its controller did not begin: {error}")
        raise
    return attach(Run(workspace, run))


def _way_to(queue: str, workspace: Workspace, request: RunRequest) -> Way:
    if queue == LOCAL:
        return Way(here.launch)
    queues = workspace.queues
    if queue not in queues:
        raise UsageError(f"there is no queue {queue}; there are: {', '.join((LOCAL, *queues))}")
    return on_queue.checked(queues[queue], workspace, request)


def _record(
    run: str,
    request: RunRequest,
    workspace: Workspace,
    queue: str,
    earlier: Sequence[ev.Record],
    lease: Lease,
    way: Way,
) -> None:
    journal, attachments = workspace.history.journal(run), dict[str, bytes]()
    journal.lease = lease

    def keep(digest: str, content: bytes) -> str:
        attachments[digest] = content
        return digest

    began = resumed(request, lease.process, keep) if earlier else started(request, lease.process, keep, queue)
    waits = ev.RunHeldUp(f"waits for its controller on queue {queue}")
    sent = [ev.FolderKept(way.folder)] if way.folder else []
    records = [journal.number(fact) for fact in (began, waits, *sent)]
    journal.write(records, fold(run, (*earlier, *records)), attachments)
