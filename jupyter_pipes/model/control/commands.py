"""The commands of people to the controller of a run, in this process or another: imperative, as data."""

from __future__ import annotations

from msgspec import Struct


class Cancel(Struct, frozen=True, tag_field="do", tag="cancel"):
    """Cancel one step, or the run when `step` is None."""

    step: str | None = None
    reason: str = "cancelled by the user"


class AnswerGate(Struct, frozen=True, tag_field="do", tag="answer gate"):
    """Let a step that waits at its gate begin, or refuse it.

    Attributes:
        step: the step.
        approved: whether it may begin.
        by: who says so.
        reason: why, in words; "" if nobody said.
    """

    step: str
    approved: bool
    by: str
    reason: str = ""


RunCommand = Cancel | AnswerGate
"""All that there is to want."""
