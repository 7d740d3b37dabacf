"""How a run goes on, on standard error: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from jupyter_pipes.display.ansi import one_line, uncoloured
from jupyter_pipes.display.text import approval_asked, approval_line, steps_table
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.quantities import duration_text, time_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from jupyter_pipes.runs.run import Run

REFRESH = 8
"""How often the live table is drawn, per second."""


def is_rich(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can draw over what it showed."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@contextmanager
def progress(run: Run) -> Generator[None]:
    """Show on standard error how a run goes on, for the time of the block."""
    if is_rich(sys.stderr):
        with _live_table(run):
            yield
        return
    follow(run)
    yield


def follow(run: Run) -> None:
    """Tell on standard error how a run goes on, line by line, from now until it ends."""
    lines = PlainLines(sys.stderr)
    run.subscribe(lines.take)
    lines.catch_up(run.view)


class PlainLines:
    """One line for each change of a step: `12:03:04 clean: running`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: dict[str, tuple[Status, str]] = {}
        # The run's own thread tells each change, the main thread what came before and after.
        self._lock = threading.RLock()

    def take(self, view: RunView, record: ev.Record) -> None:
        """Tell what a new fact changed."""
        event = record.event
        with self._lock:
            if isinstance(event, ev.RunHeldUp):
                self._write(f"run {view.run}", event.reason or "goes on", record.time)
            elif isinstance(event, ev.GateReached):
                self._ask(view, event.step, record.time)
            elif isinstance(event, ev.NoteAdded):
                self._write(event.step, f"note: {event.text}", record.time)
            elif isinstance(event, ev.StepEvent):
                step = view.step(event.step)
                # Elements of a step are told of only if they fail: it has the others' end.
                is_told = not is_child(event.step) or step.status is Status.FAILED
                self._tell(step if is_told else view.steps[step_of(event.step)], record.time)

    def catch_up(self, view: RunView) -> None:
        """Tell all that was not told yet."""
        with self._lock:
            for step in view.steps.values():
                self._tell(step, time.time())
            for step in tuple(view.gates):
                self._ask(view, step, time.time())

    def _ask(self, view: RunView, step: str, moment: float) -> None:
        self._write(step, approval_asked(view, step), moment)

    def _tell(self, step: StepView, moment: float) -> None:
        reason = step.reason
        idle = step.status is Status.PENDING
        # Every attempt is queued for a moment; only what it waits for is news.
        brief = step.status is Status.QUEUED and reason == f"waits for queue {step.planned.options.queue}"
        if idle or brief or self._told.get(step.name) == (step.status, reason):
            return
        self._told[step.name] = (step.status, reason)
        took = f" ({duration_text(step.seconds)})" if step.status.is_final and step.attempts else ""
        self._write(step.name, f"{step.status}{took}" + (f": {reason}" if reason else ""), moment)

    def _write(self, step: str, text: str, moment: float) -> None:
        tell(f"{time_text(moment)} {one_line(f'{step}: {text}')}", self._stream)


def tell(text: str, stream: TextIO | None = None) -> None:
    """Write a line to standard error; when nobody reads that any more, a run still goes on."""
    try:
        print(uncoloured(text), file=stream or sys.stderr, flush=True)
    except (OSError, ValueError):
        return


@contextmanager
def _live_table(run: Run) -> Generator[None]:
    from rich.live import Live

    console = _console(sys.stderr)

    def picture() -> Table:
        table = steps_table(_most_telling(run.view, console.height - 3), time.time())
        table.caption = one_line(_caption(run.view)) or None
        return table

    with Live(
        get_renderable=picture,
        console=console,
        refresh_per_second=REFRESH,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield


def _caption(view: RunView) -> str:
    """Return what is to be done about the run, or why it does not go on."""
    lines = [approval_line(view, step) for step in tuple(view.gates)]
    return " · ".join(filter(None, (view.waits_for, *lines)))


def _most_telling(view: RunView, room: int) -> list[StepView]:
    """Return the steps that fit into so many lines: what runs or went wrong before what is done or waits."""
    steps = list(view.steps.values())
    if len(steps) <= room:
        return steps
    ranked = sorted(steps, key=lambda step: _URGENCY.get(step.status, 3))
    chosen = {step.name for step in ranked[: max(room, 1)]}
    return [step for step in steps if step.name in chosen]


_URGENCY = {Status.RUNNING: 0, Status.FAILED: 1, Status.QUEUED: 2, Status.PENDING: 4}


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)
