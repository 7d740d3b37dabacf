"""A run as every display shows it: what the fold of its journal comes to."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.away.facts import LogPiece as LogPiece
from jupyter_pipes.model.facts.sweeping import SweepPart
from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.results import (
    ArtifactRef,
    ElementValue,
    FileSeen,
    FolderSeen,
    Observation,
    OutputRef,
    StepError,
    Usage,
)
from jupyter_pipes.model.shown.series import MetricPoint as MetricPoint
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.steps import Diagnostic, JsonValue, Status


class Progress(Struct, frozen=True, gc=False):
    """How far a step is; `total` 0 means unknown."""

    done: float
    total: float
    text: str = ""

    @property
    def fraction(self) -> float | None:
        """Share done, 0 to 1, or None when the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


class Gate(Struct, frozen=True, gc=False):
    """What a step asks before it begins (`--gate`), and since when, in seconds since 1970."""

    text: str
    since: float


class CellView(Struct, gc=False):
    """What is shown of an attempt under one of its step's cells.

    Attributes:
        outputs: what the cell displayed.
        start: from where its log is shown, in bytes of the attempt's log.
        end: up to where; None for all that is there.
        has_error: whether what the attempt failed with happened there.
    """

    outputs: list[OutputRef] = field(default_factory=list[OutputRef])
    start: int = 0
    end: int | None = None
    has_error: bool = True


class AttemptView(Struct, gc=False):
    """One try of a step as displays show it; times in seconds since 1970, None until known.

    Attributes:
        changed: inputs that it changed although its code does not show it.
        joined: names that hold parts of one object, by object.
        is_outdated: whether it had other inputs than it should have had, as was seen later.
        finds_elements: whether it looked for the elements of its step's `--map`, and left nothing else.
        cells: what it showed in each of its step's cells that it came to.
        log: the pieces of its log that are in the store, in order: where it ran, nobody else looks for it.
    """

    number: int
    status: Status = Status.QUEUED
    reason: str = ""
    pid: int = 0
    host: str = ""
    started: float | None = None
    ended: float | None = None
    usage: Usage = Usage()
    error: StepError | None = None
    progress: Progress | None = None
    artifacts: list[ArtifactRef] = field(default_factory=list[ArtifactRef])
    metrics: dict[str, Series] = field(default_factory=dict[str, Series])
    notes: list[str] = field(default_factory=list[str])
    files: tuple[FileSeen, ...] = ()
    written: tuple[str, ...] = ()
    listed: tuple[FolderSeen, ...] = ()
    changed: tuple[str, ...] = ()
    joined: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    is_outdated: bool = False
    finds_elements: bool = False
    cells: list[CellView] = field(default_factory=lambda: [CellView()])
    log: list[LogPiece] = field(default_factory=list[LogPiece])

    @property
    def outputs(self) -> list[OutputRef]:
        """All that it displayed, in order."""
        return [output for cell in self.cells for output in cell.outputs]

    def under(self, place: int, of: int) -> CellView | None:
        """Return what is shown under one of its step's cells; None if it did not come to that.

        Args:
            place: the cell's place, from 0.
            of: how many cells the step has. It may have had more then: the last one shows their outputs.
        """
        if place >= len(self.cells):
            return None
        first, *more = self.cells[place:] if place == of - 1 else self.cells[place : place + 1]
        outputs = [output for cell in (first, *more) for output in cell.outputs]
        last = more[-1] if more else first
        return CellView(outputs, first.start, last.end, last.has_error)

    @property
    def observed(self) -> Observation:
        """What it showed of its step that the code does not."""
        files = tuple(seen.path for seen in self.files)
        return Observation(self.changed, tuple(self.joined), files, self.written)

    def seconds_until(self, now: float) -> float:
        """Return its wall time in seconds, up to `now` (seconds since 1970) while it runs."""
        if self.started is None or self.ended is not None:
            return self.usage.seconds
        return max(now - self.started, 0.0)


