"""Runs that another process drives: it is given commands, or they are ended in its place."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel, RunCommand
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.history.leases import Standing
    from jupyter_pipes.model.views import RunView

_logger = logging.getLogger(__name__)

CANCEL_TIME = 10.0
"""Seconds that a controller gets to end its run, or to take an answer."""


def command(history: History, run: str, command: RunCommand) -> None:
    """Give a command to whoever drives a run; return at once.

    Raises:
        UsageError: the run does not go on.
    """
    status = history.view(run).status
    if status is not Status.RUNNING:
        raise UsageError(f"run {run} does not go on: it is {status}")
    history.remark(run, ev.CommandGiven(command))


def cancel(history: History, run: str, cancel: Cancel, *, force: bool = False) -> None:
    """Have a run, or a step of it, cancelled by its controller, and return when that has ended.

    Args:
        history: where it is kept.
        run: its id.
        cancel: what is to be cancelled, and why.
        force: end the run at once, whatever its controller does or where it is.

    Raises:
        UsageError: the run does not go on, or its controller did not end it in time.
    """
    if not force:
        command(history, run, cancel)
        what = f"run {run}" if cancel.step is None else f"step {cancel.step} of run {run}"
        waits = f"{what} was asked to end, and has not"
        _wait(history, run, partial(_has_ended, step=cancel.step), waits, _remedy(run, "cancel"))
    elif cancel.step is not None:
        raise UsageError(f"--force ends run {run} as a whole: leave {cancel.step} out")
    elif not history.end(run, Status.CANCELLED, cancel.reason):
        raise UsageError(f"run {run} does not go on: it is {history.view(run).status}")


def answer(history: History, run: str, answer: AnswerGate) -> None:
    """Have a step that waits at its gate begin, or refused, by its run's controller; return when it knows.

    Raises:
        UsageError: the run does not go on, its controller did not look in time, or somebody was faster.
    """
    command(history, run, answer)
    waits = f"the controller of run {run} has not taken the answer"
    _wait(history, run, lambda view: answer.step not in view.gates, waits, "try again")
    records = history.records(run, -1)
    answers = [each.event for each in records if isinstance(each.event, ev.GateAnswered)]
    last = next((each for each in reversed(answers) if each.step == answer.step), None)
    if last != ev.GateAnswered(answer.step, answer.approved, answer.by, answer.reason):
        how = last.words if last else history.view(run).steps[answer.step].reason
        raise UsageError(f"step {answer.step} of run {run} does not wait for approval any more: {how}")


def free(history: History, run: str, *, force: bool) -> None:
    """See that nobody drives a run that is to be taken up again.

    Args:
        history: where it is kept.
        run: its id.
        force: take it from a controller that may still be there.

    Raises:
        UsageError: it goes on.
    """
    history.settle_interrupted()
    if history.view(run).status is not Status.RUNNING:
        return
    if not force:
        raise UsageError(f"run {run} is still going on, {history.leases.look(run)}; {_remedy(run, 'resume')}")
    history.end(run, Status.INTERRUPTED, "taken over by resume --force")


def wait_for_news(history: History) -> None:
    """Return once it is clear of each run that is said to go on whether it does; the others are settled."""
    is_told = False
    while waiting := [standing for standing in _seen(history) if standing.is_unclear]:
        if not is_told:
            names = ", ".join(f"run {each.lease.run} {each}" for each in waiting if each.lease)
            _logger.warning("waiting for a sign of life: %s", names)
            is_told = True
        time.sleep(0.1)
    history.settle_interrupted()


def _seen(history: History) -> list[Standing]:
    return [history.leases.look(summary.run) for summary in history.running()]


def _wait(
    history: History, run: str, has_happened: Callable[[RunView], bool], waits: str, remedy: str
) -> None:
    latest = time.monotonic() + CANCEL_TIME
    while not has_happened(history.view(run)):
        if time.monotonic() > latest:
            raise UsageError(
                f"{waits} after {exact_duration_text(CANCEL_TIME)}: the run is {history.leases.look(run)}; "
                f"{remedy}"
            )
        time.sleep(0.05)
        history.settle_interrupted()


def _has_ended(view: RunView, step: str | None) -> bool:
    return view.status.is_final or (step is not None and view.step(step).status.is_final)


def _remedy(run: str, verb: str) -> str:
    does = {"cancel": "ends it without its controller", "resume": "takes it over"}
    return f"{verb} {run} --force {does[verb]}"
