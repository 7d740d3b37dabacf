"""A figure, and how one is taken."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from math import nan
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """Measured values of one thing, and how many times another thing's they are."""

    name: str
    values: list[float]
    unit: str
    ratio: float = 0.0
    beside: str = ""


def milliseconds(action: Callable[[], object], times: int) -> list[float]:
    """Return how long each of several calls took."""
    taken: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def beside(name: str, values: list[float], unit: str, other: list[float], what: str) -> Figure:
    """Return a figure as a multiple of another measurement's median."""
    return Figure(name, values, unit, times(values, other), what)


def times(values: list[float], other: list[float]) -> float:
    """Return how many times another median one is; not a number beside 0, which was too short to see."""
    return median(values) / median(other) if median(other) else nan


def thread_seconds(pids: Iterable[int]) -> dict[str, float]:
    """Return the CPU time of each thread of these processes so far, in seconds."""
    threads = (thread for pid in pids for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return dict(_read(threads))


def _read(threads: Iterable[Path]) -> Iterator[tuple[str, float]]:
    for thread in threads:
        with contextlib.suppress(OSError):  # it has ended
            yield str(thread), int(thread.read_text().split()[0]) / 1e9


def seconds_since(before: dict[str, float], now: dict[str, float]) -> float:
    """Return the CPU time that threads took that are still there."""
    return sum(seconds - before.get(thread, 0.0) for thread, seconds in now.items())


def bare_fork() -> None:
    """Fork this process and wait for the child, which ends at once."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def printed(code: str, folder: Path | None = None) -> float:
    """Return the number that a fresh Python prints last when it runs `code`."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    return float(done.stdout.split()[-1])


def write_notebook(path: Path, sources: list[str]) -> None:
    """Write a notebook of code cells."""
    import nbformat

    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
