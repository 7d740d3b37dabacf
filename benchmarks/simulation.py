"""The controller alone: 10,000 steps on 1,000 workers that are made up, in time that is made up as well.

Its decisions, its journal and its history are the real ones; only what would take a cluster is not there. How
long all of it takes, per step, is held against a tenth of the steps, and against a tenth of the workers.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import tempfile
import threading
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, beside

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.base import Report
    from jupyter_pipes.model import events as ev
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.runs.pipeline import Pipeline

MANY = 10_000
WORKERS = 1_000
FEW_WORKERS = 100
SECONDS = 60.0
"""How long a step takes, on the average."""


def measure() -> list[Figure]:
    """Return what the controller costs, and how that grows."""
    few = Simulation(MANY // 10, WORKERS)
    few.run()
    narrow = Simulation(MANY, FEW_WORKERS)
    narrow.run()
    whole = Simulation(MANY, WORKERS)
    whole.run()
    megabytes = [_most_memory(MANY)]
    return [
        beside(
            f"simulation: {MANY:,} steps, {WORKERS:,} workers",
            [whole.per_step * 1000],
            "ms/step",
            [few.per_step * 1000],
            f"{MANY // 10:,} steps",
        ),
        beside(
            "simulation: the same",
            [whole.per_step * 1000],
            "ms/step",
            [narrow.per_step * 1000],
            f"{FEW_WORKERS:,} workers",
        ),
        Figure("simulation: events", [whole.events / whole.seconds], "1/s"),
        beside("simulation: memory", megabytes, "MB", [_most_memory(MANY // 10)], f"{MANY // 10:,} steps"),
        Figure("simulation: the run", [whole.virtual / 3600], "h", whole.busy, "of the workers' time used"),
    ]


def _most_memory(steps: int) -> float:
    """Return how many MB more there are at most while so many steps are driven."""
    simulation = Simulation(steps, WORKERS)
    tracemalloc.start()
    try:
        simulation.run()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


class Simulation:
    """A run of many steps, each of which reads one of a thousand before it.

    Args:
        steps, workers: how many.
        name: the run's id.
        history: URL of the database that it is kept in; one in the run's own folder if not given.

    Attributes:
        seconds: how long it took really, of this process's CPU.
        virtual: how long it took in the time that is made up.
        events: how many events there were.
        busy: which part of the workers' time was used.
    """

    def __init__(self, steps: int, workers: int, name: str = "simulated", history: str = "") -> None:
        self._steps = steps
        self._workers = workers
        self._name = name
        self._history = history

    @property
    def per_step(self) -> float:
        """Seconds of real time per step."""
        return self.seconds / self._steps

    def run(self) -> None:
        """Drive the run to its end."""
        from jupyter_pipes.execution.controller import Controller

        with tempfile.TemporaryDirectory() as folder:
            if self._history:
                (Path(folder) / "pipes.toml").write_text(f'history = "{self._history}"\n')
            pipeline = _pipeline(Path(folder), self._steps, self._name)
            request = pipeline.request(for_run=True)
            pipeline.workspace.open()
            loop = _VirtualLoop()
            workers = _Workers(loop, self._workers)
            controller = Controller(self._name, request, pipeline.workspace, workers, loop)
            begun = time.process_time()
            loop.call_soon(controller.start)
            loop.run_until_complete(_ended(controller.ended))
            self.seconds = time.process_time() - begun
            self.virtual, self.events = loop.time(), controller.view.seq
            self.busy = workers.worked / (self._workers * self.virtual)
            assert controller.view.status == "completed", controller.error
            loop.close()
            pipeline.workspace.history.close()


async def _ended(ended: threading.Event) -> None:
    while not ended.is_set():
        await asyncio.sleep(SECONDS / 10)


def _pipeline(folder: Path, steps: int, name: str) -> Pipeline:
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.runs.pipeline import Pipeline

    made = Pipeline("simulated")
    listed: list[Step] = []
    for n in range(steps):
        before = n - 1000 if n >= 1000 else None
        reads = {} if before is None else {f"x{before}": f"s{before}"}
        # Of two runs at once that come to the same, one would wait for the other.
        body = f"x{n} = {n}, {name!r}" if before is None else f"x{n} = x{before}, {n}"
        listed.append(Step(f"s{n}", n, body, f"cell {n + 1}", reads=reads, writes=(f"x{n}",)))
    made.graph, made.directory = type(made.graph)(tuple(listed)), folder
    return made


class _Workers:
    """An executor whose steps take their time, and nothing else."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self._loop = loop
        self._free = count
        self._waiting: deque[tuple[Job, Report]] = deque()
        self._chance = random.Random(0)
        self.worked = 0.0

    def submit(self, job: Job, report: Report) -> None:
        """Begin it on a free worker, or when one is."""
        from jupyter_pipes.model import events as ev

        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue, "waits"))
        self._waiting.append((job, report))
        self._begin()

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Nothing is cancelled here."""

    def close(self) -> None:
        """Nothing is held."""

    def _begin(self) -> None:
        from jupyter_pipes.model import events as ev

        while self._free and self._waiting:
            job, report = self._waiting.popleft()
            self._free -= 1
            report(ev.AttemptStarted(job.step.name, job.attempt, 1, "simulated"))
            taken = self._chance.expovariate(1 / SECONDS)
            self.worked += taken
            self._loop.call_later(taken, self._end, job, report)

    def _end(self, job: Job, report: Report) -> None:
        from jupyter_pipes.model import events as ev
        from jupyter_pipes.model.results import ArtifactRef

        self._free += 1
        name = job.step.writes[0]
        made = ArtifactRef(name, "0" * 64, "int", 8, "plain")
        report(ev.ArtifactStored(job.step.name, job.attempt, made))
        report(ev.AttemptEnded(job.step.name, job.attempt, "completed"))
        self._begin()


class _VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time leaps to the next timer as soon as nothing else is to do, in threads neither."""

    def __init__(self) -> None:
        self._selector_of_time = _VirtualSelector()
        super().__init__(self._selector_of_time)

    def time(self) -> float:
        """Return the time that is made up."""
        return self._selector_of_time.now

    def run_in_executor(self, executor: Pool | None, func: Callable[..., Any], *args: Any) -> Any:
        """As asyncio's; time stands still until it is done."""
        self._selector_of_time.in_threads += 1
        running: Any = super().run_in_executor(executor, func, *args)
        running.add_done_callback(self._back)
        return running

    def _back(self, _: Future[Any]) -> None:
        self._selector_of_time.in_threads -= 1


class _VirtualSelector(selectors.DefaultSelector):
    """Waits for what is real, and counts how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.in_threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, at once unless a thread works."""
        ready = super().select(0.001 if self.in_threads and timeout != 0 else 0)
        if not ready and not self.in_threads and timeout:
            self.now += timeout
        return ready
