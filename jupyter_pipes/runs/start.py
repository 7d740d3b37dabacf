"""Starts runs: a controller on the background thread, with the executor that serves them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

from jupyter_pipes.execution import loop
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.runs.versions import numbered
from jupyter_pipes.storage.queues import LOCAL, Queue

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.base import Executor
    from jupyter_pipes.execution.executors.inline import InlineExecutor
    from jupyter_pipes.execution.executors.local import LocalExecutor
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import RunRequest
    from jupyter_pipes.runs.run import Run


_making = threading.Lock()
_dask_executors: dict[str, tuple[Queue, Executor]] = {}


def local_executor() -> LocalExecutor:
    """Return what runs steps on this machine; one for all runs of this process."""
    # Asked for by a kernel's cells and, at the same time, by what looks for stale steps.
    with _making:
        return _local_executor()


@cache
def _local_executor() -> LocalExecutor:
    from jupyter_pipes.execution.executors.local import LocalExecutor

    return LocalExecutor(loop.loop())


def _executor(workspace: Workspace) -> Executor:
    """Return what runs the steps of a project: each on its queue."""
    queues = workspace.settings.queues
    if not queues:
        return local_executor()
    from jupyter_pipes.execution.executors.queues import Queues

    return Queues({LOCAL: local_executor(), **{name: _dask_executor(each) for name, each in queues.items()}})


def _dask_executor(queue: Queue) -> Executor:
    from jupyter_pipes.execution.executors.remote.executor import DaskExecutor

    with _making:
        # What has the same name and means something else now is another one.
        known, executor = _dask_executors.get(queue.name, (None, None))
        if executor is None or known != queue:
            executor = DaskExecutor(queue, loop.loop())
            _dask_executors[queue.name] = (queue, executor)
        return executor


def start(request: RunRequest, workspace: Workspace, earlier: Sequence[ev.Record] = ()) -> Run:
    """Start a run, or take up one again whose `earlier` records are given; return at once.

    Raises:
        StoreError: the history or the store cannot be opened.
    """
    return _start(request, workspace, _executor(workspace), earlier)


def start_debugging(
    request: RunRequest, workspace: Workspace, prepared: Callable[[Run], None] | None = None
) -> Run:
    """Run in this thread with the inline executor; `prepared(run)` is called before the first step.

    An interrupt cancels the run.
    """
    from jupyter_pipes.execution.executors.inline import InlineExecutor

    executor = InlineExecutor(loop.loop())
    run = _start(request, workspace, executor)
    # It may have ended, or be given up, before anybody could listen to its events.
    threading.Thread(target=_close_at_end, args=(run, executor), daemon=True).start()
    try:
        if prepared is not None:
            prepared(run)
        executor.work()
    except KeyboardInterrupt:
        if not run.status.is_final:
            run.cancel()
            executor.work()
    return run.wait()


def _close_at_end(run: Run, executor: InlineExecutor) -> None:
    # An error of the run is raised where the caller waits for it.
    with contextlib.suppress(PipesError):
        run.wait()
    executor.close()


def wait_or_cancel(run: Run) -> None:
    """Wait for a run; an interrupt cancels it and waits for its end."""
    try:
        run.wait()
    except KeyboardInterrupt:
        run.cancel()
        run.wait()


def _start(
    request: RunRequest, workspace: Workspace, executor: Executor, earlier: Sequence[ev.Record] = ()
) -> Run:
    from jupyter_pipes.execution.controller import Controller
    from jupyter_pipes.history.cleanup import reserve
    from jupyter_pipes.runs.run import Run

    workspace.open()
    reserve.keep(workspace.settings.folder)
    # A new id is sortable by time, and short enough to say.
    name = earlier[0].run if earlier else f"{datetime.now():%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"
    request = request if earlier else numbered(request, workspace.history)
    controller = Controller(name, request, workspace, executor, loop.loop(), earlier)
    run = Run(workspace, name, controller)
    loop.call(controller.start)
    return run
