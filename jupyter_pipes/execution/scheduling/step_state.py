"""What the scheduler remembers of one step, and the facts that end it, open it or try it again."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Protocol

from msgspec.structs import replace

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.results import WORKER_LOST
from jupyter_pipes.model.steps import Status, StepOptions

_MOST_DOUBLINGS = 20
"""Beyond this a delay grows no longer: a second has become twelve days."""


MOST_LOST = 3
"""Workers that one step may lose before it is held for what kills them."""

_ENDED_WORDS = {
    Status.FAILED: "failed",
    Status.SKIPPED: "was skipped",
    Status.CANCELLED: "was cancelled",
}


class Phase(Enum):
    """Where a step stands in the scheduler's eyes; `REOPENING` and `ENDING` are there from the saying on.

    `MAPPING`: its elements are under way, between the attempt that found them and the one that gathers.
    """

    WAITING = auto()
    DECIDING = auto()
    GATED = auto()
    SUBMITTED = auto()
    DELAYED = auto()
    MAPPING = auto()
    REOPENING = auto()
    ENDING = auto()


class Below(Protocol):
    """What a step has below it: the elements of its `--map`."""

    states: dict[str, StepState]

    @property
    def failed(self) -> str:
        """Which of them failed, and why, in words; "" if none did."""
        ...

    def stop(self, reason: str) -> Iterator[do.AnyCommand]:
        """Have all that have not ended stopped."""
        ...


class StepState:
    """What the scheduler must remember of one step.

    Attributes:
        planned: the step, with what was observed of it.
        children: those that wait for it.
        open_upstream: how many it waits for still.
        attempt, earlier_attempts: the number of its last attempt, and of the last before it was opened again.
        lost: how many of its attempts since then went with their worker: no fault of the step's.
        is_approved: whether somebody let it pass its gate, for the inputs that it has.
        is_refused: whether somebody refused that.
        is_stopping: whether its attempt was asked to stop, for good.
        outdated: why its attempt has other inputs than it should, in words; "" if it has the right ones.
        verdict: how it ends, from the saying on.
        status: how it ended.
        root_cause: why it is skipped, if a step before it is the cause.
        is_conditional: whether it is skipped by a `--when`, its own or that of a step before it.
        elements: those of its `--map`; None as long as its attempt has found none.
        is_gathering: whether its attempt is there to gather what they left.
    """

    def __init__(self, planned: ev.PlannedStep) -> None:
        self.planned = planned
        self.options = planned.options
        self.children: list[StepState] = []
        self.open_upstream = 0
        self.phase = Phase.WAITING
        self.attempt = 0
        self.earlier_attempts = 0
        self.lost = 0
        self.is_approved = self.is_refused = False
        self.is_stopping = False
        self.outdated = ""
        self.verdict: Status | None = None
        self.status: Status | None = None
        self.root_cause = ""
        self.is_conditional = False
        self.elements: Below | None = None
        self.is_gathering = False

    @property
    def is_done(self) -> bool:
        """Whether its outputs are there."""
        return self.status is not None and self.status.is_done

    @property
    def is_released(self) -> bool:
        """Whether those that wait for it may go on."""
        return self.is_done or (self.status is Status.FAILED and not self.counts_as_failed)

    @property
    def is_gated(self) -> bool:
        """Whether it must not begin yet: its `--gate` is to be approved first."""
        has_gate = bool(self.options.gate) or "gate" in self.options.made
        return has_gate and not self.is_approved

    def settle(self, options: StepOptions) -> None:
        """Take its options as they are now that all that they refer to is known."""
        self.options = options
        self.planned = replace(self.planned, options=options)

    def lets_go(self, child: StepState) -> bool:
        """Return whether a step that waits for it may go on."""
        if self.status is Status.SKIPPED and self.is_conditional:
            return not child.planned.is_skipped_with(self.planned.name)
        return self.is_released

    @property
    def is_left_out(self) -> bool:
        """Whether somebody said that it is not to run: by `--skip`, or by cancelling it."""
        by_option = self.verdict is Status.SKIPPED and not (self.root_cause or self.is_conditional)
        return by_option or self.verdict is Status.CANCELLED

    @property
    def counts_as_failed(self) -> bool:
        """Whether it makes the run a failed one."""
        return self.status is Status.FAILED and self.options.on_fail != "ignore"

    @property
    def cause(self) -> str:
        """Why those that wait for it are skipped, in words."""
        assert self.status is not None, "only what ended has others skipped"
        how = "was refused" if self.is_refused else _ENDED_WORDS[self.status]
        return self.root_cause or f"{self.planned.name} {how}"

    @property
    def tries(self) -> int:
        """How often it was tried since it was opened, where its worker stayed."""
        return self.attempt - self.earlier_attempts - self.lost

    def may_place_again(self, event: ev.AttemptEnded) -> bool:
        """Whether an attempt that went with its worker is to be begun on another one."""
        is_worker_lost = event.error is not None and WORKER_LOST in event.error.bases
        return is_worker_lost and not self.is_stopping and self.lost < MOST_LOST

    def place_again(self, event: ev.AttemptEnded) -> do.Append:
        """Have it begun again at once; that is none of its `--retries`."""
        self.phase = Phase.DELAYED
        self.lost += 1
        reason = f"{event.reason}; begun again elsewhere ({self.lost} of {MOST_LOST} times)"
        return do.Append(ev.RetryScheduled(event.step, event.attempt, 0.0, reason))

    def may_retry(self, event: ev.AttemptEnded) -> bool:
        """Whether an attempt that failed is to be tried again."""
        # An attempt may fail by itself just when it is to be stopped.
        if self.is_stopping or self.tries > self.options.retries:
            return False
        names = event.error.bases if event.error else ()
        return not self.options.retry_on or any(name in names for name in self.options.retry_on)

    def retry(self, event: ev.AttemptEnded) -> do.Append:
        """Have it tried again; the delay doubles with each attempt (exponential back-off)."""
        self.phase = Phase.DELAYED
        tried = self.tries
        doubled = min(tried - 1, _MOST_DOUBLINGS)
        delay = self.options.retry_delay * 2**doubled
        tries = f"attempt {tried} of {self.options.retries + 1}: {event.reason}"
        reason = f"{tries}; next try in {exact_duration_text(delay)}"
        return do.Append(ev.RetryScheduled(event.step, event.attempt, delay, reason))

    def wait_at_gate(self) -> do.Append:
        """Have it wait for an approval."""
        self.phase = Phase.GATED
        return do.Append(ev.GateReached(self.planned.name, self.options.gate))

    def submit(self) -> do.Submit:
        """Have its next attempt begun."""
        self.phase = Phase.SUBMITTED
        self.attempt += 1
        return do.Submit(self.planned.name, self.attempt, self.is_gathering, self.tries)

    def cancel(self, reason: str) -> Iterator[do.AnyCommand]:
        """Have it stopped, or ended where it does not run."""
        if self.phase is Phase.SUBMITTED:
            self.is_stopping = True
            yield do.CancelAttempt(self.planned.name, self.attempt, reason)
        elif self.phase is Phase.MAPPING and self.elements is not None:
            self.is_stopping = True
            yield from self.elements.stop(reason)
        elif self.phase is not Phase.ENDING:
            yield self.end(Status.CANCELLED, reason)

    def end(self, status: Status, reason: str) -> do.Append:
        """Have it ended."""
        # From here on nothing else may end it: one end per step, also when several causes meet in one event.
        self.phase, self.verdict = Phase.ENDING, status
        return do.Append(ev.StepEnded(self.planned.name, status, reason))

    def complete(self) -> do.Append:
        """Have it ended as its last attempt did; it failed with elements whose failure is ignored."""
        failed = self.elements.failed if self.elements is not None else ""
        return self.end(Status.FAILED, failed) if failed else self.end(Status.COMPLETED, "")

    def leave_out(self, reason: str) -> do.Append:
        """Have it skipped by its `--when`."""
        self.is_conditional = True
        return self.end(Status.SKIPPED, reason)

    def begin_again(self, reason: str) -> do.Append:
        """Have it reopened."""
        self.phase = Phase.REOPENING
        return do.Append(ev.StepReopened(self.planned.name, reason))

    def reopen(self) -> None:
        """Forget how it ended; attempts are counted on, tries anew."""
        self.phase, self.verdict, self.status = Phase.WAITING, None, None
        self.root_cause, self.outdated = "", ""
        self.is_conditional = self.is_stopping = self.is_refused = self.is_gathering = False
        self.earlier_attempts, self.lost = self.attempt, 0
