"""A frame of 320 MB made in one step and used in two others, against the same functions in one process."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Figure, beside, milliseconds, printed, write_notebook

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
    from jupyter_pipes import Pipeline

    code = f"{IMPORTS}\nimport time\nbegun = time.perf_counter()\n{MAKE}\n{USE[0]}\n{USE[1]}\n"
    alone = [printed(f"{code}print((time.perf_counter() - begun) * 1000)") for _ in range(TIMES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.ipynb"
        steps = [f"%%step make\n{MAKE}", f"%%step first\n{USE[0]}", f"%%step second\n{USE[1]}"]
        write_notebook(path, [IMPORTS, *steps])
        pipeline = Pipeline.from_notebook(path)
        pipeline.run(force=["all"])
        with most_memory() as memory:
            ran = milliseconds(lambda: pipeline.run(force=["all"]), TIMES)
    copy = [ROWS * 8 * 8 / 1e6]
    return [
        beside("frame: three steps in processes", ran, "ms", alone, "the same in one process"),
        beside("frame: most memory at once", [max(memory) / 1e6], "MB", copy, "one copy"),
    ]


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
