"""`python -m benchmarks.contenders TOOL WORK FOLDER COUNT`: once, or again for each line that comes."""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path

import psutil


def main() -> None:
    """Do the work; with `--again`, write for each line the milliseconds that it took, and those of CPU."""
    tool, work, folder, steps, *again = sys.argv[1:]
    results = os.fdopen(os.dup(1), "w")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    # A tool's own report of each run; what Python says of an error that ends this program is seen.
    prepare = getattr(importlib.import_module(f"benchmarks.contenders.{tool}"), work)
    action = prepare(Path(folder), int(steps))
    if not again:
        action()
        return
    for _ in sys.stdin:
        begun, spent = time.perf_counter(), cpu_milliseconds()
        told = action()
        taken = told if isinstance(told, float) else (time.perf_counter() - begun) * 1000
        print(taken, cpu_milliseconds() - spent, file=results, flush=True)


def cpu_milliseconds() -> float:
    """Return the CPU time of this process and of all that it started, those that have ended included."""
    every = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(process.cpu_times()[:4]) for process in every) * 1000


if __name__ == "__main__":
    main()
