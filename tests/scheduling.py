"""A world for the scheduler: executors, deciders and timers that answer its commands in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from jupyter_pipes.execution.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Status, StepOptions

DONE = (Status.COMPLETED, Status.CACHED)


def started(*steps: ev.PlannedStep) -> ev.RunStarted:
    return ev.RunStarted("p", "1.0.0", steps)


def planned(name: str, *upstream: str, **options: Any) -> ev.PlannedStep:
    return ev.PlannedStep(name, upstream, options=StepOptions(**options))


def decided(step: str) -> ev.StepDecided:
    return ev.StepDecided(step, "run", ("no earlier result",), "s")


def cached(step: str) -> ev.StepDecided:
    return ev.StepDecided(step, "cached", ("nothing changed",), "s")


def attempt(step: str, outcome: ev.Outcome, number: int = 1, kind: str = "ValueError") -> ev.AttemptEnded:
    if outcome in ("completed", "cancelled"):
        return ev.AttemptEnded(step, number, outcome, outcome)
    return ev.AttemptEnded(
        step, number, outcome, "broke", StepError(kind, "broke", bases=(kind, "Exception"))
    )


def run_of(scheduler: Scheduler, *facts: ev.AnyEvent) -> list[ev.AnyCommand]:
    """Hand facts to the scheduler, and those that it appends back to it; return all commands."""
    commands: list[ev.AnyCommand] = []
    inbox = list(facts)
    while inbox:
        for command in scheduler.handle(inbox.pop(0)):
            commands.append(command)
            if isinstance(command, ev.Append):
                inbox.append(command.event)
    return commands


def appended(commands: list[ev.AnyCommand]) -> list[ev.AnyEvent]:
    return [command.event for command in commands if isinstance(command, ev.Append)]


def endings(commands: list[ev.AnyCommand]) -> dict[str, tuple[Status, str]]:
    return {e.step: (e.status, e.reason) for e in appended(commands) if isinstance(e, ev.StepEnded)}


OUTCOMES: list[ev.Outcome] = ["completed", "completed", "completed", "failed", "timed out", "lost"]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[ev.PlannedStep, ...]:
    """Return steps that wait for any of those before them, with any policy."""
    count = draw(st.integers(1, 9))
    return tuple(
        planned(
            f"s{n}",
            *(f"s{m}" for m in range(n) if draw(st.booleans())),
            on_fail=draw(st.sampled_from(["skip", "skip", "ignore", "stop"])),
            retries=draw(st.integers(0, 2)),
            retry_on=draw(st.sampled_from([(), ("ValueError",), ("KeyError",)])),
        )
        for n in range(count)
    )


@dataclass
class World:
    """Executors, deciders and timers that answer each command some time, in any order."""

    steps: dict[str, ev.PlannedStep]
    chance: random.Random
    scheduler: Scheduler = field(default_factory=Scheduler)
    outcomes: list[ev.Outcome] = field(default_factory=lambda: OUTCOMES)
    pending: list[ev.AnyEvent] = field(default_factory=list[ev.AnyEvent])
    journal: list[ev.AnyEvent] = field(default_factory=list[ev.AnyEvent])
    ended: dict[str, Status] = field(default_factory=dict[str, Status])
    attempts: dict[str, int] = field(default_factory=dict[str, int])
    earlier: dict[str, int] = field(default_factory=dict[str, int])
    has_ended: bool = False

    def run(self, cancels: Iterable[str | None] = (), most: int | None = None) -> None:
        """Live through the run; a cancel request comes between any two answers.

        Args:
            cancels: steps that are cancelled some time; None for the run.
            most: the controller dies after so many answers.
        """
        self._take(started(*self.steps.values()))
        self._live(list(cancels), most)

    def resume(self, cancels: Iterable[str | None] = (), most: int | None = None) -> None:
        """Take up the run again, by a controller that knows its journal only."""
        if not self.has_ended:
            self._settle()
        self.pending.clear()
        self.scheduler, self.has_ended = Scheduler(), False
        for fact in self.journal:
            self.scheduler.handle(fact)
        self.earlier = dict(self.attempts)
        self.ended = self._still_done()
        self._take(ev.RunResumed())
        self._live(list(cancels), most)

    @property
    def status(self) -> Status:
        """How the run ended."""
        end = self.journal[-1]
        assert isinstance(end, ev.RunEnded)
        return end.status

    def _still_done(self) -> dict[str, Status]:
        """Return the steps whose outputs stay: those of done ones that had all of theirs from such."""
        done: dict[str, Status] = {}
        for step in self.steps.values():
            status = self.ended.get(step.name)
            if status in DONE and all(name in done for name in step.upstream):
                done[step.name] = status
        return done

    def _settle(self) -> None:
        """Write the end of a run whose controller is gone, as the history does."""
        for name, number in self.attempts.items():
            if name not in self.ended and number > self._ended_attempts(name):
                self.journal.append(attempt(name, "cancelled", number))
        for name in self.steps:
            if name not in self.ended:
                self.ended[name] = Status.CANCELLED
                self.journal.append(ev.StepEnded(name, Status.CANCELLED, "interrupted"))
        self.journal.append(ev.RunEnded(Status.INTERRUPTED))

    def _ended_attempts(self, step: str) -> int:
        ends = (fact for fact in self.journal if isinstance(fact, ev.AttemptEnded) and fact.step == step)
        return max((fact.attempt for fact in ends), default=0)

    def _live(self, cancels: list[str | None], most: int | None) -> None:
        while self.pending and most != 0:
            most = None if most is None else most - 1
            if cancels and self.chance.random() < 0.2:
                self._take(ev.CancelRequested(cancels.pop()))
            else:
                self._take(self.pending.pop(self.chance.randrange(len(self.pending))))

    def _take(self, fact: ev.AnyEvent) -> None:
        inbox = [fact]
        while inbox:
            event = inbox.pop(0)
            assert not self.has_ended, "the run's end is last"
            self.journal.append(event)
            if isinstance(event, ev.StepEnded):
                assert event.step not in self.ended, "a step ends once"
                assert event.status.is_final
                self.ended[event.step] = event.status
            for command in self.scheduler.handle(event):
                if isinstance(command, ev.Append):
                    inbox.append(command.event)
                else:
                    self._carry_out(command)
            if isinstance(event, ev.RunEnded):
                self.has_ended = True
                # What was under way when the run ended (a decision, a timer) is not taken any more.
                self.pending.clear()

    def _carry_out(self, command: ev.AnyCommand) -> None:
        match command:
            case ev.Decide(step):
                self._may_begin(step)
                self.pending.append(self.chance.choice([decided(step), decided(step), cached(step)]))
            case ev.Submit(step, number):
                self._may_begin(step)
                assert number == self.attempts.get(step, 0) + 1, "attempts count on"
                assert number - self.earlier.get(step, 0) <= self.steps[step].options.retries + 1, (
                    "tries count anew"
                )
                self.attempts[step] = number
                self.pending.append(attempt(step, self.chance.choice(self.outcomes), number))
            case ev.WaitForRetry(step, _):
                assert step not in self.ended
                self.pending.append(ev.RetryDue(step))
            case ev.CancelAttempt(step, number, _):
                assert step not in self.ended
                if self.chance.random() < 0.8:
                    self._stop(step, number)
            case _:
                raise AssertionError(command)

    def _stop(self, step: str, number: int) -> None:
        for place, fact in enumerate(self.pending):
            if isinstance(fact, ev.AttemptEnded) and (fact.step, fact.attempt) == (step, number):
                self.pending[place] = attempt(step, "cancelled", number)

    def _may_begin(self, step: str) -> None:
        assert step not in self.ended
        for name in self.steps[step].upstream:
            good = self.ended[name] in DONE
            assert good or (
                self.ended[name] is Status.FAILED and self.steps[name].options.on_fail == "ignore"
            )
