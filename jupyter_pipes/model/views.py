"""`apply(record, view)`: the one fold that turns a run's journal into what every display shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from msgspec import Struct, field

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import ArtifactRef, FileSeen, OutputRef, StepError, Usage
from jupyter_pipes.model.steps import Diagnostic, JsonValue, Status

_OUTCOME_STATUS: dict[str, Status] = {
    "completed": Status.COMPLETED,
    "failed": Status.FAILED,
    "timed out": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "lost": Status.FAILED,
}


_DONE = (Status.COMPLETED, Status.CACHED)


class Progress(Struct, frozen=True, gc=False):
    """How far a step is; `total` 0 means unknown."""

    done: float
    total: float
    text: str = ""

    @property
    def fraction(self) -> float | None:
        """Share done, 0 to 1, or None when the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


class MetricPoint(Struct, frozen=True, gc=False):
    """One reported value of a metric; `at` is its place on the axis, None when not given."""

    at: float | None
    value: JsonValue


class AttemptView(Struct):
    """One try of a step as displays show it; times in seconds since 1970, None until known."""

    number: int
    status: Status = Status.QUEUED
    reason: str = ""
    pid: int = 0
    host: str = ""
    queued: float | None = None
    started: float | None = None
    ended: float | None = None
    usage: Usage = Usage()
    error: StepError | None = None
    progress: Progress | None = None
    outputs: list[OutputRef] = field(default_factory=list[OutputRef])
    artifacts: list[ArtifactRef] = field(default_factory=list[ArtifactRef])
    metrics: dict[str, list[MetricPoint]] = field(default_factory=dict[str, list[MetricPoint]])
    notes: list[str] = field(default_factory=list[str])
    files: tuple[FileSeen, ...] = ()
    written: tuple[str, ...] = ()


class StepView(Struct):
    """A step of a run as displays show it."""

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
    undecided: StepError | None = None
    attempts: list[AttemptView] = field(default_factory=list[AttemptView])

    @property
    def latest(self) -> AttemptView | None:
        """The latest attempt, or None when there was none (cached, skipped, not reached)."""
        return self.attempts[-1] if self.attempts else None

    @property
    def seconds(self) -> float:
        """Wall time of all attempts in seconds; 0 for a cached step."""
        return sum(attempt.usage.seconds for attempt in self.attempts)

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1; 0 for one that runs and reports nothing."""
        if self.status.is_final:
            return 1.0
        reported = self.latest.progress if self.latest else None
        return (reported.fraction if reported else None) or 0.0

    @property
    def error(self) -> StepError | None:
        """The latest attempt's error, or what kept the step from having one."""
        return self.latest.error if self.latest else self.undecided

    @property
    def artifacts(self) -> tuple[ArtifactRef, ...]:
        """The outputs of the latest attempt, or those reused when the step is cached."""
        return tuple(self.latest.artifacts) if self.latest and not self.source_run else self.kept

    @property
    def last_metrics(self) -> dict[str, JsonValue]:
        """The last value of each metric: of the latest attempt, or of the one whose outputs are reused."""
        if self.source_run or not self.latest:
            return self.kept_metrics
        return {name: points[-1].value for name, points in self.latest.metrics.items() if points}

    @property
    def metrics(self) -> dict[str, list[MetricPoint]]:
        """Metric series of the latest attempt, by name."""
        return self.latest.metrics if self.latest else {}

    @property
    def notes(self) -> list[str]:
        """What the user should know about the latest attempt, or the one whose outputs are reused."""
        return self.latest.notes if self.latest and not self.source_run else list(self.kept_notes)


