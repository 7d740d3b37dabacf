"""The works that the project has goals for, beside other tools that do the same: all in one run, in turns.

`pip install -r benchmarks/requirements.txt` brings the others; what is not installed is left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks import definitions, frame
from benchmarks.comparison.processes import (
    PROGRAM,
    Turn,
    in_turns,
    is_installed,
    prepared,
    whole,
)
from benchmarks.comparison.rows import OURS, Goal, Row
from benchmarks.contenders import ours
from benchmarks.frame import MAKE
from benchmarks.measure import Figure, beside, printed, write_notebook

TIMES = 7
STEPS = 20
WIDE = 100
CHAINED = 1_000
KEPT, MANY = 1_000, 10_000
SHOWN = 400
FEW_CELLS, CELLS = 20, 200
STILL_MILLISECONDS = 5_000

LUIGI = "Luigi, 2 workers"
FORK = "fork, pickle files"
PROGRAMS = "a Python program each"
IPYTHON = "import IPython"
DOIT = "doit"
JOBLIB = "joblib.Memory"
REDUN = "redun"
COMMAND = ("jupyter", "pipes")
"""What a user types in front of a verb."""


def measure() -> list[Figure]:
    """Return each work's figures: ours, and ours beside each of the others."""
    return [figure for row in rows() for figure in figures(row)]


def figures(row: Row) -> Iterator[Figure]:
    """Yield the figures of a work."""
    name = f"peers: {row.work}"
    yield Figure(name, row.taken[OURS], row.unit)
    for tool, values in row.taken.items():
        if tool != OURS:
            yield beside(f"{name}: {tool}", values, row.unit, row.taken[OURS], OURS)


def rows() -> Iterator[Row]:
    """Yield the works, each when it has been measured; everything has two cores."""
    with _two_cores():
        for work in (
            chain,
            independent,
            start,
            cached_program,
            cached,
            many_cached,
            chains,
            frames,
            frame_memory,
            documents,
            cells,
            idle,
        ):
            with tempfile.TemporaryDirectory() as folder:
                yield from work(Path(folder))


@contextmanager
def _two_cores() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def chain(folder: Path) -> Iterator[Row]:
    """A chain of trivial steps."""
    contenders = {
        OURS: ("ours", "chain"),
        LUIGI: ("luigi_tasks", "chain"),
        FORK: ("forks", "chain"),
        PROGRAMS: ("forks", "program_chain"),
    }
    with prepared(folder, STEPS, contenders) as turns:
        taken = in_turns(turns, TIMES)
    yield _per_step(
        f"a chain of {STEPS} trivial steps, per step", STEPS, taken, Goal(1.0, LUIGI), Goal(2.0, FORK)
    )


def independent(folder: Path) -> Iterator[Row]:
    """Steps that need nothing of each other, as a program."""
    ours.write_independent(folder / "wide.ipynb", WIDE)
    values = count()
    turns: dict[str, Turn] = {
        OURS: lambda: _command(folder, "run", "wide.ipynb", "-p", f"first={next(values)}")
    }
    if is_installed("luigi_tasks"):
        turns[LUIGI] = lambda: whole(
            *PROGRAM, "luigi_tasks", "independent", str(folder), str(WIDE), folder=folder
        )
    yield _programs(f"{WIDE} independent steps, two at a time, the whole program", turns, Goal(1.0, LUIGI))


def start(folder: Path) -> Iterator[Row]:
    """From the start of the program, and from the call in a warm process, to the first step's code."""
    ours.write_first(folder / "first.ipynb")
    turns: dict[str, Turn] = {
        OURS: lambda: _until_begun(folder, lambda: _command(folder, "run", "first.ipynb")),
        IPYTHON: lambda: whole(sys.executable, "-c", "import IPython", folder=folder),
    }
    if is_installed("luigi_tasks"):
        luigi = (*PROGRAM, "luigi_tasks", "first", str(folder), "1")
        turns[LUIGI] = lambda: _until_begun(folder, lambda: whole(*luigi, folder=folder))
    yield _programs("start of the program to the first step's code", turns, Goal(1.5, IPYTHON))
    with prepared(folder, 1, {OURS: ("ours", "first")}) as warm:
        yield Row("the same in a process that ran steps before", "ms", in_turns(warm, TIMES), (Goal(50.0),))


def _until_begun(folder: Path, run: Callable[[], object]) -> float:
    begun = time.time()
    run()
    return (float((folder / "began").read_text()) - begun) * 1000


def cached_program(folder: Path) -> Iterator[Row]:
    """Nothing to do, as a program."""
    ours.write_chain(folder / "chain.ipynb", STEPS)
    turns: dict[str, Turn] = {OURS: lambda: _command(folder, "run", "chain.ipynb")}
    for name, tool in (
        (DOIT, "doit_tasks"),
        (LUIGI, "luigi_tasks"),
        (JOBLIB, "joblib_calls"),
        (REDUN, "redun_tasks"),
    ):
        if is_installed(tool):
            words = (*PROGRAM, tool, "cached", str(folder), str(STEPS))
            turns[name] = lambda words=words: whole(*words, folder=folder)
    yield _programs(f"{STEPS} cached steps, the whole program", turns, Goal(1.5, DOIT))


def cached(folder: Path) -> Iterator[Row]:
    """Nothing to do, in a process."""
    contenders = {
        OURS: ("ours", "many_cached"),
        JOBLIB: ("joblib_calls", "cached"),
        DOIT: ("doit_tasks", "cached"),
    }
    with prepared(folder, KEPT, contenders) as turns:
        taken = in_turns(turns, TIMES)
    yield Row(f"{KEPT:,} cached steps, in a process", "ms", taken, (Goal(1.0, JOBLIB),))


