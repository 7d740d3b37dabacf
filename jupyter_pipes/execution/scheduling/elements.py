"""What the scheduler remembers of the elements of one step's `--map`: which are open, which begun."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.step_state import Phase, StepState
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import child_name, planned_child
from jupyter_pipes.model.steps import Status

MOST_BEGUN = 500
"""Elements of one step that an executor is given at a time: each waits there as a whole job."""

_MOST_NAMED = 3
"""Failed elements that a reason names."""

_STOPPED = "cancelled before its elements were begun"


class Elements:
    """The elements of one step, from when an attempt of it found them.

    Args:
        step: the step; elements that it had before are counted on from.

    Attributes:
        states: name -> element.
    """

    def __init__(self, step: StepState) -> None:
        self._step = step
        self._before = step.elements.states if step.elements is not None else {}
        self.states: dict[str, StepState] = {}
        self._open = 0
        self._begun: set[str] = set()
        self._ready: deque[StepState] = deque()
        self._failures: list[tuple[str, str]] = []
        self._cancelled: list[str] = []

    def add(self, event: ev.StepsAdded) -> None:
        """Take elements that the attempt of the step found."""
        for number in range(event.first, event.first + len(event.values)):
            name = child_name(event.step, number)
            state = self.states[name] = StepState(planned_child(self._step.planned, name))
            if name in self._before:
                state.attempt = state.earlier_attempts = self._before[name].attempt
        self._open += len(event.values)

    def decide(self) -> Iterator[do.AnyCommand]:
        """Have all of them decided, now that their step's attempt has ended; tries count anew behind them."""
        step = self._step
        step.phase, step.earlier_attempts, step.lost = Phase.MAPPING, step.attempt, 0
        if not self._open:
            yield from self._finish()
        elif step.is_stopping:
            yield from self.stop(_STOPPED)
        else:
            for state in self.states.values():
                state.phase = Phase.DECIDING
                yield do.Decide(state.planned.name)

    def begin(self, state: StepState) -> Iterator[do.AnyCommand]:
        """Have one submitted as soon as few enough are."""
        state.phase = Phase.WAITING
        self._ready.append(state)
        yield from self._go_on()

    def _go_on(self) -> Iterator[do.AnyCommand]:
        while self._ready and len(self._begun) < MOST_BEGUN:
            state = self._ready.popleft()
            if state.phase is Phase.WAITING:
                self._begun.add(state.planned.name)
                yield state.submit()

    def stop(self, reason: str) -> Iterator[do.AnyCommand]:
        """Have all that have not ended stopped."""
        for state in self.states.values():
            if state.status is None:
                yield from state.cancel(reason)

    def end(self, event: ev.StepEnded) -> Iterator[do.AnyCommand]:
        """Go on behind one that has ended: with others, or with the step."""
        state = self.states.get(event.step)
        if state is None or state.status is not None:
            # A step of its `--pipeline` that the end of a controller cut off is none of them.
            return
        state.status, state.phase = event.status, Phase.ENDING
        self._open -= 1
        self._begun.discard(event.step)
        if event.status is Status.FAILED:
            self._failures.append((event.step, event.reason))
        if event.status is Status.CANCELLED:
            self._cancelled.append(event.step)
        yield from self._go_on()
        if not self._open and self._step.phase is Phase.MAPPING:
            yield from self._finish()

    def _finish(self) -> Iterator[do.AnyCommand]:
        """Go on with the step when all of them have ended."""
        step = self._step
        if step.outdated and not step.is_stopping:
            yield step.begin_again(step.outdated)
        elif self.failed and step.options.on_fail != "ignore":
            yield step.end(Status.FAILED, self.failed)
        elif self.cancelled or step.is_stopping:
            yield step.end(Status.CANCELLED, self.cancelled or _STOPPED)
        else:
            step.is_gathering = True
            yield step.submit()

    @property
    def cancelled(self) -> str:
        """Which of them were cancelled, in words; "" if none was."""
        return self._in_words([f"{name} was cancelled" for name in self._cancelled])

    @property
    def failed(self) -> str:
        """Which of them failed, and why, in words; "" if none did."""
        if not self._failures:
            return ""
        named = self._in_words([f"{name}: {reason}" for name, reason in self._failures])
        return f"{len(self._failures)} of {len(self.states)} elements failed: {named}"

    def _in_words(self, texts: list[str]) -> str:
        more = [f"and {len(texts) - _MOST_NAMED} more"] if len(texts) > _MOST_NAMED else []
        return "; ".join([*texts[:_MOST_NAMED], *more])
