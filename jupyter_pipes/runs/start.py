"""Starts runs: a controller on the background thread, with the executor that serves them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from jupyter_pipes.execution import loop
from jupyter_pipes.execution.executors.queues import executor_of, local_executor, with_queues_looked_at
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.runs.versions import numbered

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_pipes.execution.executors.base import Executor
    from jupyter_pipes.execution.executors.inline import InlineExecutor
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.request import RunRequest
    from jupyter_pipes.runs.run import Run


_LONGEST_TICK = 1.0
_LONGEST_END = 5.0
"""Seconds for which an interrupted cell waits for the end of its run."""


def warm_up(steps: Iterable[Step], python_path: Iterable[Path]) -> None:
    """Have what the steps import imported already, so that the first run starts at once."""
    imports = tuple(dict.fromkeys(name for step in steps for name in step.imports))
    places = tuple(map(str, python_path))
    loop.loop().call_soon_threadsafe(local_executor().warm_up, places, imports)


def new_run_id() -> str:
    """Return an id that is sortable by time, and short enough to say."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"


def start(
    request: RunRequest, workspace: Workspace, earlier: Sequence[ev.Record] = (), detached_to: str = ""
) -> Run:
    """Start a run, or take up one again whose `earlier` records are given; return at once.

    Queues on other machines are looked at before: what is wrong with them is among the run's diagnostics.

    Args:
        request: what it is to do.
        workspace: where it is kept.
        earlier: the records of a run that is taken up again; none for a new one.
        detached_to: the queue that gets its controller, "" for this process.

    Raises:
        StoreError: the history or the store cannot be opened.
        UsageError, PipesError: nobody on that queue could drive it, or its process did not begin.
    """
    queues = workspace.queues
    looked_at = request if earlier else with_queues_looked_at(request, queues)
    if not detached_to:
        return _start(looked_at, workspace, _executor(workspace), earlier)
    if any(request.callbacks.values()):
        raise UsageError(
            "a run whose controller is another process cannot call functions of this one: name functions of "
            "the notebook (--before, --after-done, --on-status), or install a plugin"
        )
    from jupyter_pipes.runs.elsewhere.handing_over import hand_over

    name, numbered_request = _named(looked_at, workspace, earlier)
    return hand_over(name, numbered_request, workspace, detached_to, earlier)


def _executor(workspace: Workspace) -> Executor:
    executor = executor_of(workspace.queues)
    if not workspace.stands_for:
        return executor
    from jupyter_pipes.execution.executors.keeping import KeepingExecutor

    return KeepingExecutor(executor, workspace.store, workspace.stands_for)


def start_debugging(
    request: RunRequest, workspace: Workspace, prepared: Callable[[Run], None] | None = None
) -> Run:
    """Run in this thread, in the order of the notebook; `prepared(run)` is called before the first step.

    An interrupt cancels the run.
    """
    from jupyter_pipes.execution.executors.inline import InlineExecutor

    executor = InlineExecutor(loop.loop())
    run = _start(request, workspace, executor, in_order=True)
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


def wait_or_cancel(run: Run, before: Callable[[], None] = lambda: None) -> None:
    """Wait for a run; an interrupt cancels one that this process drives, waits for its end, leaves any other.

    Args:
        run: the run.
        before: called first, with the same meaning of an interrupt.
    """
    try:
        before()
        run.wait()
    except KeyboardInterrupt:
        if run.is_driven_here:
            run.cancel()
            run.wait()


async def wait_or_cancel_awaiting(run: Run, tick: float, look: Callable[[], object] = lambda: None) -> bool:
    """As `wait_or_cancel`, while the loop of this thread goes on; return False if an interrupt came.

    Args:
        run: the run.
        tick: seconds between two looks at it at first; later a hundredth of what was waited.
        look: called at each.
    """
    begun = time.monotonic()
    try:
        while not run.has_ended:
            look()
            await asyncio.sleep(min(max(tick, (time.monotonic() - begun) / 100), _LONGEST_TICK))
    except (KeyboardInterrupt, asyncio.CancelledError):
        if run.is_driven_here:
            run.cancel()
            # Only so long a cell waits for it: one that does not end is left.
            with contextlib.suppress(TimeoutError):
                run.wait(_LONGEST_END)
        return False
    return True


def _start(
    request: RunRequest,
    workspace: Workspace,
    executor: Executor,
    earlier: Sequence[ev.Record] = (),
    *,
    in_order: bool = False,
) -> Run:
    from jupyter_pipes.execution.controller import Controller
    from jupyter_pipes.runs.run import Run

    name, request = _named(request, workspace, earlier)
    executor = _with_nested(executor, request, workspace, in_order=in_order)
    controller = Controller(name, request, workspace, executor, loop.loop(), earlier, in_order=in_order)
    run = Run(workspace, name, controller)
    loop.call(controller.start)
    return run


def _with_nested(
    executor: Executor, request: RunRequest, workspace: Workspace, *, in_order: bool
) -> Executor:
    """Return what also serves the steps of a run that are other pipelines."""
    if not request.children:
        return executor
    from jupyter_pipes.execution.controller import Controller
    from jupyter_pipes.runs.nesting.executor import NestedRuns

    def begin(child: RunRequest) -> Controller:
        serving = _with_nested(executor, child, workspace, in_order=in_order)
        controller = Controller(child.run, child, workspace, serving, loop.loop(), in_order=in_order)
        controller.start()
        return controller

    return NestedRuns(executor, request, workspace, loop.loop(), new_run_id, begin)


def _named(request: RunRequest, workspace: Workspace, earlier: Sequence[ev.Record]) -> tuple[str, RunRequest]:
    """Return a run's id, and the request with the version that it has; its workspace is open then."""
    from jupyter_pipes.history.cleanup import reserve

    workspace.open()
    reserve.keep(workspace.settings.folder)
    if earlier:
        return earlier[0].run, request
    return request.run or new_run_id(), numbered(request, workspace.history)