class RunView(Struct):
    """A run as displays show it: `reduce(apply, journal)`."""

    run: str
    pipeline: str = ""
    version: str = ""
    status: Status = Status.RUNNING
    reason: str = ""
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
    parameters: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    host: str = ""
    pid: int = 0
    process_started: float = 0.0
    started: float = 0.0
    ended: float | None = None
    seq: int = -1
    cancel_requested: bool = False
    steps: dict[str, StepView] = field(default_factory=dict[str, StepView])
    diagnostics: tuple[Diagnostic, ...] = ()
    readers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

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

    def attempt(self, step: str, number: int) -> AttemptView:
        """Return the attempt, opening it if this is the first that is heard of it."""
        attempts = self.steps[step].attempts
        for attempt in reversed(attempts):
            if attempt.number == number:
                return attempt
        attempts.append(AttemptView(number))
        return attempts[-1]


def fold(run: str, records: Iterable[ev.Record]) -> RunView:
    """Return the view of a run from its journal, in order."""
    view = RunView(run)
    for record in records:
        apply(record, view)
    return view


def apply(record: ev.Record, view: RunView) -> None:
    """Bring `view` up to date with one more record; a record already applied changes nothing."""
    if record.seq <= view.seq:
        return
    view.seq = record.seq
    _apply(record.event, view, record.time)


@singledispatch
def _apply(event: ev.Event, view: RunView, time: float) -> None:
    raise TypeError(f"no view of {type(event).__name__}")


@_apply.register
def _(event: ev.RunStarted, view: RunView, time: float) -> None:
    view.pipeline, view.version = event.pipeline, event.version
    view.parameters, view.diagnostics = event.parameters, event.diagnostics
    view.host, view.pid, view.process_started = event.host, event.pid, event.process_started
    view.started = time
    view.origin, view.directory = event.origin, event.directory
    view.user, view.repeats = event.user, event.repeats
    view.state, view.definition, view.arguments = event.state, event.definition, event.arguments
    view.steps = {step.name: StepView(step.name, step) for step in event.steps}
    view.readers = {name: [] for name in view.steps}
    for step in view.steps.values():
        step.reason = _waiting_for(step, view)
        for name in step.planned.upstream:
            view.readers.setdefault(name, []).append(step.name)


