"""Finding a worker for each attempt: who could take it, who refused it, and what it waits for meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.endings import Stop
from jupyter_pipes.execution.executors.remote.connection import (
    TRY_AGAIN,
    Arrival,
    Connection,
    Placement,
    Unreachable,
)
from jupyter_pipes.execution.executors.remote.queues.standing import Standing
from jupyter_pipes.execution.executors.remote.queues.waiting import fitting, waits_for
from jupyter_pipes.execution.executors.remote.versions import versions, what_differs
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.storage.queues import Queue

LOOK_AROUND = 1.0
"""Seconds between two looks at what attempts wait for."""

SHARE_OF_LOOKING = 0.05
"""Part of the time that is spent on looks, at most: where many wait, they are rarer."""

REFUSED_FOR = 60.0
"""Seconds after which a worker that refused an attempt is asked again: its disk may have room by then."""

SILENT = "the scheduler does not answer"


class Attempt:
    """A job in the executor's hands.

    Attributes:
        arrival: the worker that it has come to.
        task: the key of what the scheduler places for it, "" while there is nothing.
        among: the workers that it may come to; None for all.
        misplaced: set when others may take it than those that it was offered to.
        stopped: what was asked of it, if something was.
        following: what follows it to its end.
    """

    def __init__(self, job: Job, report: Report) -> None:
        self.job = job
        self.report = report
        self.arrival: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self.task = ""
        self.among: frozenset[str] | None = None
        self.misplaced = asyncio.Event()
        self.stopped: Stop | None = None
        self.following: asyncio.Task[None] | None = None
        self._told = ""

    @property
    def name(self) -> str:
        """Its id."""
        return self.job.attempt_id

    @property
    def worker(self) -> str:
        """The address of the worker that it has come to."""
        return self.arrival.result().worker

    def tell_waiting(self, reason: str) -> None:
        """Tell what it waits for, unless that was told last."""
        if reason != self._told:
            self._told = reason
            step = self.job.step
            self.report(ev.AttemptQueued(step.name, self.job.attempt, step.options.queue, reason))


class Placing:
    """Places the attempts of one queue, and tells each what it waits for; all on the loop's thread.

    Args:
        queue: the queue.
        connection: to its scheduler.
        loop: the loop of the background thread.
    """

    def __init__(self, queue: Queue, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._queue = queue
        self._connection = connection
        self._loop = loop
        self._waiting: dict[str, Attempt] = {}
        self._refusals: dict[str, str] = {}
        self._silent_since = ""
        self._looking: asyncio.Task[None] | None = None

    async def place(self, attempt: Attempt) -> Placement:
        """Return once a worker has the attempt; it waits, and says why, as long as that takes.

        Raises:
            ConfigurationError: Dask is not installed, or the queue's cluster cannot be started.
            PipesError: nobody could take the attempt.
        """
        self._waiting[attempt.name] = attempt
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look_around())
        try:
            while True:
                try:
                    if placement := await self._try(attempt):
                        return placement
                except Unreachable as error:
                    self._tell_silence(error, [attempt])
                    await asyncio.sleep(TRY_AGAIN)
        finally:
            del self._waiting[attempt.name]

    def refuse(self, attempt: Attempt, reason: str) -> None:
        """Have an attempt, and others for a while, placed elsewhere than where it has come to."""
        worker = attempt.worker
        self._refusals[worker] = reason
        self._loop.call_later(REFUSED_FOR, self._refusals.pop, worker, None)
        self._connection.send_away(attempt.name, worker)
        attempt.arrival = self._loop.create_future()

    async def _try(self, attempt: Attempt) -> Placement | None:
        """Place an attempt; None if it has to be placed again."""
        attempt.among = await self._candidates(attempt)
        attempt.misplaced.clear()
        if attempt.among is not None and not attempt.among:
            # Whoever looks around tells why, and when that has changed.
            await attempt.misplaced.wait()
            return None
        placement = await self._connection.place(attempt.name, attempt.among)
        attempt.task = placement.key
        if not await self._arrives(attempt, placement):
            return None
        if differs := what_differs(attempt.arrival.result().versions, versions()):
            self.refuse(attempt, differs)
            return None
        return placement

    async def _candidates(self, attempt: Attempt) -> frozenset[str] | None:
        """Return the workers that could take an attempt; None for all, those to come included."""
        if self._may_come_anywhere(attempt):
            return None
        standing = await self._connection.standing()
        among = self._fitting(attempt, standing)
        if not among:
            self._tell(attempt, standing)
        return among

    def _may_come_anywhere(self, attempt: Attempt) -> bool:
        options = attempt.job.step.options
        return options.cpus == 1 and options.memory is None and not self._refusals

    def _fitting(self, attempt: Attempt, standing: Standing) -> frozenset[str] | None:
        if self._may_come_anywhere(attempt):
            return None
        able = fitting(self._queue, attempt.job.step.options, standing.workers)
        return frozenset(each.address for each in able if each.address not in self._refusals)

    async def _arrives(self, attempt: Attempt, placement: Placement) -> bool:
        """Return when an attempt has come to a worker, or False when it has to be placed again."""
        ending = self._loop.create_task(placement.ended())
        moving = self._loop.create_task(attempt.misplaced.wait())
        try:
            await asyncio.wait((attempt.arrival, ending, moving), return_when=asyncio.FIRST_COMPLETED)
            if not attempt.arrival.done() and not moving.done():
                # It was lost, or nobody could take it: either is raised here.
                await ending
                raise Unreachable("its place in the queue was lost")
            return attempt.arrival.done()
        finally:
            ending.cancel()
            moving.cancel()
            if not attempt.arrival.done():
                placement.give_up()

    async def _look_around(self) -> None:
        """Tell all that wait what they wait for, whenever that changes, until nobody waits."""
        pause = LOOK_AROUND
        while True:
            await asyncio.sleep(pause)
            if not self._waiting:
                return
            begun = self._loop.time()
            try:
                standing = await self._connection.standing()
                self._silent_since = ""
                for attempt in [*self._waiting.values()]:
                    self._tell(attempt, standing)
                    if self._fitting(attempt, standing) != attempt.among:
                        attempt.misplaced.set()
            except Unreachable as error:
                self._tell_silence(error, self._waiting.values())
            pause = max(LOOK_AROUND, (self._loop.time() - begun) / SHARE_OF_LOOKING)

    def _tell(self, attempt: Attempt, standing: Standing) -> None:
        options, ahead = attempt.job.step.options, standing.ahead.get(attempt.task, 0)
        attempt.tell_waiting(waits_for(self._queue, options, standing, ahead, self._refusals))

    def _tell_silence(self, error: Unreachable, attempts: Iterable[Attempt]) -> None:
        self._silent_since = self._silent_since or f"{datetime.now():%H:%M:%S}"
        for attempt in attempts:
            attempt.tell_waiting(f"{SILENT} since {self._silent_since}: {error}")
