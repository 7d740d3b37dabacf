"""A chain of 20 trivial steps, each in its own process: against a bare fork, and what syncing adds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from unittest.mock import patch

from benchmarks.measure import Figure, bare_fork, beside, milliseconds, write_notebook

STEPS = 20
TIMES = 7


def measure() -> list[Figure]:
    """Return the time per step: run, and found to be cached."""
    import pandas  # noqa: F401 - the bare fork is of a process that has it loaded

    from jupyter_pipes import Pipeline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.ipynb"
        bodies = ["x0 = 1", *(f"x{n} = x{n - 1} + 1" for n in range(1, STEPS))]
        write_notebook(path, ["import pandas", *(f"%%step s{n}\n{body}" for n, body in enumerate(bodies))])
        pipeline = Pipeline.from_notebook(path)
        pipeline.run(force=["all"])
        ran = [each / STEPS for each in milliseconds(lambda: pipeline.run(force=["all"]), TIMES)]
        cached = [each / STEPS for each in milliseconds(pipeline.run, TIMES)]
    forks = milliseconds(bare_fork, 20)
    programs = milliseconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), TIMES)
    return [
        beside("chain: a step in its own process", ran, "ms/step", forks, "bare fork with pandas"),
        beside("chain: the same", ran, "ms/step", programs, "python -c pass"),
        Figure("chain: a bare fork with pandas loaded", forks, "ms"),
        Figure("chain: a Python program that does nothing", programs, "ms"),
        Figure("chain: a cached step", cached, "ms/step"),
        *_syncing(),
    ]


def _syncing() -> list[Figure]:
    """Return what it adds to a step that all it left is on the disk before its run ends.

    Runs with and without it take turns; each makes values that were never there.
    """
    from jupyter_pipes import Pipeline

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "chain.ipynb"
        bodies = ["x0 = [first]", *(f"x{n} = [*x{n - 1}, {n}]" for n in range(1, STEPS))]
        steps = (f"%%step s{n}\n{body}" for n, body in enumerate(bodies))
        write_notebook(path, ["%%params\nfirst: int = 0", *steps])
        pipeline, first = Pipeline.from_notebook(path), count()

        def run() -> None:
            pipeline.run(params={"first": next(first)})

        run()
        synced, unsynced = list[float](), list[float]()
        for _ in range(TIMES):
            synced += milliseconds(run, 1)
            # Files reach the disk from this process alone.
            with patch("os.fsync"):
                unsynced += milliseconds(run, 1)
    # Of neighbours, so that what else the machine does counts for both.
    added = [(one - other) / STEPS for one, other in zip(synced, unsynced, strict=True)]
    return [
        beside(
            "chain: new values, on the disk",
            [each / STEPS for each in synced],
            "ms/step",
            [each / STEPS for each in unsynced],
            "the same, not synced",
        ),
        Figure("chain: what syncing adds", added, "ms/step"),
    ]
