"""A sweep in a cell: its runs start one after another, and one table shows how they come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.display.tables import SweepTable
from jupyter_pipes.display.text import sweep_summary
from jupyter_pipes.kernel.cell_outputs import Display
from jupyter_pipes.runs.start import wait_or_cancel, wait_or_cancel_awaiting
from jupyter_pipes.runs.sweeping.lines import SweepLines

if TYPE_CHECKING:
    from jupyter_pipes.kernel.session import Session
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep

TICK = 0.1
"""Seconds between two looks at a run that goes on."""


async def carry_out(sweep: Sweep, session: Session, *, check: bool) -> Sweep:
    """Carry a sweep out while the kernel goes on answering widgets; an interrupt ends it.

    Raises:
        RunFailed, RunCancelled: a run did not complete, and `check` is true.
    """
    shown = Display(_bundle(sweep))
    while (run := _started(sweep, session)) is not None:
        await wait_or_cancel_awaiting(run, TICK, lambda: shown.show(_bundle(sweep)))
        session.settle()
        shown.show(_bundle(sweep))
        if not run.has_ended:
            break
    return _ended(sweep, check=check)


def carry_out_blocking(sweep: Sweep, session: Session, *, check: bool) -> Sweep:
    """Carry a sweep out where nothing can be awaited; an interrupt ends it.

    Raises:
        RunFailed, RunCancelled: a run did not complete, and `check` is true.
    """
    shown = Display(_bundle(sweep)) if session.live else None
    while (run := _started(sweep, session)) is not None:
        wait_or_cancel(run)
        session.settle()
        if shown is not None:
            shown.show(_bundle(sweep))
    if shown is None:
        print(SweepTable(SweepLines.of(sweep)))  # noqa: T201 - the terminal's form of the display
    return _ended(sweep, check=check)


def _started(sweep: Sweep, session: Session) -> Run | None:
    return sweep.start_next(lambda start: session.drive(start, show=False))


def _ended(sweep: Sweep, *, check: bool) -> Sweep:
    print(sweep_summary(SweepLines.of(sweep)))  # noqa: T201 - the result, beside the table
    return sweep.check() if check else sweep


def _bundle(sweep: Sweep) -> dict[str, str]:
    table = SweepTable(SweepLines.of(sweep))
    return {"text/plain": repr(table), "text/html": table.html()}
