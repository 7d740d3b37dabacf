"""Answers to steps that wait for approval."""

from __future__ import annotations

from jupyter_pipes.kernel.link.asking import Done, Request
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import UsageError


class AnswerStep(Request, frozen=True, tag="answer gate"):
    """Let a step of the run that is shown begin, which waits at its gate; or refuse it, with why, or not."""

    step: str
    approved: bool
    reason: str = ""


def answer_gate(session: Session, request: AnswerStep) -> Done:
    """Give the answer to whoever drives the run.

    Raises:
        UsageError: no run goes on here, or the step does not wait for approval.
    """
    if session.run is None:
        raise UsageError("no run goes on in this kernel")
    give = session.run.approve if request.approved else session.run.refuse
    give(request.step, request.reason)
    return Done()
