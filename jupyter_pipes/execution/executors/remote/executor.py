"""The Dask executor: each attempt is placed by the scheduler, begun on its worker once, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.endings import as_stopped, broken_off
from jupyter_pipes.execution.executors.remote.attempts import SILENT, Attempt, Placing
from jupyter_pipes.execution.executors.remote.connection import TRY_AGAIN, Arrival, Connection, Unreachable
from jupyter_pipes.execution.executors.remote.messages import Stop
from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook, what_is_wrong
from jupyter_pipes.execution.executors.remote.transfer import Gone, Refused, Transfer
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import WORKER_LOST, StepError

if TYPE_CHECKING:
    from jupyter_pipes.storage.queues import Queue


_NEXT_STEP = 5.0
"""Seconds within which the next step of a run comes: so long a started cluster stays at least."""

_LONGEST_END = 10.0
"""Seconds that a cluster may take to end with the process that started it."""

Answered = TypeVar("Answered")


class DaskExecutor:
    """Serves a queue with the workers of a Dask scheduler.

    Args:
        queue: how it is reached, and what its steps take.
        loop: the loop of the background thread.
    """

    def __init__(self, queue: Queue, loop: asyncio.AbstractEventLoop) -> None:
        self._queue = queue
        self._loop = loop
        self._attempts: dict[str, Attempt] = {}
        self.connection = Connection(queue, self._take_arrival)
        self._placing = Placing(queue, self.connection, loop)

    def submit(self, job: Job, report: Report) -> None:
        """Take a job: it starts when the scheduler finds a worker for it."""
        attempt = Attempt(job, report)
        self._attempts[job.attempt_id] = attempt
        attempt.tell_waiting(f"waits for queue {self._queue.name} ({self._queue.place})")
        attempt.following = self._loop.create_task(self._follow_to_end(attempt))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt where it is: with the scheduler, or on its worker."""
        running = self._attempts.get(attempt)
        if running is None or running.stopped is not None:
            return
        running.stopped = (outcome, reason)
        if running.arrival.done():
            self._loop.create_task(self._stop(running, Stop(attempt, outcome, reason)))
        elif running.following is not None:
            running.following.cancel()

    async def look(self) -> QueueLook:
        """Return how the queue stands; a cluster that no step has needed yet is not started for it."""
        if self._queue.cluster and not self.connection.is_open:
            return QueueLook(self._queue)
        try:
            standing, pythons = await self.connection.standing(), await self.connection.pythons()
            return QueueLook(self._queue, standing, what_is_wrong(self._queue, standing, pythons))
        except PipesError as error:
            text = f"{SILENT}: {error}" if isinstance(error, Unreachable) else str(error)
            return QueueLook(self._queue, trouble=text)

    def close(self) -> None:
        """End all attempts and the connection."""
        for attempt in [*self._attempts.values()]:
            if attempt.stopped is None:
                attempt.stopped = ("cancelled", "the executor was closed")
            if attempt.following is not None:
                attempt.following.cancel()
        self._loop.create_task(self.connection.close())

    def end_cluster(self) -> None:
        """End a cluster that was started for this queue, and wait for that: the process ends."""
        if self._queue.cluster and self.connection.is_open:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(self.connection.close(), self._loop).result(_LONGEST_END)

    async def _follow_to_end(self, attempt: Attempt) -> None:
        try:
            ended = await self._follow(attempt)
        except asyncio.CancelledError:
            ended = as_stopped(attempt.job, attempt.stopped or ("cancelled", "the executor was closed"))
        except Gone:
            gone = f"its worker {attempt.worker} is gone"
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
            self._loop.create_task(self.connection.close())

    async def _follow(self, attempt: Attempt) -> ev.AttemptEnded:
        """Have an attempt placed, begin it, pass on what it reports, and return how it ended."""
        while True:
            placed = await self._placing.place(attempt)
            try:
                return await self._follow_at_worker(attempt, attempt.worker)
            except Refused as refusal:
                self._placing.refuse(attempt, str(refusal))
            finally:
                placed.give_up()

    async def _follow_at_worker(self, attempt: Attempt, worker: str) -> ev.AttemptEnded:
        transfer = Transfer(attempt.job, lambda request: self.connection.ask(worker, request))
        await self._insist(worker, transfer.begin)
        while True:
            for event in await self._insist(worker, transfer.news):
                if not isinstance(event, ev.AttemptEnded):
                    attempt.report(event)
                    continue
                if event.error is not None and event.error.type == WORKER_LOST:
                    self._placing.refuse(attempt, event.reason)
                    return replace(event, reason=f"its worker {worker} {event.reason}")
                self.connection.send_away(attempt.name, worker)
                return event

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
            standing = await self.connection.standing()
            return all(each.address != worker for each in standing.workers)
        except Unreachable:
            return False

    async def _stop(self, attempt: Attempt, stop: Stop) -> None:
        try:
            await self.connection.ask(attempt.worker, stop)
        except Unreachable:
            # Its station gives it up when nobody asks for it any more.
            if attempt.following is not None:
                attempt.following.cancel()

    def _take_arrival(self, arrival: Arrival) -> None:
        attempt = self._attempts.get(arrival.attempt)
        if attempt is not None and not attempt.arrival.done():
            attempt.arrival.set_result(arrival)
        elif attempt is None or attempt.worker != arrival.worker:
            # Dask places again what a dead worker had; nobody waits for it there.
            self.connection.send_away(arrival.attempt, arrival.worker)
