"""What a Dask worker does with attempts: holds a slot, starts the same process, keeps what is told."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from msgspec.structs import replace

from jupyter_pipes.execution.executors.local import LocalExecutor
from jupyter_pipes.execution.executors.remote import messages
from jupyter_pipes.execution.executors.remote.mailbox import Mailbox
from jupyter_pipes.execution.executors.remote.messages import (
    OPERATION,
    Answer,
    Begin,
    Forget,
    Poll,
    Request,
    Stop,
)
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job

PATIENCE = 10.0
"""Seconds that a question for news is held open when there are none."""

LONGEST_SILENCE = 120.0
"""Seconds without a word from the executor after which an attempt is given up: nobody waits for it."""


async def host(attempt: str, topic: str) -> None:
    """Hold a slot of this worker for an attempt until it has ended; the task that Dask places.

    Args:
        attempt: `Job.attempt_id`.
        topic: where the executor listens for the attempt's arrival.
    """
    worker: Any = get_worker()
    station = await _station_of(worker)
    visit = station.open(attempt)
    worker.log_event(topic, {"attempt": attempt, "worker": worker.address})
    await visit.over.wait()


class Visit:
    """An attempt at this worker, from its arrival until nobody asks for it any more."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.mailbox = Mailbox()
        self.has_begun = False
        self.heard = asyncio.get_running_loop().time()


class Station(WorkerPlugin):
    """Runs the attempts that come to one Dask worker.

    Every attempt is begun by its executor, once: a task that Dask places a second time (its worker was
    thought to be dead) is never told to.
    """

    name = OPERATION

    def setup(self, worker: Any) -> None:
        """Take requests from now on."""
        self._loop = asyncio.get_running_loop()
        self._executor = LocalExecutor(self._loop, worker.state.nthreads)
        self._visits: dict[str, Visit] = {}
        self._watch = self._loop.create_task(self._give_up_silent())
        worker.handlers[OPERATION] = self.answer

    def teardown(self, worker: Any) -> None:
        """End all attempts: their worker ends."""
        del worker.handlers[OPERATION]
        self._watch.cancel()
        self._executor.close()
        for visit in self._visits.values():
            visit.over.set()

    def open(self, attempt: str) -> Visit:
        """Return the visit of an attempt that has arrived."""
        visit = self._visits[attempt] = Visit()
        return visit

    async def answer(self, request: bytes) -> bytes:
        """Carry out an executor's request."""
        return messages.encode(await self._answer(messages.decode_request(request)))

    async def _answer(self, request: Request) -> Answer:
        attempt = request.job.attempt_id if isinstance(request, Begin) else request.attempt
        visit = self._visits.get(attempt)
        if visit is None:
            return Answer("unknown")
        visit.heard = self._loop.time()
        match request:
            case Begin():
                self._begin(visit, request.job)
            case Poll():
                news = await visit.mailbox.behind(request.after, PATIENCE)
                return Answer(_state(visit), news)
            case Stop():
                self._stop(attempt, visit, request)
            case Forget():
                self._visits.pop(attempt, None)
                visit.over.set()
        return Answer(_state(visit))

    def _begin(self, visit: Visit, job: Job) -> None:
        # Asked again where the answer to the first request was lost.
        if not visit.has_begun:
            visit.has_begun = True
            self._executor.submit(_at_home(job), lambda event: self._take(visit, event))

    def _take(self, visit: Visit, event: ev.AnyEvent) -> None:
        visit.mailbox.put(event)
        if isinstance(event, ev.AttemptEnded):
            visit.over.set()

    def _stop(self, attempt: str, visit: Visit, request: Stop) -> None:
        if visit.has_begun:
            self._executor.cancel(attempt, request.outcome, request.reason)
        else:
            self._visits.pop(attempt, None)
            visit.over.set()

    async def _give_up_silent(self) -> None:
        """End the attempts whose executor is gone."""
        while True:
            await asyncio.sleep(PATIENCE)
            silent = self._loop.time() - LONGEST_SILENCE
            for attempt, visit in [*self._visits.items()]:
                if visit.heard < silent:
                    reason = "its run gave no sign of life"
                    self._stop(attempt, visit, Stop(attempt, "lost", reason))
                    self._visits.pop(attempt, None)


async def _station_of(worker: Any) -> Station:
    if OPERATION not in worker.plugins:
        await worker.plugin_add(Station(), name=OPERATION)
    station: Any = worker.plugins[OPERATION]
    return station


def _state(visit: Visit) -> Any:
    if not visit.has_begun:
        return "held"
    return "ended" if visit.over.is_set() else "running"


def _at_home(job: Job) -> Job:
    """Return the job as it runs here: with this machine's environment, in the folder that both see."""
    return replace(job, environment=dict(os.environ))
