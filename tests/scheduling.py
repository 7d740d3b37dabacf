"""A world for the scheduler: executors, deciders and timers that answer its commands in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import strategies as st

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.in_order import InOrder
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.graph.observed import observed
from jupyter_pipes.model.results import Observation, StepError
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView

DONE = (Status.COMPLETED, Status.CACHED)


def started(*steps: ev.PlannedStep) -> ev.RunStarted:
    return ev.RunStarted("p", "1.0.0", steps)


def planned(name: str, *upstream: str, **options: Any) -> ev.PlannedStep:
    return ev.PlannedStep(name, upstream, options=StepOptions(**options))


def decided(step: str) -> ev.StepDecided:
    return ev.StepDecided(step, "run", ("first run",), "s")


def cached(step: str) -> ev.StepDecided:
    return ev.StepDecided(step, "cached", ("nothing changed",), "s")


def attempt(step: str, outcome: ev.Outcome, number: int = 1, kind: str = "ValueError") -> ev.AttemptEnded:
    if outcome in ("completed", "cancelled"):
        return ev.AttemptEnded(step, number, outcome, outcome)
    return ev.AttemptEnded(
        step, number, outcome, "broke", StepError(kind, "broke", bases=(kind, "Exception"))
    )


def run_of(scheduler: Scheduler | InOrder, *facts: ev.AnyEvent) -> list[do.AnyCommand]:
    """Hand facts to the scheduler, and those that it appends back to it; return all commands."""
    commands: list[do.AnyCommand] = []
    inbox = list(facts)
    while inbox:
        for command in scheduler.handle(inbox.pop(0)):
            commands.append(command)
            if isinstance(command, do.Append):
                inbox.append(command.event)
    return commands


def appended(commands: list[do.AnyCommand]) -> list[ev.AnyEvent]:
    return [command.event for command in commands if isinstance(command, do.Append)]


def endings(commands: list[do.AnyCommand]) -> dict[str, tuple[Status, str]]:
    return {e.step: (e.status, e.reason) for e in appended(commands) if isinstance(e, ev.StepEnded)}


def changed(step: str, *names: str, number: int = 1) -> ev.InputsChanged:
    return ev.InputsChanged(step, number, names)


def joined(step: str, *names: str, number: int = 1) -> ev.NamesJoined:
    return ev.NamesJoined(step, number, names)


NAMES = "abcd"

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


@st.composite
def notebooks(draw: st.DrawFn) -> tuple[ev.PlannedStep, ...]:
    """Return steps that read names of those before them, and write some, with any policy."""
    steps: list[ev.PlannedStep] = []
    for step in draw(graphs()):
        writers = {name: each.name for each in steps for name in each.writes}
        wanted = draw(st.sets(st.sampled_from(NAMES)))
        reads = {name: owner for name, owner in writers.items() if name in wanted}
        writes = tuple(sorted(draw(st.sets(st.sampled_from(NAMES)))))
        after = step.upstream if draw(st.integers(0, 4)) == 0 else ()
        upstream = tuple(dict.fromkeys((*reads.values(), *after)))
        steps.append(msgspec.structs.replace(step, upstream=upstream, reads=reads, writes=writes))
    return tuple(steps)


@dataclass
class World:
    """Executors, deciders and timers that answer each command some time, in any order."""

    steps: dict[str, ev.PlannedStep]
    chance: random.Random
    scheduler: Scheduler | InOrder = field(default_factory=Scheduler)
    outcomes: list[ev.Outcome] = field(default_factory=lambda: OUTCOMES)
    pending: list[ev.AnyEvent] = field(default_factory=list[ev.AnyEvent])
    journal: list[ev.AnyEvent] = field(default_factory=list[ev.AnyEvent])
    ended: dict[str, Status] = field(default_factory=dict[str, Status])
    attempts: dict[str, int] = field(default_factory=dict[str, int])
    earlier: dict[str, int] = field(default_factory=dict[str, int])
    observes: bool = False
    has_ended: bool = False

    @property
    def view(self) -> RunView:
        """The run as every display shows it."""
        return fold("r", [ev.Record("r", seq, float(seq), fact) for seq, fact in enumerate(self.journal)])

    def now(self, step: str) -> ev.PlannedStep:
        """Return a step as code and what was observed show it."""
        if not self.observes:
            return self.steps[step]
        seen: dict[str, Observation] = {}
        for fact in self.journal:
            match fact:
                case ev.InputsChanged():
                    shown = Observation(changed=fact.names)
                case ev.NamesJoined():
                    shown = Observation(joined=(fact.names,))
                case ev.FileReadEarly():
                    before = seen.get(fact.writer, Observation())
                    seen[fact.writer] = before.united(Observation(written=(fact.path,)))
                    shown = Observation(files=(fact.path,))
                case ev.StepDecided():
                    shown = fact.observed
                case _:
                    continue
            seen[fact.step] = seen.get(fact.step, Observation()).united(shown)
        return observed(self.steps.values(), seen)[step]

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
        # In notebook order all edges lead forward.
        for step in self.steps.values():
            status = self.ended.get(step.name)
            if status in DONE and all(name in done for name in self.now(step.name).upstream):
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
                fact = self.pending.pop(self.chance.randrange(len(self.pending)))
                shown = self._shown(fact) if isinstance(fact, ev.AttemptEnded) else []
                if self.chance.random() < 0.5:
                    self._take(*shown, fact)
                else:
                    for each in (*shown, fact):
                        self._take(each)

    def _shown(self, end: ev.AttemptEnded) -> list[ev.AnyEvent]:
        """Return what an attempt tells before its end."""
        names = self._names(end.step)
        if not names or end.outcome != "completed":
            return []
        some = tuple(sorted(self.chance.sample(names, self.chance.randint(1, len(names)))))
        return [
            *([changed(end.step, *some, number=end.attempt)] if self.chance.random() < 0.3 else []),
            *([joined(end.step, *some, number=end.attempt)] if self.chance.random() < 0.3 else []),
        ]

    def _names(self, step: str) -> list[str]:
        now = self.now(step)
        return sorted({*now.reads, *now.writes}) if self.observes else []

    def _cached(self, step: str) -> ev.StepDecided:
        names = self._names(step)
        if not names or self.chance.random() < 0.7:
            return cached(step)
        some = tuple(sorted(self.chance.sample(names, self.chance.randint(1, len(names)))))
        shown = self.chance.choice([Observation(changed=some), Observation(joined=(some,))])
        return msgspec.structs.replace(cached(step), observed=shown)

    def _take(self, *facts: ev.AnyEvent) -> None:
        inbox = list(facts)
        while inbox:
            event = inbox.pop(0)
            assert not self.has_ended, "the run's end is last"
            self.journal.append(event)
            if isinstance(event, ev.StepEnded):
                assert event.step not in self.ended, "a step ends once"
                assert event.status.is_final
                self.ended[event.step] = event.status
            if isinstance(event, ev.StepReopened):
                assert event.step not in self._running(), "no two attempts of a step side by side"
                self.ended.pop(event.step, None)
                self.earlier[event.step] = self.attempts.get(event.step, 0)
            if self.observes and isinstance(event, ev.StepEnded | ev.StepReopened):
                self._forget_decision(event.step)
            for command in self.scheduler.handle(event):
                if isinstance(command, do.Append):
                    inbox.append(command.event)
                else:
                    self._carry_out(command)
            if isinstance(event, ev.RunEnded):
                self.has_ended = True
                # What was under way when the run ended (a decision, a timer) is not taken any more.
                self.pending.clear()

    def _forget_decision(self, step: str) -> None:
        """Drop a decision that nobody wants any more, as the controller does."""
        self.pending = [
            fact for fact in self.pending if not (isinstance(fact, ev.StepDecided) and fact.step == step)
        ]

    def _running(self) -> set[str]:
        return {fact.step for fact in self.pending if isinstance(fact, ev.AttemptEnded)}

    def _carry_out(self, command: do.AnyCommand) -> None:
        match command:
            case do.Decide(step):
                self._may_begin(step)
                self.pending.append(self.chance.choice([decided(step), decided(step), self._cached(step)]))
            case do.Submit(step, number):
                self._may_begin(step)
                assert number == self.attempts.get(step, 0) + 1, "attempts count on"
                assert number - self.earlier.get(step, 0) <= self.steps[step].options.retries + 1, (
                    "tries count anew"
                )
                self.attempts[step] = number
                self.pending.append(attempt(step, self.chance.choice(self.outcomes), number))
            case do.WaitForRetry(step, _):
                assert step not in self.ended
                self.pending.append(ev.RetryDue(step))
            case do.CancelAttempt(step, number, _):
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
        for name in self.now(step).upstream:
            good = self.ended[name] in DONE
            assert good or (
                self.ended[name] is Status.FAILED and self.steps[name].options.on_fail == "ignore"
            )
