"""What a Dask worker does with attempts: holds a slot, starts the same process, keeps what is told."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any, Literal

import dask.config
from dask.utils import parse_timedelta
from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from msgspec.structs import replace

from jupyter_pipes.execution.executors.local import LocalExecutor
from jupyter_pipes.execution.executors.remote import messages
from jupyter_pipes.execution.executors.remote.home import ARTIFACTS, Home
from jupyter_pipes.execution.executors.remote.mailbox import Mailbox
from jupyter_pipes.execution.executors.remote.messages import (
    OPERATION,
    PIECE,
    Answer,
    Ask,
    Begin,
    Bring,
    Fetch,
    Forget,
    Poll,
    Request,
    Stop,
)
from jupyter_pipes.execution.executors.remote.versions import versions
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, StoreError
from jupyter_pipes.model.quantities import parse_size
from jupyter_pipes.storage.blobs.limits import keep_within
from jupyter_pipes.storage.blobs.local import LocalBlobs

CACHE_VARIABLE, CACHE_SIZE = "JUPYTER_PIPES_CACHE", "10GiB"
"""The environment variable of a worker that says what values that came to it or were made there may take."""

_logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a question for news is held open when there are none."""

LOG_PATIENCE = 0.2
"""The same where what the step prints has to be fetched as well."""

LONGEST_SILENCE = "120s"
"""Time without a word from the executor after which an attempt is given up: nobody waits for it.

Dask's configuration may give another one, as `jupyter-pipes.longest-silence`.
"""

LONGEST_HOLDING = 15.0
"""Seconds of the same for an attempt that has not begun: who had it placed begins it at once, or is gone."""


async def host(attempt: str, topic: str) -> None:
    """Hold a slot of this worker for an attempt until it has ended; the task that Dask places.

    Args:
        attempt: `Job.attempt_id`.
        topic: where the executor listens for the attempt's arrival.
    """
    worker: Any = get_worker()
    station = await _station_of(worker)
    visit = station.open(attempt)
    arrival = {"attempt": attempt, "worker": worker.address, "versions": dict(versions())}
    worker.log_event(topic, arrival)
    await visit.over.wait()


