"""What the scheduler wants done, imperative: its answers to facts."""

from __future__ import annotations

from msgspec import Struct

from jupyter_pipes.model import events as ev


class Command(Struct, frozen=True, gc=False):
    """What the scheduler wants done."""


class Decide(Command, frozen=True):
    """Compute the step's signature and look for a kept result.

    Attributes:
        step: the step.
        claims: whether nobody else is to compute the same from now on, if it has to run.
    """

    step: str
    claims: bool = True


class Submit(Command, frozen=True):
    """Hand an attempt of the step to its queue's executor; `gathers`: what its elements left, into lists.

    `tries`: the how-manieth of its tries, of which `--retries` says how many there may be.
    """

    step: str
    attempt: int
    gathers: bool = False
    tries: int = 1


class CancelAttempt(Command, frozen=True):
    """Stop an attempt; the executor answers with `AttemptEnded`."""

    step: str
    attempt: int
    reason: str


class WaitForRetry(Command, frozen=True):
    """Send `RetryDue` after `delay` seconds."""

    step: str
    delay: float


class Append(Command, frozen=True):
    """Append this fact to the journal (and hand it back to the scheduler)."""

    event: ev.AnyEvent


AnyCommand = Decide | Submit | CancelAttempt | WaitForRetry | Append