class StepView(Struct, gc=False):
    """A step of a run as displays show it.

    Attributes:
        answer: who let it pass its gate, or refused it, in words.
        told: what its options came to that refer to what other steps made.
        called: what callbacks printed, changed and failed with.
        children: the elements of its `--map`, or the steps of its `--pipeline`, as its run found them.
        endings: status -> how many of them have it.
        kept_children: how many there were where it ran, of a result that is taken.
        found_before: those that it had before it was opened again.
        values: of an element, what it is.
        began: of a step of another step's `--pipeline` that runs, since when.
        used_by_elements: what all attempts of its elements used; of such a step, what it took there.
        notes_of_elements: what they were told that is no failure -> how many of them.
    """

    name: str
    planned: ev.PlannedStep
    status: Status = Status.PENDING
    reason: str = ""
    decision_reasons: tuple[str, ...] = ()
    signature: str = ""
    parts: str = ""
    compared: str = ""
    source_run: str = ""
    source_step: str = ""
    kept: tuple[ArtifactRef, ...] = ()
    kept_metrics: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    kept_notes: tuple[str, ...] = ()
    kept_observed: Observation = Observation()
    kept_children: int = 0
    undecided: StepError | None = None
    reopened: str = ""
    answer: str = ""
    told: ToldOptions | None = None
    called: list[ev.CallbackNoted] = field(default_factory=list[ev.CallbackNoted])
    attempts: list[AttemptView] = field(default_factory=list[AttemptView])
    children: dict[str, StepView] = field(default_factory=dict[str, "StepView"])
    endings: Counter[Status] = field(default_factory=Counter[Status])
    found_before: dict[str, StepView] = field(default_factory=dict[str, "StepView"])
    values: tuple[ElementValue, ...] = ()
    began: float | None = None
    used_by_elements: Usage = Usage()
    notes_of_elements: Counter[str] = field(default_factory=Counter[str])

    @property
    def latest(self) -> AttemptView | None:
        """The latest attempt, or None when there was none (cached, skipped, not reached)."""
        return self.attempts[-1] if self.attempts else None

    @property
    def usage(self) -> Usage:
        """What all attempts that ended used, and the most memory of one; nothing for a cached step."""
        used = [*(attempt.usage for attempt in self.attempts), self.used_by_elements]
        return Usage(
            sum(each.seconds for each in used),
            sum(each.cpu_seconds for each in used),
            max((each.peak_memory for each in used), default=0),
        )

    @property
    def seconds(self) -> float:
        """Wall time of all attempts in seconds; 0 for a cached step."""
        return self.usage.seconds

    def seconds_until(self, now: float) -> float:
        """Return its attempts' wall time in seconds, up to `now` (seconds since 1970) while one runs."""
        own = sum(attempt.seconds_until(now) for attempt in self.attempts)
        since = self.began if self.began is not None and self.status is Status.RUNNING else now
        return own + self.used_by_elements.seconds + max(now - since, 0.0)

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1; 0 for one that runs and reports nothing."""
        if self.status.is_final:
            return 1.0
        if self.children:
            return self.finished_children / len(self.children)
        reported = self.latest.progress if self.latest else None
        return (reported.fraction if reported else None) or 0.0

    @property
    def finished_children(self) -> int:
        """How many of its elements have a final status."""
        return sum(number for status, number in tuple(self.endings.items()) if status.is_final)

    @property
    def count(self) -> str:
        """How many of its elements are done, `37/100, 1 failed`; "" for a step without any."""
        if not self.children:
            return f"{self.kept_children}/{self.kept_children}" if self.kept_children else ""
        done = sum(number for status, number in tuple(self.endings.items()) if status.is_done)
        others = (Status.FAILED, Status.SKIPPED, Status.CANCELLED)
        ended = [f"{self.endings[each]} {each}" for each in others if self.endings[each]]
        return ", ".join([f"{done}/{len(self.children)}", *ended])

    @property
    def value_text(self) -> str:
        """How the values of an element begin; "" for other steps."""
        return ", ".join(value.preview for value in self.values)

    @property
    def error(self) -> StepError | None:
        """The latest attempt's error, or what kept the step from having one."""
        if self.source_run:
            return self.undecided
        return self.latest.error if self.latest else self.undecided

    @property
    def artifacts(self) -> tuple[ArtifactRef, ...]:
        """The outputs of the latest attempt, or those reused when the step is cached."""
        if self.source_run or not self.latest:
            return self.kept
        # What an attempt made of outdated inputs is not to be taken for the step's.
        return () if self.latest.is_outdated else tuple(self.latest.artifacts)

    @property
    def observed(self) -> Observation:
        """What attempts of the run showed of values, as it goes by; or the one whose outputs are reused."""
        if self.source_run or not self.latest:
            return self.kept_observed.of_values
        return Observation.of_all(attempt.observed.of_values for attempt in self.attempts)

    @property
    def last_metrics(self) -> dict[str, JsonValue]:
        """The last value of each metric: of the latest attempt, or of the one whose outputs are reused."""
        if self.source_run or not self.latest:
            return self.kept_metrics
        return {name: points[-1].value for name, points in self.latest.metrics.items() if points}

    @property
    def metrics(self) -> dict[str, Series]:
        """Metric series of the latest attempt, by name."""
        return self.latest.metrics if self.latest else {}

    @property
    def notes(self) -> list[str]:
        """What the user should know about the latest attempt, or the one whose outputs are reused."""
        if not self.latest or self.source_run:
            return [*self.notes_of_callbacks, *self.kept_notes]
        answered = [*([self.answer] if self.answer else []), *self.notes_of_callbacks]
        counted = tuple(self.notes_of_elements.items())
        of_elements = (f"{text} ({number} elements)" for text, number in counted)
        return [*answered, *self.latest.notes, *of_elements]

    @property
    def notes_of_callbacks(self) -> list[str]:
        """What callbacks printed, changed and failed with, in words: of this run, whosever outputs it has."""
        return [each.text for each in tuple(self.called)]


