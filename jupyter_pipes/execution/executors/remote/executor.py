"""The Dask executor: each attempt is placed by the scheduler, begun on its worker once, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.endings import Stop as Stopped
from jupyter_pipes.execution.executors.endings import as_stopped, broken_off
from jupyter_pipes.execution.executors.remote.connection import TRY_AGAIN, Connection, Placement, Unreachable
from jupyter_pipes.execution.executors.remote.messages import Forget, Stop
from jupyter_pipes.execution.executors.remote.transfer import Gone, Transfer
from jupyter_pipes.execution.executors.remote.waiting import QueueLook, waits_for, what_is_wrong
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import WORKER_LOST, StepError

if TYPE_CHECKING:
    from jupyter_pipes.storage.queues import Queue


LOOK_AROUND = 1.0
"""Seconds between two looks at what an attempt waits for."""

_NEXT_STEP = 5.0
"""Seconds within which the next step of a run comes: so long a started cluster stays at least."""

_LONGEST_END = 10.0
"""Seconds that a cluster may take to end with the process that started it."""

_SILENT = "the scheduler does not answer"

Answered = TypeVar("Answered")


class _Attempt:
    """A job in this executor's hands."""

    def __init__(self, job: Job, report: Report) -> None:
        self.job = job
        self.report = report
        self.worker: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.stopped: Stopped | None = None
        self.following: asyncio.Task[None] | None = None

    def tell_waiting(self, reason: str) -> None:
        """Tell what it waits for."""
        self.report(
            ev.AttemptQueued(self.job.step.name, self.job.attempt, self.job.step.options.queue, reason)
        )


