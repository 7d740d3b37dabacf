"""What it adds to a step that it runs in an environment of its own, which is made already."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Figure, beside, milliseconds, printed, write_notebook

TIMES = 5
FEW_TIMES = 3
OWN = f"--python {sys.version_info.major}.{sys.version_info.minor}"

_FIRST = """
import time
from jupyter_pipes import Pipeline
pipeline = Pipeline.from_notebook({path!r})
begun = time.perf_counter()
pipeline.run({step!r}, force=["all"])
print((time.perf_counter() - begun) * 1000)
"""


def measure() -> list[Figure]:
    """Return the time of a run of one step with and without one: the first of a process, and later."""
    from jupyter_pipes import Pipeline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "steps.ipynb"
        write_notebook(path, ["%%step plain\nx = 1", f"%%step own {OWN}\nx = 1"])
        pipeline = Pipeline.from_notebook(path)
        pipeline.run(force=["all"])
        plain = milliseconds(lambda: pipeline.run("plain", force=["all"]), TIMES)
        own = milliseconds(lambda: pipeline.run("own", force=["all"]), TIMES)
        first = {
            step: [printed(_FIRST.format(path=str(path), step=step)) for _ in range(FEW_TIMES)]
            for step in ("plain", "own")
        }
    return [
        beside("environments: a run of a step in a cached one", own, "ms", plain, "a plain step"),
        beside("environments: the first of a process", first["own"], "ms", first["plain"], "a plain step"),
    ]
