"""The queues of a project as one executor, and what is wrong with them before a run begins."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from jupyter_pipes.execution import loop
from jupyter_pipes.execution.executors.base import Executor, Report
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.storage.queues import LOCAL, Queue

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.local import LocalExecutor
    from jupyter_pipes.execution.executors.remote.executor import DaskExecutor
    from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook
    from jupyter_pipes.planning.request import RunRequest

Answered = TypeVar("Answered")

PATIENCE = 8.0
"""Seconds that a queue has to answer before a run begins without having looked at it."""

LONG_PATIENCE = 60.0
"""The same where nothing goes on without an answer: a busy worker takes seconds to import what it needs."""

_making = threading.Lock()
_dask_executors: dict[str, tuple[Queue, DaskExecutor]] = {}


class Queues:
    """Serves several queues.

    Args:
        executors: name of a queue -> what serves it.
    """

    def __init__(self, executors: Mapping[str, Executor]) -> None:
        self._executors = executors

    def submit(self, job: Job, report: Report) -> None:
        """Give a job to its queue."""
        self._executors[job.step.options.queue].submit(job, report)

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt, wherever it is."""
        for executor in self._executors.values():
            executor.cancel(attempt, outcome, reason)

    def close(self) -> None:
        """Close all of them."""
        for executor in self._executors.values():
            executor.close()


def local_executor() -> LocalExecutor:
    """Return what runs steps on this machine; one for all runs of this process."""
    # Asked for by a kernel's cells and, at the same time, by what looks for stale steps.
    with _making:
        return _local_executor()


@cache
def _local_executor() -> LocalExecutor:
    from jupyter_pipes.execution.executors.local import LocalExecutor

    return LocalExecutor(loop.loop())


def executor_of(queues: Mapping[str, Queue]) -> Executor:
    """Return what runs the steps of a project that has these queues besides this machine."""
    if not queues:
        return local_executor()
    return Queues({LOCAL: local_executor(), **{name: _dask_executor(each) for name, each in queues.items()}})


def with_queues_looked_at(request: RunRequest, queues: Mapping[str, Queue]) -> RunRequest:
    """Return the request with what is wrong with its queues on other machines among its diagnostics."""
    definition, decided = request.definition, set(request.arguments.selection.decided)
    steps = [step for step in definition.steps if step.name in decided and step.options.queue in queues]
    if not steps:
        return request
    warnings = tuple(_warnings(steps, queues))
    return replace(request, definition=replace(definition, diagnostics=(*definition.diagnostics, *warnings)))


def _warnings(steps: Sequence[Step], queues: Mapping[str, Queue]) -> Iterator[Diagnostic]:
    """Yield a warning for each reason why steps could not run on their queues now, at the first of them."""
    named = dict.fromkeys(step.options.queue for step in steps)
    looks = {look.queue.name: look for look in look_at(queues[name] for name in named)}
    troubled = ((step, looks[step.options.queue].trouble_of(step.options)) for step in steps)
    first = {trouble: step for step, trouble in reversed(list(troubled)) if trouble}
    for trouble, step in reversed(first.items()):
        message = f"{trouble}; its steps wait until that has changed"
        yield Diagnostic("JP029", message, step.name, 1, severity="warning")


def on_all_workers(queue: Queue, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Return worker's address -> what a function returns there, or the exception that it raised.

    Raises:
        PipesError: the queue's scheduler does not answer, or Dask is not installed.
    """
    connection = _dask_executor(queue).connection
    return _answer(connection.on_all_workers(function, *arguments), queue)


def leave(queue: Queue, task: Callable[..., Any], *arguments: Any, name: str) -> None:
    """Leave a task with a queue's scheduler, which begins it anew when it fails or its worker is lost.

    Raises:
        PipesError: the queue's scheduler does not answer, or Dask is not installed.
    """
    _answer(_dask_executor(queue).connection.leave(task, *arguments, name=name), queue)


def _answer(asked: Coroutine[Any, Any, Answered], queue: Queue) -> Answered:
    answer = asyncio.run_coroutine_threadsafe(asked, loop.loop())
    try:
        return answer.result(LONG_PATIENCE)
    except TimeoutError:
        answer.cancel()
        raise PipesError(f"queue {queue.name} did not answer within {LONG_PATIENCE:g} s") from None


def look_at(queues: Iterable[Queue]) -> Iterator[QueueLook]:
    """Yield how each queue stands; all are asked at once, and have `PATIENCE` to answer."""
    from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook

    asked = [(queue, _ask(_dask_executor(queue))) for queue in queues]
    for queue, answer in asked:
        try:
            yield answer.result(PATIENCE)
        except TimeoutError:
            yield QueueLook(queue, trouble=f"queue {queue.name} did not answer within {PATIENCE:g} s")


def _ask(executor: DaskExecutor) -> Future[QueueLook]:
    return asyncio.run_coroutine_threadsafe(executor.look(), loop.loop())


def _dask_executor(queue: Queue) -> DaskExecutor:
    from jupyter_pipes.execution.executors.remote.executor import DaskExecutor

    with _making:
        # What has the same name and means something else now is another one.
        known, executor = _dask_executors.get(queue.name, (None, None))
        if executor is None or known != queue:
            executor = DaskExecutor(queue, loop.loop())
            _dask_executors[queue.name] = (queue, executor)
        return executor


@atexit.register
def _end_clusters() -> None:
    """End what queues of this process started."""
    for _, executor in _dask_executors.values():
        executor.end_cluster()
