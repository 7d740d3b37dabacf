"""`apply(record, view)`: the one fold that turns a run's journal into what every display shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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

    def seconds_until(self, now: float) -> float:
        """Return its wall time in seconds, up to `now` (seconds since 1970) while it runs."""
        if self.started is None or self.ended is not None:
            return self.usage.seconds
        return max(now - self.started, 0.0)


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
    def usage(self) -> Usage:
        """What all attempts that ended used, and the most memory of one; nothing for a cached step."""
        used = [attempt.usage for attempt in self.attempts]
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
        return sum(attempt.seconds_until(now) for attempt in self.attempts)

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

    def seconds_until(self, now: float) -> float:
        """Return its wall time in seconds, up to `now` (seconds since 1970) while it goes on."""
        return max((now if self.ended is None else self.ended) - self.started, 0.0)

    def attempt_of(self, event: ev.AttemptEvent) -> AttemptView:
        """Return the attempt that an event is about, opening it if this is the first that is heard of it."""
        attempts = self.steps[event.step].attempts
        for attempt in reversed(attempts):
            if attempt.number == event.attempt:
                return attempt
        attempts.append(AttemptView(event.attempt))
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
    change = FOLD.get(type(record.event))
    if change is not None:
        change(record.event, view, record.time)


def ending_facts(view: RunView, reason: str) -> list[ev.AnyEvent]:
    """Return the facts that end, as cancelled, all steps that are under way or wait."""
    return [fact for step in view.steps.values() for fact in _ending_facts(step, reason)]


def _ending_facts(step: StepView, reason: str) -> list[ev.AnyEvent]:
    if step.status.is_final:
        return []
    facts: list[ev.AnyEvent] = []
    if step.latest is not None and not step.latest.status.is_final:
        facts.append(ev.AttemptEnded(step.name, step.latest.number, "cancelled", reason))
    return [*facts, ev.StepEnded(step.name, Status.CANCELLED, reason)]


def _begin_run(event: ev.RunStarted, view: RunView, time: float) -> None:
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


def _reopen_run(event: ev.RunResumed, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended = Status.RUNNING, "", None
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


def _set_environment(event: ev.EnvironmentCaptured, view: RunView, time: float) -> None:
    view.environment = event.document


def _set_tags(event: ev.RunTagged, view: RunView, time: float) -> None:
    view.tags = event.tags


def _set_title(event: ev.RunRenamed, view: RunView, time: float) -> None:
    view.title = event.title


def _set_archived(event: ev.RunArchived, view: RunView, time: float) -> None:
    view.archived = event.archived


def _defer_step(event: ev.StepDeferred, view: RunView, time: float) -> None:
    view.steps[event.step].reason = event.reason


def _decide_step(event: ev.StepDecided, view: RunView, time: float) -> None:
    step = view.steps[event.step]
    step.decision_reasons, step.signature = event.reasons, event.signature
    step.parts, step.compared = event.parts, event.compared
    step.source_run, step.kept = event.source_run, event.artifacts
    step.kept_metrics, step.kept_notes = event.metrics, event.notes
    step.source_step = event.source_step or (event.step if event.source_run else "")


def _queue_attempt(event: ev.AttemptQueued, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.reason = event.reason
    _set_status(view, event.step, Status.QUEUED, event.reason or f"waits for queue {event.queue}")


def _start_attempt(event: ev.AttemptStarted, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.status, attempt.started, attempt.reason = Status.RUNNING, time, ""
    attempt.pid, attempt.host = event.pid, event.host
    _set_status(view, event.step, Status.RUNNING, "")


def _set_progress(event: ev.ProgressReported, view: RunView, time: float) -> None:
    view.attempt_of(event).progress = Progress(event.done, event.total, event.text)


def _add_metric(event: ev.MetricReported, view: RunView, time: float) -> None:
    series = view.attempt_of(event).metrics.setdefault(event.name, [])
    series.append(MetricPoint(event.at, event.value))


def _add_artifact(event: ev.ArtifactStored, view: RunView, time: float) -> None:
    artifacts = view.attempt_of(event).artifacts
    artifacts[:] = [each for each in artifacts if each.name != event.artifact.name]
    artifacts.append(event.artifact)


def _add_output(event: ev.OutputShown, view: RunView, time: float) -> None:
    outputs = view.attempt_of(event).outputs
    for place, shown in enumerate(outputs):
        if event.output.display_id is not None and shown.display_id == event.output.display_id:
            outputs[place] = event.output
            return
    outputs.append(event.output)


def _clear_outputs(event: ev.OutputsCleared, view: RunView, time: float) -> None:
    view.attempt_of(event).outputs.clear()


def _add_note(event: ev.NoteAdded, view: RunView, time: float) -> None:
    view.attempt_of(event).notes.append(event.text)


def _end_attempt(event: ev.AttemptEnded, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.status, attempt.reason = _OUTCOME_STATUS[event.outcome], event.reason
    attempt.ended, attempt.usage = time, event.usage
    attempt.error, attempt.files, attempt.written = event.error, event.files, event.written


def _await_retry(event: ev.RetryScheduled, view: RunView, time: float) -> None:
    _set_status(view, event.step, Status.QUEUED, event.reason)


def _end_step(event: ev.StepEnded, view: RunView, time: float) -> None:
    _set_status(view, event.step, event.status, event.reason)
    view.steps[event.step].undecided = event.error
    for name in view.readers.get(event.step, ()):
        if view.steps[name].status is Status.PENDING:
            view.steps[name].reason = _waiting_for(view.steps[name], view)


def _end_run(event: ev.RunEnded, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended = event.status, event.reason, time


def _set_status(view: RunView, step: str, status: Status, reason: str) -> None:
    view.steps[step].status, view.steps[step].reason = status, reason


def _waiting_for(step: StepView, view: RunView) -> str:
    open_steps = [
        name for name in step.planned.upstream if name in view.steps and not view.steps[name].status.is_final
    ]
    return f"waits for {', '.join(open_steps)}" if open_steps else ""


FOLD: Mapping[type[ev.Event], Callable[..., None]] = {
    ev.RunStarted: _begin_run,
    ev.RunResumed: _reopen_run,
    ev.EnvironmentCaptured: _set_environment,
    ev.RunTagged: _set_tags,
    ev.RunRenamed: _set_title,
    ev.RunArchived: _set_archived,
    ev.StepDeferred: _defer_step,
    ev.StepDecided: _decide_step,
    ev.AttemptQueued: _queue_attempt,
    ev.AttemptStarted: _start_attempt,
    ev.ProgressReported: _set_progress,
    ev.MetricReported: _add_metric,
    ev.ArtifactStored: _add_artifact,
    ev.OutputShown: _add_output,
    ev.OutputsCleared: _clear_outputs,
    ev.NoteAdded: _add_note,
    ev.AttemptEnded: _end_attempt,
    ev.RetryScheduled: _await_retry,
    ev.StepEnded: _end_step,
    ev.RunEnded: _end_run,
}
"""What each event does to a view; all others change nothing in it."""
