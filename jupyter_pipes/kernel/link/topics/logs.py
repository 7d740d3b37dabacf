"""The log of an attempt as it grows, and the traceback that it ended with."""

from __future__ import annotations

from msgspec import Struct

from jupyter_pipes.display.ansi import terminal_tail, terminal_text
from jupyter_pipes.display.html import traceback_text
from jupyter_pipes.display.looks import tries
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.showing import shown_run
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.views import AttemptView

_TAIL = 64 * 1024
"""Bytes of a log's end that are shown unless all of it is asked for."""


class FollowLog(Request, frozen=True, tag="follow log"):
    """Give what a step printed, if there is more than is known.

    Attributes:
        attempt: its number; the latest one if None.
        seen: the size of the log when it was given last, in bytes; -1 if it was not.
        is_whole: whether all of it is wanted, not only its end.
    """

    step: str
    attempt: int | None = None
    seen: int = -1
    is_whole: bool = False


class LogFollowed(Struct, frozen=True):
    """A log as it stands.

    Attributes:
        run: of which run; an earlier one when the step is cached.
        attempt: whose log it is; None if the step did not run.
        attempts: the numbers of all there are.
        size: of the log, in bytes.
        text: what a terminal shows in the end, with colours; None if its size is as seen.
        is_cut: whether there is more before the text.
        traceback: what the attempt failed with, with colours; "" if it did not.
        cells: number of a cell, as tracebacks name it -> its id.
    """

    run: str
    attempt: int | None
    attempts: tuple[int, ...]
    size: int
    text: str | None
    is_cut: bool
    traceback: str
    cells: dict[str, str]


def follow_log(session: Session, request: FollowLog) -> LogFollowed:
    """Return the log of an attempt.

    Raises:
        UsageError: the step was never tried, or has no such attempt.
    """
    run = shown_run(session, request.step)
    source, attempts = run.shown_attempts(request.step)
    log = run.log(request.step, request.attempt)
    latest = attempts[-1].number if attempts else None
    shown = next((each for each in attempts if each.number == (request.attempt or latest)), None)
    elements = [] if request.attempt else run.element_logs(request.step)
    size, traceback = len(log) + sum(len(each) for _, each in elements), _traceback(shown)
    text = None
    if size != request.seen:
        tail = None if request.is_whole else _TAIL
        printed = run.logs(request.step, request.attempt, tail)
        text = terminal_text(printed) if request.is_whole else terminal_tail(printed)
    return LogFollowed(
        run=source,
        attempt=shown.number if shown else None,
        attempts=tuple(each.number for each in tries(attempts)),
        size=size,
        text=text,
        is_cut=log.is_long if request.is_whole else len(log) > _TAIL,
        traceback=traceback,
        cells=cells_by_number(session) if traceback else {},
    )


def _traceback(attempt: AttemptView | None) -> str:
    error = attempt.error if attempt else None
    return terminal_text(traceback_text(error) or f"{error.type}: {error.message}") if error else ""


def cells_by_number(session: Session) -> dict[str, str]:
    """Return the ids of the cells by their numbers, as tracebacks name them."""
    return {str(cell.number): cell.id for cell in session.upcoming().cells}