class Visit:
    """An attempt at this worker, from its arrival until nobody asks for it any more.

    Args:
        home: where it runs if it cannot see its notebook's folder.
    """

    def __init__(self, home: Home) -> None:
        self.over = asyncio.Event()
        self.began = time.time()
        self.mailbox = Mailbox()
        self.home = home
        self.beginning = asyncio.Lock()
        self.is_away = False
        self.has_begun = False
        self.heard = asyncio.get_running_loop().time()

    @property
    def state(self) -> Literal["held", "running", "ended"]:
        """How it stands."""
        if not self.has_begun:
            return "held"
        return "ended" if self.over.is_set() else "running"


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
        self._folder = Path(worker.local_directory).resolve() / OPERATION
        self._limit = parse_size(os.environ.get(CACHE_VARIABLE, CACHE_SIZE))
        self._visits: dict[str, Visit] = {}
        self._count = 0
        self._watch = self._loop.create_task(self._give_up_silent())
        worker.handlers[OPERATION] = self.answer

    def teardown(self, worker: Any) -> None:
        """End all attempts: their worker ends."""
        del worker.handlers[OPERATION]
        self._watch.cancel()
        self._executor.close()
        for attempt in [*self._visits]:
            self._forget(attempt)

    def open(self, attempt: str) -> Visit:
        """Return the visit of an attempt that has arrived, the same if it comes once more."""
        if attempt in self._visits:
            return self._visits[attempt]
        self._count += 1
        visit = self._visits[attempt] = Visit(Home(self._folder, self._count))
        return visit

    async def answer(self, request: bytes) -> bytes:
        """Carry out an executor's request."""
        return messages.encode(await self._answer(messages.decode_request(request)))

    async def _answer(self, request: Request) -> Answer:
        visit = self._visits.get(request.attempt)
        if visit is None:
            return Answer("unknown")
        visit.heard = self._loop.time()
        try:
            return await self._carry_out(visit, request)
        except (OSError, PipesError) as error:
            return Answer(visit.state, trouble=visit.home.trouble(error))

    async def _carry_out(self, visit: Visit, request: Request) -> Answer:
        match request:
            case Ask():
                missing = await asyncio.to_thread(visit.home.lacks, request.digests)
                return Answer(visit.state, missing=missing)
            case Bring():
                await visit.home.take(request)
            case Begin():
                await self._begin(visit, request)
            case Poll():
                return await _news(visit, request)
            case Fetch():
                data, size = visit.home.piece(request.what, request.offset)
                return Answer(visit.state, data=data, size=size)
            case Stop():
                self._stop(visit, request)
            case Forget():
                self._forget(request.attempt)
        return Answer(visit.state, is_away=visit.is_away)

    async def _begin(self, visit: Visit, request: Begin) -> None:
        async with visit.beginning:
            visit.is_away = not Path(request.witness).exists()
            # Asked again where the answer to the first request was lost.
            if visit.has_begun or (visit.is_away and request.luggage is None):
                return
            job = replace(request.job, environment={**os.environ, **request.job.environment})
            if request.luggage is not None:
                job = await visit.home.settle(job, request.luggage)
            visit.has_begun = True
            self._executor.submit(job, lambda event: self._take(visit, event))

    def _take(self, visit: Visit, event: ev.AnyEvent) -> None:
        visit.mailbox.put(visit.home.as_at_home(event) if visit.is_away else event)
        if isinstance(event, ev.AttemptEnded):
            visit.over.set()

    def _stop(self, visit: Visit, request: Stop) -> None:
        if visit.has_begun:
            self._executor.cancel(request.attempt, request.outcome, request.reason)
        else:
            self._forget(request.attempt)

    def _forget(self, attempt: str) -> None:
        visit = self._visits.pop(attempt, None)
        if visit is not None:
            visit.home.leave()
            visit.over.set()
            self._loop.run_in_executor(None, self._keep_within_limit)

    def _keep_within_limit(self) -> None:
        """Have what attempts brought and made here take no more than it may; what is in use stays."""
        began = min((visit.began for visit in [*self._visits.values()]), default=time.time())
        try:
            keep_within(LocalBlobs(self._folder / ARTIFACTS), self._limit, began)
        except StoreError:
            _logger.warning("what this worker keeps cannot be brought below its limit", exc_info=True)

    async def _give_up_silent(self) -> None:
        """End the attempts whose executor is gone."""
        configuration: Any = dask.config
        said: str = configuration.get("jupyter-pipes.longest-silence", LONGEST_SILENCE)
        longest: float = parse_timedelta(said)
        while True:
            await asyncio.sleep(min(PATIENCE, longest / 4))
            now = self._loop.time()
            for attempt, visit in [*self._visits.items()]:
                if visit.heard < now - (longest if visit.has_begun else LONGEST_HOLDING):
                    self._stop(visit, Stop(attempt, "lost", "its run gave no sign of life"))
                    if visit.has_begun:
                        await visit.over.wait()
                        self._forget(attempt)


async def _station_of(worker: Any) -> Station:
    if OPERATION not in worker.plugins:
        await worker.plugin_add(Station(), name=OPERATION)
    station: Any = worker.plugins[OPERATION]
    return station


async def _news(visit: Visit, request: Poll) -> Answer:
    """Return what has happened; the log that was there before comes with it, or before it."""
    log = visit.home.log(request.log) if visit.is_away else b""
    if len(log) == PIECE:
        return Answer(visit.state, data=log)
    patience = PATIENCE if not visit.is_away else LOG_PATIENCE
    news = await visit.mailbox.behind(request.after, 0 if log else patience)
    late = visit.home.log(request.log + len(log)) if visit.is_away else b""
    has_ended = visit.is_away and visit.over.is_set()
    files = await asyncio.to_thread(visit.home.left_files) if has_ended else ()
    return Answer(visit.state, messages=news if len(late) < PIECE else (), files=files, data=log + late)
