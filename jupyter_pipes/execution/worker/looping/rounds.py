"""A step's code, run again while its `--repeat-while` is true; each round is told."""

from __future__ import annotations

import re
import sys
from typing import Protocol

from msgspec.structs import replace

from jupyter_pipes.execution.worker.current import current
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import StepOptions

TOLD = re.compile(
    r"^(?:round \d+ of at most \d+: |[\d,]+ rounds?(?:: no longer |, as many as --at-most allows: still )).*"
)
"""A line that is written between the rounds, or behind the last."""

Ended = ev.AttemptEnded | None
"""How the attempt ended; None if it goes on."""


class Repeated(Protocol):
    """The attempt whose step is repeated."""

    def run_parts(self, *, is_first: bool) -> Ended:
        """Run the step's own cells once."""
        ...

    def is_true(self, flag: str, expression: str) -> bool | ev.AttemptEnded:
        """Return whether what an option says is true; how the attempt ended if that could not be computed."""
        ...

    def in_words(self, expression: str) -> str:
        """Return an expression with the values that decide it."""
        ...

    def note(self, text: str) -> None:
        """Tell something that the user should know."""
        ...


def run_rounds(attempt: Repeated, options: StepOptions) -> Ended:
    """Run round after round; return how the attempt ended if one failed.

    The names are what they are in a notebook: what a round binds is there in the next, objects stay the same.
    """
    again, words = options.repeat_while, ""
    for number in range(1, options.at_most + 1):
        this = f"round {number} of at most {options.at_most}"
        current.progress(number - 1, options.at_most, this)
        if words:
            sys.stdout.write(f"{this}: {words}\n")
        ended = attempt.run_parts(is_first=number == 1)
        goes_on = ended or attempt.is_true("--repeat-while", again)
        if isinstance(goes_on, ev.AttemptEnded):
            return replace(goes_on, reason=f"{this}: {goes_on.reason}")
        words = " ".join(attempt.in_words(again).split())
        if not goes_on:
            return _tell(attempt, f"{_rounds(number)}: no longer {words}")
    return _tell(attempt, f"{_rounds(options.at_most)}, as many as --at-most allows: still {words}")


def _tell(attempt: Repeated, text: str) -> None:
    # The log is what a later run shows of it that finds it kept.
    sys.stdout.write(f"{text}\n")
    attempt.note(text)


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number:,} rounds"