@_apply.register
def _(event: ev.RunResumed, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended, view.cancel_requested = Status.RUNNING, "", None, False
    view.host, view.pid, view.process_started = event.host, event.pid, event.process_started
    reopened = [step for step in view.steps.values() if step.status not in _DONE]
    for step in reopened:
        step.status, step.undecided = Status.PENDING, None
        for reader in (view.steps[name] for name in view.readers[step.name] if name in view.steps):
            # Behind a failure that was ignored, it was completed with nothing in place of its outputs.
            if reader.status in _DONE:
                reader.status = Status.PENDING
                reopened.append(reader)
    for step in reopened:
        step.reason = _waiting_for(step, view)


@_apply.register
def _(event: ev.EnvironmentCaptured, view: RunView, time: float) -> None:
    view.environment = event.document


@_apply.register
def _(event: ev.RunTagged, view: RunView, time: float) -> None:
    view.tags = event.tags


@_apply.register
def _(event: ev.RunRenamed, view: RunView, time: float) -> None:
    view.title = event.title


@_apply.register
def _(event: ev.RunArchived, view: RunView, time: float) -> None:
    view.archived = event.archived


@_apply.register
def _(event: ev.RunCollected, view: RunView, time: float) -> None:
    """Nobody looks at the run any more, only at some of its steps."""


@_apply.register
def _(event: ev.StepDeferred, view: RunView, time: float) -> None:
    view.steps[event.step].reason = event.reason


@_apply.register
def _(event: ev.ResultAccepted, view: RunView, time: float) -> None:
    """The run's own story does not change by it."""


@_apply.register
def _(event: ev.StepDecided, view: RunView, time: float) -> None:
    step = view.steps[event.step]
    step.decision_reasons, step.signature = event.reasons, event.signature
    step.parts, step.compared = event.parts, event.compared
    step.source_run, step.kept = event.source_run, event.artifacts
    step.kept_metrics, step.kept_notes = event.metrics, event.notes
    step.source_step = event.source_step or (event.step if event.source_run else "")


@_apply.register
def _(event: ev.AttemptQueued, view: RunView, time: float) -> None:
    attempt = view.attempt(event.step, event.attempt)
    attempt.queued = attempt.queued or time
    attempt.reason = event.reason
    _set_status(view, event.step, Status.QUEUED, event.reason or f"waits for queue {event.queue}")


@_apply.register
def _(event: ev.AttemptStarted, view: RunView, time: float) -> None:
    attempt = view.attempt(event.step, event.attempt)
    attempt.status, attempt.started, attempt.reason = Status.RUNNING, time, ""
    attempt.pid, attempt.host = event.pid, event.host
    _set_status(view, event.step, Status.RUNNING, "")


@_apply.register
def _(event: ev.ProgressReported, view: RunView, time: float) -> None:
    view.attempt(event.step, event.attempt).progress = Progress(event.done, event.total, event.text)


@_apply.register
def _(event: ev.MetricReported, view: RunView, time: float) -> None:
    series = view.attempt(event.step, event.attempt).metrics.setdefault(event.name, [])
    series.append(MetricPoint(event.at, event.value))


@_apply.register
def _(event: ev.ArtifactStored, view: RunView, time: float) -> None:
    artifacts = view.attempt(event.step, event.attempt).artifacts
    artifacts[:] = [kept for kept in artifacts if kept.name != event.artifact.name]
    artifacts.append(event.artifact)


@_apply.register
def _(event: ev.OutputShown, view: RunView, time: float) -> None:
    outputs = view.attempt(event.step, event.attempt).outputs
    for place, shown in enumerate(outputs):
        if event.output.display_id is not None and shown.display_id == event.output.display_id:
            outputs[place] = event.output
            return
    outputs.append(event.output)


@_apply.register
def _(event: ev.OutputsCleared, view: RunView, time: float) -> None:
    view.attempt(event.step, event.attempt).outputs.clear()


@_apply.register
def _(event: ev.NoteAdded, view: RunView, time: float) -> None:
    view.attempt(event.step, event.attempt).notes.append(event.text)


@_apply.register
def _(event: ev.AttemptEnded, view: RunView, time: float) -> None:
    attempt = view.attempt(event.step, event.attempt)
    attempt.status, attempt.reason = _OUTCOME_STATUS[event.outcome], event.reason
    attempt.ended, attempt.usage = time, event.usage
    attempt.error, attempt.files, attempt.written = event.error, event.files, event.written


@_apply.register
def _(event: ev.RetryScheduled, view: RunView, time: float) -> None:
    _set_status(view, event.step, Status.QUEUED, event.reason)


@_apply.register
def _(event: ev.RetryDue, view: RunView, time: float) -> None:
    pass


@_apply.register
def _(event: ev.StepEnded, view: RunView, time: float) -> None:
    _set_status(view, event.step, event.status, event.reason)
    view.steps[event.step].undecided = event.error
    for name in view.readers.get(event.step, ()):
        if view.steps[name].status is Status.PENDING:
            view.steps[name].reason = _waiting_for(view.steps[name], view)


@_apply.register
def _(event: ev.CancelRequested, view: RunView, time: float) -> None:
    view.cancel_requested = view.cancel_requested or event.step is None


@_apply.register
def _(event: ev.CancelAsked, view: RunView, time: float) -> None:
    """The controller answers it with `CancelRequested`."""


@_apply.register
def _(event: ev.RunEnded, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended = event.status, event.reason, time


def _set_status(view: RunView, step: str, status: Status, reason: str) -> None:
    view.steps[step].status, view.steps[step].reason = status, reason


def _waiting_for(step: StepView, view: RunView) -> str:
    open_steps = [
        name for name in step.planned.upstream if name in view.steps and not view.steps[name].status.is_final
    ]
    return f"waits for {', '.join(open_steps)}" if open_steps else ""
