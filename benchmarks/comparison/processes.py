"""Contenders in processes of their own, and how they take turns."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "benchmarks.contenders")

Turn = Callable[[], float]
"""Does a work once more, and returns the milliseconds that it took."""


def is_installed(tool: str) -> bool:
    """Return whether the package of a contender is there."""
    package = tool.partition("_")[0]
    return package in ("ours", "forks") or find_spec(package) is not None


def in_turns(turns: Mapping[str, Turn], times: int) -> dict[str, list[float]]:
    """Return what each took: they take turns, so that what else the machine does counts for all."""
    taken: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(times):
        for name, turn in turns.items():
            taken[name].append(turn())
    return taken


@contextmanager
def prepared(
    folder: Path, steps: int, contenders: Mapping[str, tuple[str, str]], *, of_cpu: bool = False
) -> Iterator[dict[str, Turn]]:
    """Start each contender that is installed, have it do its work once, and yield how it does it again.

    Args:
        folder: where they keep what they keep.
        steps: how many.
        contenders: name -> tool and work.
        of_cpu: whether their milliseconds are those of the CPU, in all their processes.
    """
    with ExitStack() as stack:
        turns: dict[str, Turn] = {}
        for name, (tool, work) in contenders.items():
            if is_installed(tool):
                turns[name] = stack.enter_context(_started(folder, steps, tool, work, of_cpu=of_cpu))
                turns[name]()
        yield turns


@contextmanager
def _started(folder: Path, steps: int, tool: str, work: str, *, of_cpu: bool) -> Iterator[Turn]:
    words = (*PROGRAM, tool, work, str(folder), str(steps), "--again")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment()
    ) as process:
        requests, answers = process.stdin, process.stdout
        assert requests is not None
        assert answers is not None

        def again() -> float:
            requests.write("again\n")
            requests.flush()
            line = answers.readline()
            if not line:
                raise RuntimeError(f"{tool} ended while it did {work}")
            return float(line.split()[of_cpu])

        yield again
        requests.close()


def whole(*words: str, folder: Path) -> float:
    """Run a program, and return the milliseconds from its start to its end."""
    begun = time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    taken = (time.perf_counter() - begun) * 1000
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    return taken


def environment() -> dict[str, str]:
    """Return that of a contender: its programs are those of this Python, and compiled once as everywhere."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    programs = os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", "")))
    return {**kept, "PYTHONPATH": path, "PATH": programs}
