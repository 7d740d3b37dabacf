"""What an element of a `--map` costs: in the scheduler alone, in a run, in its journal, and to be shown."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.measure import Figure, milliseconds, write_notebook
from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.results import ElementValue
from jupyter_pipes.model.steps import StepOptions

if TYPE_CHECKING:
    from jupyter_pipes import Run

MANY = 10_000
ELEMENTS = 1_000
TIMES = 3

_MAPPED = '%%step score --map "k in range({elements})"\nhalf = k / 2'


def measure() -> list[Figure]:
    """Return what an element costs, how long it takes until the count is seen, and to make what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [_ran(Path(folder, f"run{number}")) for number in range(TIMES)]
        taken = [(run.view.ended or 0.0) - run.view.started for run in runs]
        journals = [_journal(run) for run in runs]
        return [
            Figure(f"maps: the scheduler, an element of {MANY:,}", _scheduled(), "µs CPU"),
            Figure(f"maps: an element of {ELEMENTS:,}", [each * 1000 / ELEMENTS for each in taken], "ms"),
            Figure("maps: the journal, an element", [size for size, _ in journals], "bytes"),
            Figure("maps: until the count is seen", [seconds for _, seconds in journals], "s"),
            Figure("maps: the node and its elements made", _shown(runs[0]), "ms"),
        ]


def _ran(folder: Path) -> Run:
    from jupyter_pipes import Pipeline

    folder.mkdir()
    write_notebook(folder / "map.ipynb", [_MAPPED.format(elements=ELEMENTS)])
    return Pipeline.from_notebook(folder / "map.ipynb").run()


def _journal(run: Run) -> tuple[float, float]:
    """Return the bytes of a run's facts by element, and after how many seconds the elements were known."""
    records = list(run.workspace.history.records(run.id))
    found = next(each.time for each in records if isinstance(each.event, ev.StepsAdded))
    size = sum(len(msgspec.msgpack.encode(each.event)) for each in records)
    return size / ELEMENTS, found - run.view.started


def _shown(run: Run) -> list[float]:
    from jupyter_pipes.display.board.making import board_of
    from jupyter_pipes.display.steps.elements import elements_html

    view = run.view
    return milliseconds(lambda: (board_of(view), elements_html(view.steps["score"], 0.0)), TIMES)


def _scheduled() -> list[float]:
    """Return the microseconds of CPU that the scheduler takes by element."""
    taken: list[float] = []
    for _ in range(TIMES):
        begun = time.process_time()
        _drive()
        taken.append((time.process_time() - begun) * 1e6 / MANY)
    return taken


def _drive() -> None:
    scheduler, facts = Scheduler(), deque[ev.AnyEvent]()
    mapped = ev.PlannedStep("m", options=StepOptions(map=("x in xs",)))
    facts.append(ev.RunStarted("p", "1.0.0", (mapped,)))
    while facts:
        for command in scheduler.handle(facts.popleft()):
            facts.extend(_answer(command))


def _found(step: str, attempt: int) -> ev.StepsAdded:
    values = tuple((ElementValue(str(each), 1, "json"),) for each in range(MANY))
    return ev.StepsAdded(step, attempt, 0, values)


def _answer(command: do.AnyCommand) -> list[ev.AnyEvent]:
    match command:
        case do.Append(event):
            return [event]
        case do.Decide(step):
            return [ev.StepDecided(step, "run")]
        case do.Submit(step, attempt, gathers=gathers):
            ended = ev.AttemptEnded(step, attempt, "completed")
            return [ended] if gathers or is_child(step) else [_found(step, attempt), ended]
        case _:
            raise AssertionError(command)