class DaskExecutor:
    """Serves a queue with the workers of a Dask scheduler.

    Args:
        queue: how it is reached, and what its steps take.
        loop: the loop of the background thread.
    """

    def __init__(self, queue: Queue, loop: asyncio.AbstractEventLoop) -> None:
        self._queue = queue
        self._loop = loop
        self._attempts: dict[str, _Attempt] = {}
        self._connection = self.connection = Connection(queue, self._take_arrival)

    def submit(self, job: Job, report: Report) -> None:
        """Take a job: it starts when the scheduler finds a worker for it."""
        attempt = _Attempt(job, report)
        self._attempts[job.attempt_id] = attempt
        attempt.tell_waiting(f"waits for queue {self._queue.name} ({self._queue.place})")
        attempt.following = self._loop.create_task(self._follow_to_end(attempt))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt where it is: with the scheduler, or on its worker."""
        running = self._attempts.get(attempt)
        if running is None or running.stopped is not None:
            return
        running.stopped = (outcome, reason)
        if running.worker.done():
            self._loop.create_task(self._stop(running, Stop(attempt, outcome, reason)))
        elif running.following is not None:
            running.following.cancel()

    async def look(self) -> QueueLook:
        """Return how the queue stands; a cluster that no step has needed yet is not started for it."""
        if self._queue.cluster and not self._connection.is_open:
            return QueueLook(self._queue)
        try:
            workers, pythons = await self._connection.workers(), await self._connection.pythons()
            trouble = what_is_wrong(self._queue, workers, pythons)
            return QueueLook(self._queue, len(workers), await self._connection.busy(), trouble)
        except PipesError as error:
            text = f"{_SILENT}: {error}" if isinstance(error, Unreachable) else str(error)
            return QueueLook(self._queue, trouble=text)

    def close(self) -> None:
        """End all attempts and the connection."""
        for attempt in [*self._attempts.values()]:
            if attempt.stopped is None:
                attempt.stopped = ("cancelled", "the executor was closed")
            if attempt.following is not None:
                attempt.following.cancel()
        self._loop.create_task(self._connection.close())

    def end_cluster(self) -> None:
        """End a cluster that was started for this queue, and wait for that: the process ends."""
        if self._queue.cluster and self._connection.is_open:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result(_LONGEST_END)

    async def _follow_to_end(self, attempt: _Attempt) -> None:
        try:
            ended = await self._follow(attempt)
        except asyncio.CancelledError:
            ended = as_stopped(attempt.job, attempt.stopped or ("cancelled", "the executor was closed"))
        except Gone:
            gone = f"its worker {attempt.worker.result()} is gone"
            ended = broken_off(attempt.job, StepError(WORKER_LOST, gone, bases=(WORKER_LOST,)), "lost")
        except Exception as error:  # whatever it is: who waits for the attempt must hear of its end
            text = str(error) if isinstance(error, PipesError) else f"{type(error).__name__}: {error}"
            ended = broken_off(attempt.job, StepError("ExecutorError", text, bases=("ExecutorError",)))
        del self._attempts[attempt.job.attempt_id]
        attempt.report(ended)
        if self._queue.cluster and not self._attempts:
            self._loop.call_later(max(self._queue.idle, _NEXT_STEP), self._end_idle)

    def _end_idle(self) -> None:
        """End a cluster that was started for this queue, when no step needs it any more."""
        if not self._attempts:
            self._loop.create_task(self._connection.close())

    async def _follow(self, attempt: _Attempt) -> ev.AttemptEnded:
        """Have an attempt placed, begin it, pass on what it reports, and return how it ended."""
        placed = await self._placed(attempt)
        worker = attempt.worker.result()
        try:
            transfer = Transfer(attempt.job, lambda request: self._connection.ask(worker, request))
            await self._insist(worker, transfer.begin)
            while True:
                for event in await self._insist(worker, transfer.news):
                    if isinstance(event, ev.AttemptEnded):
                        return event
                    attempt.report(event)
        finally:
            placed.give_up()

    async def _placed(self, attempt: _Attempt) -> Placement:
        """Return once a worker has the attempt; it waits, and says why, as long as nobody answers."""
        silent_since = ""
        while True:
            try:
                placed = await self._connection.place(attempt.job.attempt_id)
                await self._arrival(attempt, placed)
                return placed
            except Unreachable as error:
                silent_since = silent_since or f"{datetime.now():%H:%M:%S}"
                attempt.tell_waiting(f"{_SILENT} since {silent_since}: {error}")
                await asyncio.sleep(TRY_AGAIN)

    async def _arrival(self, attempt: _Attempt, placed: Placement) -> None:
        """Return when the attempt has come to a worker."""
        ending = self._loop.create_task(placed.ended())
        telling = self._loop.create_task(self._tell_waiting(attempt))
        try:
            await asyncio.wait((attempt.worker, ending), return_when=asyncio.FIRST_COMPLETED)
            if not attempt.worker.done():
                # It was lost, or nobody could take it: either is raised here.
                await ending
                raise Unreachable("its place in the queue was lost")
        finally:
            ending.cancel()
            telling.cancel()
            if not attempt.worker.done():
                placed.give_up()

    async def _tell_waiting(self, attempt: _Attempt) -> None:
        """Tell what an attempt waits for that no worker has taken, whenever that changes."""
        told = ""
        while True:
            await asyncio.sleep(LOOK_AROUND)
            try:
                workers, busy = await self._connection.workers(), await self._connection.busy()
                reason = waits_for(self._queue, workers, busy, self._ahead_of(attempt))
            except Unreachable as error:
                silent = f"{_SILENT} since {datetime.now():%H:%M:%S}: {error}"
                reason = told if told.startswith(_SILENT) else silent
            if reason != told:
                told = reason
                attempt.tell_waiting(reason)

    def _ahead_of(self, attempt: _Attempt) -> int:
        """Return how many of ours came earlier and have no worker either."""
        earlier = takewhile(lambda each: each is not attempt, self._attempts.values())
        return sum(not each.worker.done() for each in earlier)

    async def _insist(self, worker: str, ask: Callable[[], Awaitable[Answered]]) -> Answered:
        """Return what is asked of a worker, once it comes through; raise Gone when the worker is gone."""
        while True:
            try:
                return await ask()
            except Unreachable:
                if await self._is_gone(worker):
                    raise Gone from None
                await asyncio.sleep(TRY_AGAIN)

    async def _is_gone(self, worker: str) -> bool:
        try:
            return worker not in await self._connection.workers()
        except Unreachable:
            return False

    async def _stop(self, attempt: _Attempt, stop: Stop) -> None:
        try:
            await self._connection.ask(attempt.worker.result(), stop)
        except Unreachable:
            # Its station gives it up when nobody asks for it any more.
            if attempt.following is not None:
                attempt.following.cancel()

    def _take_arrival(self, name: str, worker: str) -> None:
        attempt = self._attempts.get(name)
        if attempt is not None and not attempt.worker.done():
            attempt.worker.set_result(worker)
        elif attempt is None or attempt.worker.result() != worker:
            # Dask places again what a dead worker had; nobody waits for it there.
            self._loop.create_task(self._send_away(name, worker))

    async def _send_away(self, name: str, worker: str) -> None:
        with suppress(Unreachable):
            await self._connection.ask(worker, Forget(name))