def many_cached(folder: Path) -> Iterator[Row]:
    """Nothing to do, with ten times as many steps."""
    few, many = folder / "few", folder / "many"
    few.mkdir()
    many.mkdir()
    work = {OURS: ("ours", "many_cached")}
    with prepared(few, MANY // 10, work) as of_few, prepared(many, MANY, work) as of_many:
        taken = in_turns({OURS: of_many[OURS], "a tenth of them": of_few[OURS]}, TIMES)
    goals = (Goal(1000.0), Goal(11.0, "a tenth of them"))
    yield Row(f"{MANY:,} cached steps, in a process", "ms", taken, goals)


def chains(folder: Path) -> Iterator[Row]:
    """Many chains of ten steps, beside one chain."""
    contenders = {OURS: ("ours", "chains"), LUIGI: ("luigi_tasks", "chains")}
    with (
        prepared(folder, CHAINED, contenders) as turns,
        prepared(folder, STEPS, {OURS: ("ours", "chain")}) as one,
    ):
        taken = in_turns({**turns, f"a chain of {STEPS}": one[OURS]}, TIMES)
    of_one = [milliseconds * CHAINED / STEPS for milliseconds in taken.pop(f"a chain of {STEPS}")]
    work = f"{CHAINED:,} trivial steps as {max(1, CHAINED // 10)} chains, per step"
    goal = Goal(1.1, f"a chain of {STEPS}")
    yield _per_step(work, CHAINED, {**taken, f"a chain of {STEPS}": of_one}, goal)


def frames(folder: Path) -> Iterator[Row]:
    """A frame of 320 MB made in one step and used in two others."""
    alone = frame.alone(MAKE)
    steps = frame.notebook(folder, MAKE)
    turns: dict[str, Turn] = {
        OURS: lambda: _command(folder, "run", steps.name, "--force", "all"),
        "one process": lambda: whole(sys.executable, "-c", alone, folder=folder),
    }
    yield _programs(
        "a frame of 320 MB over three processes, the whole program", turns, Goal(1.2, "one process")
    )
    pipeline = frame.prepared(steps)
    warm = {
        OURS: lambda: frame.ran(pipeline),
        "one process": lambda: printed(alone),
    }
    yield Row(
        "the same, begun in a process that has its packages",
        "ms",
        in_turns(warm, TIMES),
        (Goal(1.2, "one process"),),
    )


def frame_memory(folder: Path) -> Iterator[Row]:
    """The most memory that the steps hold at once beside one process."""
    pipeline = frame.prepared(frame.notebook(folder, MAKE))
    taken = in_turns(
        {OURS: lambda: frame.most(pipeline), "one process": lambda: frame.most_alone(MAKE)}, TIMES
    )
    yield Row("the most memory at once of those three steps", "MB", taken, (Goal(1.3, "one process"),))


def documents(folder: Path) -> Iterator[Row]:
    """What `--json` and `--output` add to a run of cached steps."""
    write_notebook(
        folder / "many.ipynb", [cell for n in range(SHOWN // 10) for cell in ours.chain_of(10, f"c{n}_")]
    )
    run = ("run", "many.ipynb")
    _command(folder, *run)
    turns = {
        "run": lambda: _command(folder, *run),
        "run --json": lambda: _command(folder, *run, "--json"),
        "show --json": lambda: _command(folder, "show", "last", "--json"),
        "run --output": lambda: _command(folder, *run, "--output", "out.ipynb", "--force"),
    }
    taken = in_turns(turns, TIMES)
    for verb in ("run --json", "show --json", "run --output"):
        of_both = {OURS: taken[verb], "run": taken["run"]}
        yield Row(f"{verb} of {SHOWN} cached steps, the whole program", "ms", of_both, (Goal(1.5, "run"),))


def cells(folder: Path) -> Iterator[Row]:
    """Cells that define steps in a kernel."""
    turns = {
        OURS: lambda: definitions.spent(definitions.FIRST, definitions.cells(CELLS)),
        f"{FEW_CELLS} cells": lambda: definitions.spent(definitions.FIRST, definitions.cells(FEW_CELLS)),
        "plain cells": lambda: definitions.spent([], ["x = 1"] * CELLS),
    }
    goals = (Goal(10.0), Goal(1.1, f"{FEW_CELLS} cells"))
    yield Row(f"a cell of {CELLS} that a kernel defines", "ms CPU", in_turns(turns, TIMES), goals)


def idle(folder: Path) -> Iterator[Row]:
    """A step that sleeps, beside one that waits at its gate."""
    with prepared(folder, STILL_MILLISECONDS, {OURS: ("ours", "idle")}) as turns:
        taken = in_turns(turns, TIMES)
    yield Row("an idle second: a step sleeps, another one waits at its gate", "ms CPU", taken, (Goal(1.0),))


def _command(folder: Path, *words: str) -> float:
    return whole(*COMMAND, *words, folder=folder)


def _programs(work: str, turns: dict[str, Turn], *goals: Goal) -> Row:
    """Measure programs, each of which was run once before."""
    in_turns(turns, 1)
    return Row(work, "ms", in_turns(turns, TIMES), goals)


def _per_step(work: str, steps: int, taken: dict[str, list[float]], *goals: Goal) -> Row:
    per_step = {tool: [value / steps for value in values] for tool, values in taken.items()}
    return Row(work, "ms", per_step, goals)
