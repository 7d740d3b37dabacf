"""Where a running step is: the calls that its process is in, with the lines of the notebook's cells."""

from __future__ import annotations

import platform
import time

from msgspec import Struct

from jupyter_pipes.execution.executors.stacks import Frame, frames_of
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.showing import shown_run
from jupyter_pipes.kernel.link.topics.logs import cells_by_number
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Status


class AskWhere(Request, frozen=True, tag="where"):
    """Say in which calls a running step is just now."""

    step: str


class StackSeen(Struct, frozen=True):
    """The calls that a step was in.

    Attributes:
        at: when, in seconds since 1970.
        frames: the calls, the latest last.
        cells: number of a cell, as the places name it -> its id.
    """

    at: float
    frames: tuple[Frame, ...]
    cells: dict[str, str]


def ask_where(session: Session, request: AskWhere) -> StackSeen:
    """Return where a step is.

    Raises:
        UsageError: it does not run, or its process cannot be asked.
    """
    step = shown_run(session, request.step).step(request.step)
    attempt = step.latest
    if step.status is not Status.RUNNING or attempt is None or not attempt.pid:
        raise UsageError(f"step {request.step} does not run just now")
    if attempt.host != platform.node():
        raise UsageError(f"step {request.step} runs on {attempt.host}: it can be asked from there only")
    return StackSeen(time.time(), frames_of(attempt.pid), cells_by_number(session))
