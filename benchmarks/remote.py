"""Steps on the workers of a local Dask cluster, beside the same calls handed to Dask bare.

On a machine with two cores most of it is processes that take turns: what counts are ratios, and what a step
costs beyond a bare round trip.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, beside, milliseconds, write_notebook

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run

STEPS = 500
GRID = 1_000
CHAIN = 10
PAUSE = 0.2
SHORT = 0.05
WORKERS = 16
ROWS = 5_000_000
TIMES = 5
EVENTS = 20


def measure() -> list[Figure]:
    """Return what a step on a worker costs, how idle workers are, and how soon one hears of it."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_trivial(Path(folder)),
            *_idle(Path(folder)),
            *_frame(Path(folder)),
            *_events(Path(folder)),
            *_grid(Path(folder)),
        ]


@contextmanager
def _served(folder: Path, workers: int) -> Iterator[Any]:
    """A cluster of workers that take one step at a time, which serve the queue `far`; yields a client."""
    from distributed import Client, LocalCluster

    cluster: Any = LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, local_directory=str(folder)
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        (folder / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.scheduler_address}"\n')
        yield client


def _pipeline(folder: Path, name: str, sources: list[str]) -> Pipeline:
    from jupyter_pipes import Pipeline

    path = folder / f"{name}.ipynb"
    write_notebook(path, sources)
    return Pipeline.from_notebook(path)


def _forced(pipeline: Pipeline) -> Run:
    run = pipeline.run(force=["all"], queue="far")
    assert run.status == "completed", run.reason
    return run


def _trivial(folder: Path) -> list[Figure]:
    """Measure a chain of trivial steps; each waits for the one before, as a bare round trip does."""
    bodies = ["x0 = 1", *(f"x{n} = x{n - 1} + 1" for n in range(1, CHAIN))]
    pipeline = _pipeline(folder, "chain", [f"%%step s{n}\n{body}" for n, body in enumerate(bodies)])

    def bare() -> None:
        for number in range(CHAIN):
            client.submit(int, number, pure=False).result()

    with _served(folder, 1) as client:
        _forced(pipeline)
        bare()
        far, here, trips = list[float](), list[float](), list[float]()
        for _ in range(TIMES):
            far += [each / CHAIN for each in milliseconds(lambda: _forced(pipeline), 1)]
            here += [each / CHAIN for each in milliseconds(lambda: pipeline.run(force=["all"]), 1)]
            trips += [each / CHAIN for each in milliseconds(bare, 1)]
    beyond = [one - other for one, other in zip(far, trips, strict=True)]
    return [
        beside("remote: a trivial step on a worker", far, "ms/step", here, "one of this machine"),
        Figure("remote: beyond a bare client.submit", [max(each, 0.0) for each in beyond], "ms/step"),
    ]


def _idle(folder: Path) -> list[Figure]:
    """Measure how long four workers have no step, of the time from the first's begin to the last's end."""
    cells = [f"%%step s{n}\nimport time\ntime.sleep({PAUSE})" for n in range(STEPS)]
    pipeline = _pipeline(folder, "idle", cells)
    with _served(folder, 4):
        run = _forced(pipeline)
    return [Figure(f"remote: {STEPS} steps over 4 workers, idle", [100 * _idle_share(run, 4)], "%")]


def _idle_share(run: Run, workers: int) -> float:
    attempts = [step.latest for step in run.steps.values()]
    spans = [(each.started or 0.0, each.ended or 0.0) for each in attempts if each is not None]
    whole = max(end for _, end in spans) - min(start for start, _ in spans)
    return max(1 - sum(end - start for start, end in spans) / (workers * whole), 0.0)


def _frame(folder: Path) -> list[Figure]:
    """Measure what goes through the scheduler when a frame passes between two steps on one worker."""
    make = f"import numpy as np\nimport pandas as pd\ndf = pd.DataFrame(np.ones(({ROWS}, 8)))"
    pipeline = _pipeline(folder, "frame", [f"%%step make\n{make}", "%%step use\ntotal = float(len(df))"])
    with _served(folder, 1) as client:
        _forced(pipeline)
        before = client.run_on_scheduler(_bytes_through)
        _forced(pipeline)
        through = client.run_on_scheduler(_bytes_through) - before
    size = ROWS * 8 * 8 / 1e6
    return [beside("remote: through the scheduler", [through / 1e6], "MB", [size], f"a {size:.0f} MB frame")]


def _bytes_through(dask_scheduler: Any = None) -> int:
    """Return how many bytes a process read and wrote, files and sockets, since it began."""
    from pathlib import Path

    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"]) + int(fields["wchar"])


def _events(folder: Path) -> list[Figure]:
    """Measure how long after a step says something its run is told of it."""
    code = (
        "import time\nfrom jupyter_pipes import current\n"
        f"for number in range({EVENTS}):\n    current.metric('at', time.time())\n    time.sleep(0.2)"
    )
    pipeline, told = _pipeline(folder, "events", [f"%%step say\n{code}"]), list[float]()
    with _served(folder, 1):
        _forced(pipeline)
        run = pipeline.start(force=["all"], queue="far")
        run.subscribe(lambda _, record: told.extend(_delays(record.event)))
        run.wait()
    return [Figure("remote: an event reaches the notebook", told, "ms")]


def _delays(event: object) -> Iterator[float]:
    from jupyter_pipes.model.events import MetricsReported

    if isinstance(event, MetricsReported):
        yield from ((time.time() - float(value)) * 1000 for value in event.points["at"].values)


def _grid(folder: Path) -> list[Figure]:
    """Measure a grid of short steps on 1, 2, 4, … workers, beside the bare calls."""
    cells = [f"%%step s{n}\nimport time\ntime.sleep({SHORT})" for n in range(GRID)]
    pipeline, figures, workers = _pipeline(folder, "grid", cells), list[Figure](), 1
    while workers <= WORKERS:
        with _served(folder, workers) as client:
            bare = milliseconds(lambda: client.gather(client.map(time.sleep, [SHORT] * GRID, pure=False)), 1)
            ran = milliseconds(lambda: _forced(pipeline), 1)
        name = f"remote: {GRID:,} steps of {SHORT * 1000:.0f} ms on {workers} workers"
        figures.append(beside(name, [ran[0] / 1000], "s", [bare[0] / 1000], "client.map"))
        workers *= 2
    return figures
