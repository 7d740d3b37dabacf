"""The scheduler: a pure state machine, `handle(event) -> list[Command]`; no clock, no I/O.

Every fact of a run is handed to `handle` after it was appended to the journal; the commands that come back
are carried out by the controller, and what they cause comes back as facts. The table, by event:

| event            | what follows |
| --- | --- |
| RunStarted       | every step without open upstream is decided; a run without steps ends |
| StepDecided      | `run` → an attempt is submitted, or the step waits at its gate · else it ends so |
| OptionsSettled   | what was not known yet of the step's limits holds from now on; nothing else |
| GateAnswered     | approved → it is decided once more, and may run · refused → it ends `cancelled` |
| StepsAdded       | the elements of a `--map` are steps below it; nothing yet |
| InputsChanged    | who is to read otherwise: waits on if it waits, is stopped if it runs, else is reopened |
| NamesJoined      | the same; so it is for what a cached result showed |
| FileReadEarly    | the same for the step that used the file: it waits for the writer |
| AttemptEnded     | completed, skipped, cancelled → the step ends so · else it is retried or ends `failed` |
|                  | of a `--map`: its elements are decided, or what they left was gathered |
| RetryScheduled   | the delay is waited for |
| RetryDue         | the next attempt is submitted |
| StepReopened     | it waits again; who used what it left is reopened · if the run stops, `cancelled` |
| StepEnded        | descendants: see `_follow`; when it was the last, the run ends |
|                  | of an element: others are submitted; behind the last one the step gathers, or ends |
| CancelRequested  | running attempts are cancelled, the rest ends `cancelled`; timed out, the run `failed` |
| RunResumed       | what is not completed or cached is open again, and decided as at the start |
| all others       | nothing |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.elements import Elements
from jupyter_pipes.execution.scheduling.step_state import Phase, StepState
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.graph.observed import matters, observed
from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.planned import with_options
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Status

_AGAIN = " has to run again: "


class Scheduler:
    """Decides what happens next in one run; knows nothing of processes, stores and time."""

    def __init__(self) -> None:
        self._steps: dict[str, StepState] = {}
        self._open_steps = 0
        self._by_code: tuple[ev.PlannedStep, ...] = ()
        self._observed: dict[str, Observation] = {}
        self._elements: dict[str, Elements] = {}
        self._stopped = ""
        self._cancelled_by_user = False
        self._timed_out = ""
        self._fail_fast = False
        self._ended = False
        self.table: Mapping[type[ev.Event], Callable[..., Iterable[do.AnyCommand]]] = {
            ev.RunStarted: self._on_run_started,
            ev.RunResumed: self._on_run_resumed,
            ev.StepDecided: self._on_step_decided,
            ev.OptionsSettled: self._on_options_settled,
            ev.GateAnswered: self._on_gate_answered,
            ev.StepsAdded: self._on_steps_added,
            ev.InputsChanged: self._on_inputs_changed,
            ev.NamesJoined: self._on_names_joined,
            ev.FileReadEarly: self._on_file_read_early,
            ev.AttemptEnded: self._on_attempt_ended,
            ev.RetryScheduled: self._on_retry_scheduled,
            ev.RetryDue: self._on_retry_due,
            ev.StepReopened: self._on_step_reopened,
            ev.StepEnded: self._on_step_ended,
            ev.CancelRequested: self._on_cancel_requested,
        }

    def handle(self, event: ev.AnyEvent) -> list[do.AnyCommand]:
        """Take a fact and return what to do now, in order."""
        handler = self.table.get(type(event))
        return list(handler(event)) if handler else []

    def _on_run_started(self, event: ev.RunStarted) -> Iterable[do.AnyCommand]:
        self._fail_fast = event.fail_fast
        self._by_code, self._observed = event.steps, dict(event.observed)
        self._steps = {planned.name: StepState(planned) for planned in event.steps}
        self._open_steps = len(self._steps)
        self._connect()
        if not self._steps:
            yield from self._end_run()
        for state in self._steps.values():
            if state.open_upstream == 0:
                yield self._decide(state)

    def _connect(self) -> list[tuple[StepState, str]]:
        """Take the steps as code and runs show them; return those that read otherwise now, each with what."""
        outdated: list[tuple[StepState, str]] = []
        for name, planned in observed(self._by_code, self._observed).items():
            state = self._steps[name]
            if difference := _difference(state.planned, planned):
                outdated.append((state, difference))
            state.planned, state.children = planned, []
        for state in self._steps.values():
            for name in state.planned.upstream:
                if name in self._steps:
                    self._steps[name].children.append(state)
        self._count_open_upstream()
        return outdated

    def _count_open_upstream(self) -> None:
        for state in self._steps.values():
            upstream = (self._steps[name] for name in state.planned.upstream if name in self._steps)
            state.open_upstream = sum(not before.lets_go(state) for before in upstream)

    def _on_run_resumed(self, event: ev.RunResumed) -> Iterable[do.AnyCommand]:
        self._ended = self._cancelled_by_user = False
        self._stopped = self._timed_out = ""
        self._reopen()
        self._count_open_upstream()
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

    def _state(self, step: str) -> StepState:
        """Return what is remembered of a step, or of an element of one."""
        if not is_child(step):
            return self._steps[step]
        return self._elements_of(step).states[step]

    def _on_step_decided(self, event: ev.StepDecided) -> Iterable[do.AnyCommand]:
        state = self._state(event.step)
        if state.status is None and not is_child(event.step):
            yield from self._observe(event.step, event.observed.of_values)
        if state.phase is not Phase.DECIDING:
            return
        if event.decision == "skipped":
            yield state.leave_out(event.reasons[0])
        elif event.decision == "cached":
            yield state.end(Status.CACHED, "; ".join(event.reasons))
        elif is_child(event.step):
            yield from self._elements_of(event.step).begin(state)
        elif state.is_gated:
            yield state.wait_at_gate()
        else:
            yield state.submit()

    def _on_options_settled(self, event: ev.OptionsSettled) -> Iterable[do.AnyCommand]:
        self._by_code = with_options(self._by_code, event.step, event.options)
        self._steps[event.step].settle(event.options)
        return ()

    def _elements_of(self, step: str) -> Elements:
        name = step_of(step)
        if name not in self._elements:
            # Its attempt has ended and told of none.
            self._elements[name] = Elements(self._steps[name])
        return self._elements[name]

    def _on_steps_added(self, event: ev.StepsAdded) -> Iterable[do.AnyCommand]:
        state = self._steps[event.step]
        if event.first == 0:
            state.elements = self._elements[event.step] = Elements(state)
        self._elements[event.step].add(event)
        return ()

    def _on_gate_answered(self, event: ev.GateAnswered) -> Iterable[do.AnyCommand]:
        state = self._steps[event.step]
        if state.phase is not Phase.GATED:
            return
        state.is_approved, state.is_refused = event.approved, not event.approved
        # What it waited for an approval of may have been computed elsewhere meanwhile.
        yield self._decide(state) if event.approved else state.end(Status.CANCELLED, event.words)

    def _on_inputs_changed(self, event: ev.InputsChanged) -> Iterable[do.AnyCommand]:
        return self._observe(event.step, Observation(changed=event.names))

    def _on_names_joined(self, event: ev.NamesJoined) -> Iterable[do.AnyCommand]:
        return self._observe(event.step, Observation(joined=(event.names,)))

    def _on_file_read_early(self, event: ev.FileReadEarly) -> Iterable[do.AnyCommand]:
        yield from self._observe(event.writer, Observation(written=(event.path,)))
        yield from self._observe(event.step, Observation(files=(event.path,)))
        yield from self._outdate(self._steps[event.step], f"{event.writer} wrote {event.path} meanwhile")

    def _observe(self, step: str, shown: Observation) -> Iterable[do.AnyCommand]:
        """Have the run go by what a step showed; in a run what was seen once holds on, so that it ends."""
        if is_child(step):
            # What an element does to its inputs stays its own.
            return
        before = self._observed.get(step, Observation())
        after = before.united(shown)
        if after == before:
            return
        self._observed[step] = after
        if not matters(step, shown, self._by_code, self._observed):
            return
        for state, reason in self._connect():
            yield from self._outdate(state, reason)
        for state in self._steps.values():
            yield from self._go_on(state)

    def _outdate(self, state: StepState, reason: str) -> Iterable[do.AnyCommand]:
        """Have a step that began with other inputs, or ended so, begin again."""
        has_failed = state.verdict is not None and not state.verdict.is_done
        if state.outdated or state.is_left_out or (self._stopped and has_failed):
            return
        if state.phase is Phase.SUBMITTED:
            state.outdated = reason
            if not state.is_stopping:
                yield do.CancelAttempt(state.planned.name, state.attempt, reason)
        elif state.phase is Phase.MAPPING:
            state.outdated = reason
            yield from self._elements_of(state.planned.name).stop(reason)
        elif state.phase not in (Phase.WAITING, Phase.REOPENING):
            yield state.begin_again(reason)

    def _go_on(self, state: StepState) -> Iterable[do.AnyCommand]:
        """Decide a step that waits for nothing any more, or skip one that waits for what will not come."""
        if state.phase is not Phase.WAITING:
            return
        if self._stopped:
            yield state.end(Status.CANCELLED, self._stopped)
        elif cause := self._blocked_by(state):
            state.root_cause = cause
            yield state.end(Status.SKIPPED, cause)
        elif state.open_upstream == 0:
            yield self._decide(state)

    def _on_step_reopened(self, event: ev.StepReopened) -> Iterable[do.AnyCommand]:
        if is_child(event.step):
            return
        state = self._steps[event.step]
        released = [child for child in state.children if state.lets_go(child)]
        root = event.reason.rpartition(_AGAIN)[2]
        state.is_approved = False
        self._open_steps += state.status is not None
        state.status = None
        for child in state.children:
            child.open_upstream += child in released
            yield from self._outdate(child, f"{event.step}{_AGAIN}{root}")
        if state.phase is Phase.REOPENING:
            state.reopen()
            yield from self._go_on(state)

    def _blocked_by(self, state: StepState) -> str:
        """Return in words what ended so that the step cannot run; "" if nothing did."""
        for before in (self._steps[name] for name in state.planned.upstream if name in self._steps):
            will_come = before.lets_go(state) or before.phase is Phase.REOPENING
            if before.status is not None and not will_come:
                return before.cause
        return ""

    def _on_attempt_ended(self, event: ev.AttemptEnded) -> Iterable[do.AnyCommand]:
        state = self._state(event.step)
        if state.phase is not Phase.SUBMITTED or event.attempt != state.attempt:
            return
        if state.outdated and not state.is_stopping:
            yield state.begin_again(state.outdated)
        elif event.outcome == "skipped" and not state.outdated:
            yield state.leave_out(event.reason)
        elif event.outcome in ("completed", "skipped") and state.outdated:
            yield state.end(Status.CANCELLED, state.outdated)
        elif event.outcome == "completed" and state.options.map and not state.is_gathering:
            yield from self._elements_of(event.step).decide()
        elif event.outcome == "completed":
            yield state.complete()
        elif event.outcome == "cancelled":
            yield state.end(Status.CANCELLED, event.reason)
        elif state.may_place_again(event):
            yield state.place_again(event)
        elif state.may_retry(event):
            yield state.retry(event)
        else:
            yield state.end(Status.FAILED, event.reason)

    def _on_retry_scheduled(self, event: ev.RetryScheduled) -> Iterable[do.AnyCommand]:
        state = self._state(event.step)
        if state.phase is Phase.DELAYED:
            yield do.WaitForRetry(event.step, event.delay)

    def _on_retry_due(self, event: ev.RetryDue) -> Iterable[do.AnyCommand]:
        state = self._state(event.step)
        if state.phase is Phase.DELAYED:
            yield state.submit()

    def _on_element_ended(self, event: ev.StepEnded) -> Iterable[do.AnyCommand]:
        step, elements = self._steps[step_of(event.step)], self._elements_of(event.step)
        on_fail = step.options.on_fail
        if event.status is Status.FAILED and (on_fail == "stop" or (self._fail_fast and on_fail == "skip")):
            yield from self._follow_failure(step, event.step)
        yield from elements.end(event)

    def _on_step_ended(self, event: ev.StepEnded) -> Iterable[do.AnyCommand]:
        if is_child(event.step):
            yield from self._on_element_ended(event)
            return
        state = self._steps[event.step]
        if state.status is not None:
            return
        state.verdict = state.status = event.status
        if state.phase is not Phase.REOPENING:
            state.phase = Phase.ENDING
        self._open_steps -= 1
        yield from self._follow(state, event.status)
        if self._open_steps == 0:
            yield from self._end_run()

    def _follow(self, state: StepState, status: Status) -> Iterable[do.AnyCommand]:
        """Yield what a step's end means for the others, by its status and its `--on-fail`."""
        name, on_fail = state.planned.name, state.options.on_fail
        failed = status is Status.FAILED
        if status.is_done or (failed and on_fail == "ignore"):
            yield from self._release(state.children)
        elif failed and (on_fail == "stop" or self._fail_fast):
            yield from self._follow_failure(state, name)
        else:
            yield from self._skip_children(state, status)

    def _follow_failure(self, state: StepState, failed: str) -> Iterable[do.AnyCommand]:
        """Stop the run, for something of a step failed that is to stop it."""
        option = "--on-fail stop" if state.options.on_fail == "stop" else "--fail-fast"
        yield from self._cancel_all(f"{failed} failed and stops the run ({option})")

    def _release(self, children: Iterable[StepState]) -> Iterable[do.AnyCommand]:
        for child in children:
            child.open_upstream -= 1
            if child.open_upstream == 0 and child.phase is Phase.WAITING:
                yield self._decide(child)

    def _skip_children(self, state: StepState, status: Status) -> Iterable[do.AnyCommand]:
        cause = state.cause
        yield from self._release(child for child in state.children if state.lets_go(child))
        for child in state.children:
            if child.phase is Phase.WAITING and not child.root_cause and not state.lets_go(child):
                child.root_cause, child.is_conditional = cause, state.is_conditional
                yield child.end(Status.SKIPPED, cause)

    def _on_cancel_requested(self, event: ev.CancelRequested) -> Iterable[do.AnyCommand]:
        if event.step is None:
            self._cancelled_by_user = not event.timed_out
            self._timed_out = event.reason if event.timed_out else ""
            return self._cancel_all(event.reason)
        return self._state(event.step).cancel(event.reason)

    def _cancel_all(self, reason: str) -> Iterable[do.AnyCommand]:
        self._stopped = reason
        for state in self._steps.values():
            yield from state.cancel(reason)

    def _end_run(self) -> Iterable[do.AnyCommand]:
        if not self._ended:
            self._ended = True
            yield do.Append(ev.RunEnded(*self._outcome()))

    def _outcome(self) -> tuple[Status, str]:
        failed = [s.planned.name for s in self._steps.values() if s.counts_as_failed]
        cancelled = [s.planned.name for s in self._steps.values() if s.status is Status.CANCELLED]
        if self._cancelled_by_user and cancelled:
            return Status.CANCELLED, "cancelled by the user"
        if self._timed_out and cancelled:
            return Status.FAILED, self._timed_out
        if failed:
            return Status.FAILED, f"{', '.join(failed)} failed"
        if cancelled:
            refused = [s.planned.name for s in self._steps.values() if s.is_refused]
            if len(refused) == len(cancelled):
                return Status.CANCELLED, f"{', '.join(refused)} refused"
            return Status.CANCELLED, f"{', '.join(cancelled)} cancelled"
        return Status.COMPLETED, ""

    def _decide(self, state: StepState) -> do.Decide:
        state.phase = Phase.DECIDING
        return do.Decide(state.planned.name, claims=not state.is_gated)


def _difference(before: ev.PlannedStep, now: ev.PlannedStep) -> str:
    """Return in words what a step reads otherwise now; "" if it reads the same of the same steps."""
    for name, owner in now.reads.items():
        if name not in before.reads:
            return f"{name} of {owner} holds parts of what it changes"
        if before.reads[name] != owner:
            return f"{name} was changed in place by {owner}"
    return "" if before.reads == now.reads else "it reads less than was known"
