"""A sweep in a kernel: its runs start one after another, in a cell with a table, or beside the cells."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_pipes.display.tables import SweepTable
from jupyter_pipes.display.text import sweep_summary
from jupyter_pipes.kernel.cell_outputs import Display
from jupyter_pipes.model.errors import PipesError
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
    with _begun(sweep, session):
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
    with _begun(sweep, session):
        while (run := _started(sweep, session)) is not None:
            wait_or_cancel(run)
            session.settle()
            if shown is not None:
                shown.show(_bundle(sweep))
    if shown is None:
        print(SweepTable(SweepLines.of(sweep)))  # noqa: T201 - the terminal's form of the display
    return _ended(sweep, check=check)


def begin(sweep: Sweep, session: Session) -> None:
    """Begin a sweep beside the cells: its first run is started when this returns, the others follow.

    Raises:
        as `Pipeline.start`.
    """
    session.begin_sweep(sweep)
    try:
        run = _started(sweep, session)
    except PipesError:
        session.end_sweep(sweep)
        raise
    threading.Thread(
        target=_carry_on, args=(run, sweep, session), name="jupyter-pipes-sweep", daemon=True
    ).start()


def _carry_on(run: Run | None, sweep: Sweep, session: Session) -> None:
    try:
        while run is not None:
            run.wait()
            run = _started(sweep, session)
    except PipesError as error:
        sweep.end(str(error))
    finally:
        session.end_sweep(sweep)


@contextmanager
def _begun(sweep: Sweep, session: Session) -> Generator[None]:
    """Have front ends know of a sweep while the block goes on."""
    session.begin_sweep(sweep)
    try:
        yield
    finally:
        session.end_sweep(sweep)


def _started(sweep: Sweep, session: Session) -> Run | None:
    return sweep.start_next(lambda start: session.drive(start, show=False, of=sweep))


def _ended(sweep: Sweep, *, check: bool) -> Sweep:
    print(sweep_summary(SweepLines.of(sweep)))  # noqa: T201 - the result, beside the table
    return sweep.check() if check else sweep


def _bundle(sweep: Sweep) -> dict[str, str]:
    table = SweepTable(SweepLines.of(sweep))
    return {"text/plain": repr(table), "text/html": table.html()}
