"""The scheduler: a pure state machine, `handle(event) -> list[Command]`; no clock, no I/O.

Every fact of a run is handed to `handle` after it was appended to the journal; the commands that come back
are carried out by the controller, and what they cause comes back as facts. The table, by event:

| event            | what follows |
| --- | --- |
| RunStarted       | every step without open upstream is decided; a run without steps ends |
| StepDecided      | `run` → attempt 1 is submitted · `cached` → the step ends `cached` |
| AttemptEnded     | completed, cancelled → the step ends so · else a retry is scheduled or it ends `failed` |
| RetryScheduled   | the delay is waited for |
| RetryDue         | the next attempt is submitted |
| StepEnded        | descendants: see `_Ending`; when it was the last, the run ends |
| CancelRequested  | running attempts are cancelled, the rest ends `cancelled` |
| RunResumed       | what is not completed or cached is open again, and decided as at the start |
| all others       | nothing |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.steps import Status

_MOST_DOUBLINGS = 20
"""Beyond this a delay grows no longer: a second has become twelve days."""


class _Phase(Enum):
    WAITING = auto()
    DECIDING = auto()
    SUBMITTED = auto()
    DELAYED = auto()
    ENDING = auto()


class _StepState:
    """What the scheduler must remember of one step."""

    def __init__(self, planned: ev.PlannedStep) -> None:
        self.planned = planned
        self.options = planned.options
        self.children: list[_StepState] = []
        self.open_upstream = 0
        self.phase = _Phase.WAITING
        self.attempt = 0
        self.earlier_attempts = 0
        self.is_stopping = False
        self.status: Status | None = None
        self.root_cause = ""

    @property
    def is_done(self) -> bool:
        """Whether its outputs are there."""
        return self.status in (Status.COMPLETED, Status.CACHED)

    def reopen(self) -> None:
        """Forget how it ended; attempts are counted on, tries anew."""
        self.phase, self.status, self.root_cause, self.is_stopping = _Phase.WAITING, None, "", False
        self.earlier_attempts = self.attempt


class Scheduler:
    """Decides what happens next in one run; knows nothing of processes, stores and time."""

    def __init__(self) -> None:
        self._steps: dict[str, _StepState] = {}
        self._open_steps = 0
        self._cancelled_by_user = False
        self._fail_fast = False
        self._ended = False
        self.table: Mapping[type[ev.Event], Callable[..., Iterable[ev.AnyCommand]]] = {
            ev.RunStarted: self._on_run_started,
            ev.RunResumed: self._on_run_resumed,
            ev.StepDecided: self._on_step_decided,
            ev.AttemptEnded: self._on_attempt_ended,
            ev.RetryScheduled: self._on_retry_scheduled,
            ev.RetryDue: self._on_retry_due,
            ev.StepEnded: self._on_step_ended,
            ev.CancelRequested: self._on_cancel_requested,
        }

    def handle(self, event: ev.AnyEvent) -> list[ev.AnyCommand]:
        """Take a fact and return what to do now, in order."""
        handler = self.table.get(type(event))
        return list(handler(event)) if handler else []

    def _on_run_started(self, event: ev.RunStarted) -> Iterable[ev.AnyCommand]:
        self._fail_fast = event.fail_fast
        self._steps = {planned.name: _StepState(planned) for planned in event.steps}
        self._open_steps = len(self._steps)
        for state in self._steps.values():
            for name in state.planned.upstream:
                if name in self._steps:
                    self._steps[name].children.append(state)
                    state.open_upstream += 1
        if not self._steps:
            yield from self._end_run()
        for state in self._steps.values():
            if state.open_upstream == 0:
                yield self._decide(state)

    def _on_run_resumed(self, event: ev.RunResumed) -> Iterable[ev.AnyCommand]:
        self._ended = self._cancelled_by_user = False
        self._reopen()
        for state in self._steps.values():
            state.open_upstream = sum(
                name in self._steps and not self._steps[name].is_done for name in state.planned.upstream
            )
        reopened = [state for state in self._steps.values() if not state.is_done]
        self._open_steps = len(reopened)
        if not reopened:
            yield from self._end_run()
        for state in reopened:
            if state.open_upstream == 0:
                yield self._decide(state)

    def _reopen(self) -> None:
        reopened = [state for state in self._steps.values() if not state.is_done]
        for state in reopened:
            state.reopen()
            for child in state.children:
                # Behind a failure that was ignored, it was completed with nothing in place of outputs.
                if child.is_done:
                    child.reopen()
                    reopened.append(child)

    def _on_step_decided(self, event: ev.StepDecided) -> Iterable[ev.AnyCommand]:
        state = self._steps[event.step]
        if state.phase is not _Phase.DECIDING:
            return
        if event.decision == "cached":
            yield _end(state, Status.CACHED, "; ".join(event.reasons))
        else:
            yield self._submit(state)

    def _on_attempt_ended(self, event: ev.AttemptEnded) -> Iterable[ev.AnyCommand]:
        state = self._steps[event.step]
        if state.phase is not _Phase.SUBMITTED or event.attempt != state.attempt:
            return
        if event.outcome == "completed":
            yield _end(state, Status.COMPLETED, "")
        elif event.outcome == "cancelled":
            yield _end(state, Status.CANCELLED, event.reason)
        elif _may_retry(state, event):
            yield ev.Append(_retry(state, event))
        else:
            yield _end(state, Status.FAILED, event.reason)

    def _on_retry_scheduled(self, event: ev.RetryScheduled) -> Iterable[ev.AnyCommand]:
        state = self._steps[event.step]
        if state.phase is _Phase.SUBMITTED:
            state.phase = _Phase.DELAYED
            yield ev.WaitForRetry(event.step, event.delay)

    def _on_retry_due(self, event: ev.RetryDue) -> Iterable[ev.AnyCommand]:
        state = self._steps[event.step]
        if state.phase is _Phase.DELAYED:
            yield self._submit(state)

    def _on_step_ended(self, event: ev.StepEnded) -> Iterable[ev.AnyCommand]:
        state = self._steps[event.step]
        if state.status is not None:
            return
        state.phase, state.status = _Phase.ENDING, event.status
        self._open_steps -= 1
        yield from self._follow(state, event.status)
        if self._open_steps == 0:
            yield from self._end_run()

    def _follow(self, state: _StepState, status: Status) -> Iterable[ev.AnyCommand]:
        """Yield what a step's end means for the others, by its status and its `--on-fail`."""
        name, on_fail = state.planned.name, state.options.on_fail
        failed = status is Status.FAILED
        if status in (Status.COMPLETED, Status.CACHED) or (failed and on_fail == "ignore"):
            yield from self._release(state)
        elif failed and on_fail == "stop":
            yield from self._cancel_all(f"{name} failed and stops the run (--on-fail stop)")
        elif failed and self._fail_fast:
            yield from self._cancel_all(f"{name} failed and stops the run (--fail-fast)")
        else:
            yield from self._skip_children(state, status)

    def _release(self, state: _StepState) -> Iterable[ev.AnyCommand]:
        for child in state.children:
            child.open_upstream -= 1
            if child.open_upstream == 0 and child.phase is _Phase.WAITING:
                yield self._decide(child)

    def _skip_children(self, state: _StepState, status: Status) -> Iterable[ev.AnyCommand]:
        cause = state.root_cause or f"{state.planned.name} {_ENDED_WORDS[status]}"
        for child in state.children:
            if child.phase is _Phase.WAITING and not child.root_cause:
                child.root_cause = cause
                yield _end(child, Status.SKIPPED, cause)

    def _on_cancel_requested(self, event: ev.CancelRequested) -> Iterable[ev.AnyCommand]:
        if event.step is None:
            self._cancelled_by_user = True
            return self._cancel_all(event.reason)
        return self._cancel_one(self._steps[event.step], event.reason)

    def _cancel_all(self, reason: str) -> Iterable[ev.AnyCommand]:
        for state in self._steps.values():
            yield from self._cancel_one(state, reason)

    def _cancel_one(self, state: _StepState, reason: str) -> Iterable[ev.AnyCommand]:
        if state.phase is _Phase.SUBMITTED:
            state.is_stopping = True
            yield ev.CancelAttempt(state.planned.name, state.attempt, reason)
        elif state.phase is not _Phase.ENDING:
            yield _end(state, Status.CANCELLED, reason)

    def _end_run(self) -> Iterable[ev.AnyCommand]:
        if not self._ended:
            self._ended = True
            yield ev.Append(ev.RunEnded(*self._outcome()))

    def _outcome(self) -> tuple[Status, str]:
        failed = [s.planned.name for s in self._steps.values() if _counts_as_failed(s)]
        cancelled = [s.planned.name for s in self._steps.values() if s.status is Status.CANCELLED]
        if self._cancelled_by_user and cancelled:
            return Status.CANCELLED, "cancelled by the user"
        if failed:
            return Status.FAILED, f"{', '.join(failed)} failed"
        if cancelled:
            return Status.CANCELLED, f"{', '.join(cancelled)} cancelled"
        return Status.COMPLETED, ""

    def _decide(self, state: _StepState) -> ev.Decide:
        state.phase = _Phase.DECIDING
        return ev.Decide(state.planned.name)

    def _submit(self, state: _StepState) -> ev.Submit:
        state.phase = _Phase.SUBMITTED
        state.attempt += 1
        return ev.Submit(state.planned.name, state.attempt)


