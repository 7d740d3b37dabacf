"""Kept runs run again, in a kernel: with other values, or from where one was left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import field

from jupyter_pipes.kernel.link.asking import Request, RunStarted
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.runs import repeat
from jupyter_pipes.runs.kept import find_run

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run


class RepeatRun(Request, frozen=True, tag="repeat run"):
    """Run a kept run's own code once more, with other values for these parameters."""

    run: str
    params: dict[str, str] = field(default_factory=dict[str, str])


class ResumeRun(Request, frozen=True, tag="resume run"):
    """Take up a run again that did not complete."""

    run: str


def repeat_run(session: Session, request: RepeatRun) -> RunStarted:
    """Start a kept run's own code with other values, and follow the new run."""
    earlier = _trusted(session, request.run)
    return _followed(session, lambda: repeat.repeat(earlier, request.params))


def resume_run(session: Session, request: ResumeRun) -> RunStarted:
    """Take up a run again, and follow it."""
    earlier = _trusted(session, request.run)
    return _followed(session, lambda: repeat.resume(earlier))


def _trusted(session: Session, name: str) -> Run:
    run = find_run(session.upcoming().workspace, name, session.name)
    # Its parameters are kept as pickles.
    run.workspace.check_values(trust=False)
    return run


def _followed(session: Session, start: Callable[[], Run]) -> RunStarted:
    return RunStarted(session.drive(start, show=False).id)