class RunView(Struct):
    """A run as displays show it: `reduce(apply, journal)`.

    Attributes:
        by_code: its steps as their code has them.
        observed: step -> what runs showed of it, which goes into each step's `planned`.
        readers: step -> those that wait for it.
        held_up: what the whole run waits for, in words, but for gates; "" if for nothing.
        gates: step that waits for an approval -> what it asks.
        queue: to which queue its controller was handed; "" where it is in the process that started the run.
        part_of: the run and the step, `RUN/STEP`, that it is a part of; "" for any other.
        sweep: its place in a sweep; None for a run by itself.
        called: what callbacks failed with that are about the run as a whole.
        connects: whether what a run shows goes into each step's `planned` at once.
        folder: path -> digest, of the files in the notebook's folder that are in the store, if its controller
            does not see them.
    """

    run: str
    pipeline: str = ""
    version: str = ""
    status: Status = Status.RUNNING
    reason: str = ""
    held_up: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    archived: bool = False
    origin: str = ""
    directory: str = ""
    user: str = ""
    state: str = ""
    definition: str = ""
    arguments: str = ""
    environment: str = ""
    repeats: str = ""
    queue: str = ""
    part_of: str = ""
    sweep: SweepPart | None = None
    parameters: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    host: str = ""
    pid: int = 0
    started: float = 0.0
    ended: float | None = None
    seq: int = -1
    steps: dict[str, StepView] = field(default_factory=dict[str, StepView])
    diagnostics: tuple[Diagnostic, ...] = ()
    gates: dict[str, Gate] = field(default_factory=dict[str, Gate])
    readers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    by_code: tuple[ev.PlannedStep, ...] = ()
    observed: dict[str, Observation] = field(default_factory=dict[str, Observation])
    called: list[ev.CallbackNoted] = field(default_factory=list[ev.CallbackNoted])
    connects: bool = True
    folder: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def progress(self) -> float:
        """The share of the steps that ended, 0 to 1; one that runs counts by what it reported."""
        if not self.steps:
            return 1.0
        return sum(step.progress for step in self.steps.values()) / len(self.steps)

    @property
    def finished_steps(self) -> int:
        """How many steps have a final status."""
        return sum(step.status.is_final for step in self.steps.values())

    @property
    def waits_for(self) -> str:
        """What the whole run waits for, in words, be it approvals of all that is left; "" if it goes on."""
        if self.held_up or not self.gates or not all(map(self._is_behind_gate, self.steps.values())):
            return self.held_up
        asked = (f"{name}: {gate.text}" for name, gate in tuple(self.gates.items()))
        return f"waits for approval of {'; '.join(asked)}"

    def _is_behind_gate(self, step: StepView) -> bool:
        """Return whether a step ended, or waits for an approval, its own or that of a step before it."""
        if step.status is not Status.PENDING or step.name in self.gates:
            return step.status.is_final or step.name in self.gates
        upstream = (self.steps[name] for name in step.planned.upstream if name in self.steps)
        return any(not before.status.is_final for before in upstream)

    @property
    def tally(self) -> str:
        """How many steps came to which end, `3 completed · 1 failed`; `3 of 5 steps` while all goes well."""
        statuses = Counter(step.status for step in self.steps.values())
        if not self.status.is_final or statuses.keys() <= {Status.COMPLETED, Status.CACHED}:
            return f"{self.finished_steps} of {len(self.steps)} steps"
        return " · ".join(f"{statuses[status]} {status}" for status in Status if statuses[status])

    def seconds_until(self, now: float) -> float:
        """Return its wall time in seconds, up to `now` (seconds since 1970) while it goes on."""
        return max((now if self.ended is None else self.ended) - self.started, 0.0)

    def has(self, step: str) -> bool:
        """Return whether there is such a step, or element of one (`score[3]`)."""
        if is_child(step):
            return step_of(step) in self.steps and step in self.steps[step_of(step)].children
        return step in self.steps

    def step(self, name: str) -> StepView:
        """Return a step, or an element of one (`score[3]`), that there is."""
        return self.steps[step_of(name)].children[name] if is_child(name) else self.steps[name]

    @property
    def steps_and_elements(self) -> list[StepView]:
        """Its steps in order, each behind its elements."""
        return [each for step in self.steps.values() for each in (*step.children.values(), step)]

    def attempt_of(self, event: ev.AttemptEvent) -> AttemptView:
        """Return the attempt that an event is about, opening it if this is the first that is heard of it."""
        attempts = self.step(event.step).attempts
        for attempt in reversed(attempts):
            if attempt.number == event.attempt:
                return attempt
        attempts.append(AttemptView(event.attempt))
        return attempts[-1]