_ENDED_WORDS = {
    Status.FAILED: "failed",
    Status.SKIPPED: "was skipped",
    Status.CANCELLED: "was cancelled",
}


def _end(state: _StepState, status: Status, reason: str) -> ev.Append:
    # From here on nothing else may end it: one end per step, also when several causes meet in one event.
    state.phase = _Phase.ENDING
    return ev.Append(ev.StepEnded(state.planned.name, status, reason))


def _counts_as_failed(state: _StepState) -> bool:
    return state.status is Status.FAILED and state.options.on_fail != "ignore"


def _may_retry(state: _StepState, event: ev.AttemptEnded) -> bool:
    options = state.options
    # An attempt may fail by itself just when it is to be stopped.
    tries = state.attempt - state.earlier_attempts
    if state.is_stopping or tries > options.retries:
        return False
    names = event.error.bases if event.error else ()
    return not options.retry_on or any(name in names for name in options.retry_on)


def _retry(state: _StepState, event: ev.AttemptEnded) -> ev.RetryScheduled:
    """Return the next try; the delay doubles with each attempt (exponential back-off)."""
    tried = state.attempt - state.earlier_attempts
    doubled = min(tried - 1, _MOST_DOUBLINGS)
    delay = state.options.retry_delay * 2**doubled
    tries = f"attempt {tried} of {state.options.retries + 1}: {event.reason}"
    reason = f"{tries}; next try in {exact_duration_text(delay)}"
    return ev.RetryScheduled(event.step, event.attempt, delay, reason)
