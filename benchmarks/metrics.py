"""What `current.metric` costs in loops, in CPU time: a call, and points in a step; their size and plot."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, beside, milliseconds, write_notebook

if TYPE_CHECKING:
    from jupyter_pipes import Run

TIMES = 5
CALLS = 1_000_000
POINTS = 100_000

_LOOP = """%%step fit
import time
from jupyter_pipes import current
begun = time.process_time()
for i in range({times}):
    {work}
seconds = time.process_time() - begun
"""
_REPORT = "current.metric('loss', i * 0.37, at=i)"
_WORK = "sum(range(3_000))"


def measure() -> list[Figure]:
    """Return what a call costs, a step with points beside one without, and what is kept and drawn of them."""
    with tempfile.TemporaryDirectory() as folder:
        many = [_ran(Path(folder, f"many{n}"), CALLS, _REPORT) for n in range(TIMES)]
        calls = [run["seconds"] / CALLS * 1e6 for run in many]
        kept = [
            Path(folder, f"many{n}/.jupyter_pipes/history.db").stat().st_size / CALLS for n in range(TIMES)
        ]
        plain, reporting = list[float](), list[float]()
        for number in range(TIMES):
            plain.append(_ran(Path(folder, f"plain{number}"), POINTS, _WORK)["seconds"])
            reporting.append(_ran(Path(folder, f"few{number}"), POINTS, f"{_WORK}; {_REPORT}")["seconds"])
        plots = _plots(many[0])
    return [
        Figure("metrics: a call in a loop of a million", calls, "µs"),
        Figure("metrics: a point in the history", kept, "bytes"),
        beside(f"metrics: a step with {POINTS:,} points", reporting, "s", plain, "without them"),
        Figure("metrics: a plot of a million points", plots, "ms"),
    ]


def _ran(folder: Path, times: int, work: str) -> Run:
    from jupyter_pipes import Pipeline

    folder.mkdir()
    write_notebook(folder / "fit.ipynb", [_LOOP.format(times=times, work=work)])
    return Pipeline.from_notebook(folder / "fit.ipynb").run()


def _plots(run: Run) -> list[float]:
    from jupyter_pipes.display.html import metrics_html

    metrics = run.steps["fit"].metrics
    return milliseconds(lambda: metrics_html(metrics), TIMES)
