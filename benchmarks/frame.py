"""A frame of 320 MB made in one step and used in two others, against the same functions in one process."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, beside, milliseconds, printed, write_notebook

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline

ROWS = 5_000_000
TIMES = 3
# Without temporaries of the frame's size, which would be the functions' own and not the hand-over's.
MAKE = (
    f"values = np.random.default_rng(0).standard_normal((8, {ROWS})).T\n"
    "df = pd.DataFrame(values, columns=list('abcdefgh'), copy=False)\ndel values"
)
USE = ("sums = df.to_numpy().sum(axis=0).tolist()", "largest = df.to_numpy().max(axis=0).tolist()")
IMPORTS = "import numpy as np\nimport pandas as pd"


def measure() -> list[Figure]:
    """Return the time of the three steps and the most memory that they held at once."""
    single = [printed(alone(MAKE)) for _ in range(TIMES)]
    with tempfile.TemporaryDirectory() as folder:
        pipeline = prepared(notebook(Path(folder), MAKE))
        with most_memory() as memory:
            taken = [ran(pipeline) for _ in range(TIMES)]
    copy = [ROWS * 8 * 8 / 1e6]
    return [
        beside("frame: three steps in processes", taken, "ms", single, "the same in one process"),
        beside("frame: most memory at once", [max(memory) / 1e6], "MB", copy, "one copy"),
    ]


def alone(make: str) -> str:
    """Return a program that does all in one process, and prints how many milliseconds that took."""
    timed = f"{make}\n{USE[0]}\n{USE[1]}\nprint((time.perf_counter() - begun) * 1000)"
    return f"{IMPORTS}\nimport time\nbegun = time.perf_counter()\n{timed}"


def most_alone(make: str) -> float:
    """Return the most memory in MB that one process takes for it, beside what its packages take."""
    look = "int(next(line for line in open('/proc/self/status') if line.startswith('Vm{}')).split()[1]) / 1e3"
    begun, most = look.format("RSS"), look.format("HWM")
    return printed(f"{IMPORTS}\nbegun = {begun}\n{make}\n{USE[0]}\n{USE[1]}\nprint({most} - begun)")


def notebook(folder: Path, make: str) -> Path:
    """Write the notebook with the three steps, and return its path."""
    steps = [f"%%step make\n{make}", f"%%step first\n{USE[0]}", f"%%step second\n{USE[1]}"]
    write_notebook(folder / "frame.ipynb", [IMPORTS, *steps])
    return folder / "frame.ipynb"


def prepared(notebook: Path) -> Pipeline:
    """Return the pipeline of a notebook, which has run once."""
    from jupyter_pipes import Pipeline

    pipeline = Pipeline.from_notebook(notebook)
    pipeline.run(force=["all"])
    return pipeline


def ran(pipeline: Pipeline) -> float:
    """Run all steps, and return how many milliseconds that took."""
    return milliseconds(lambda: pipeline.run(force=["all"]), 1)[0]


def most(pipeline: Pipeline) -> float:
    """Run all steps, and return the most memory in MB that they held at once."""
    with most_memory() as memory:
        ran(pipeline)
    return max(memory) / 1e6


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """Collect what all steps hold together while the block runs: shared pages count once (PSS), in bytes."""
    seen: list[int] = [0]
    done = threading.Event()

    def watch() -> None:
        import psutil

        # What the helper has loaded anyway is not the frame's.
        start = _together(psutil)
        while not done.is_set():
            seen.append(_together(psutil) - start)
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _together(psutil: object) -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):  # type: ignore[attr-defined]  # the module
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # type: ignore[attr-defined]  # the module
            continue
    return total
