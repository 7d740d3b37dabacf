"""When each step of a run waited, for what, and when it ran; from the journal, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import step_of
from jupyter_pipes.model.results import Usage
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView, StepView

Phase = Literal["upstream", "decision", "gate", "queue", "imports", "retry", "running"]


class Span(Struct, frozen=True):
    """What a step did for a while; times in seconds since 1970, `end` None as long as it goes on.

    Attributes:
        phase: waits for earlier steps, is decided, waits for an approval, for a slot or a queue, for
            imports, for the next try, or runs.
        words: for which steps, which imports, or why; of an attempt, where it ran, if that is another
            machine, and why it came to nothing.
        is_lost: whether it is an attempt that came to nothing: it failed, was stopped, or its worker is gone.
    """

    phase: Phase
    start: float
    end: float | None
    words: str = ""
    is_lost: bool = False


class TimelineStep(Struct, frozen=True):
    """A step's time.

    Attributes:
        is_critical: whether the run would have ended earlier, had it been faster.
        seconds, cpu_seconds: of all attempts that ended.
        peak_memory: of the largest attempt, in bytes; 0 if nobody measured it.
    """

    name: str
    status: Status
    spans: tuple[Span, ...]
    is_critical: bool
    seconds: float
    cpu_seconds: float
    peak_memory: int


class Timeline(Struct, frozen=True):
    """A run's time: `started` and `ended` in seconds since 1970, `ended` None while it goes on."""

    run: str
    started: float
    ended: float | None
    steps: tuple[TimelineStep, ...]


def timeline_of(view: RunView, records: Iterable[ev.Record]) -> Timeline:
    """Return the time of a run.

    Args:
        view: the run as it stands.
        records: its journal.
    """
    tracks = {name: _Track(view.started, step.planned.options.queue) for name, step in view.steps.items()}
    for record in records:
        event = record.event
        if isinstance(event, ev.StepEvent) and event.step in tracks:
            tracks[event.step].take(record.time, event)
        elif isinstance(event, ev.AttemptEvent) and step_of(event.step) in tracks:
            tracks[step_of(event.step)].take_of_element(record.time, event)
    for name, track in tracks.items():
        track.split_waiting(_waited_for(view.steps[name], tracks), is_over=view.ended is not None)
    critical = critical_path(view, {name: track.end for name, track in tracks.items() if track.spans})
    steps = (_step(step, tracks[name], name in critical) for name, step in view.steps.items())
    return Timeline(view.run, view.started, view.ended, tuple(steps))


def critical_path(view: RunView, ends: Mapping[str, float | None]) -> frozenset[str]:
    """Return the steps that the run's end hangs on: the one that ended last, what it waited for, and so on.

    Args:
        view: the steps with their edges.
        ends: step -> when it ended, None if it runs; those that took no time are left out.
    """
    path: list[str] = []
    candidates = [name for name, step in view.steps.items() if name in ends and _took_time(step)]
    while candidates:
        path.append(max(candidates, key=lambda name: _by_end(ends[name])))
        upstream = view.steps[path[-1]].planned.upstream
        candidates = [name for name in upstream if name in ends and _took_time(view.steps[name])]
    return frozenset(path)


def _took_time(step: StepView) -> bool:
    return bool(step.attempts)


def _by_end(end: float | None) -> float:
    return float("inf") if end is None else end


def _step(step: StepView, track: _Track, is_critical: bool) -> TimelineStep:
    used = step.usage if step.attempts else Usage()
    return TimelineStep(
        step.name,
        step.status,
        tuple(track.spans),
        is_critical,
        used.seconds,
        used.cpu_seconds,
        used.peak_memory,
    )


def _waited_for(step: StepView, tracks: Mapping[str, _Track]) -> tuple[str, float] | None:
    """Return the step that this one waited for longest, with its end; None if it waits still, or for none."""
    ends = {name: tracks[name].ended for name in step.planned.upstream if name in tracks}
    known = {name: end for name, end in ends.items() if end is not None}
    if not ends or len(known) < len(ends):
        return None
    last = max(known, key=lambda name: known[name])
    return last, known[last]


class _Track:
    """The spans of one step, as they are read from facts.

    Args:
        start: when it began to wait.
        queue: where its attempts run.
    """

    def __init__(self, start: float, queue: str) -> None:
        self._is_remote = queue != StepOptions().queue
        self.spans: list[Span] = [Span("upstream", start, None)]
        self.ended: float | None = None
        self._running: set[str] = set()

    @property
    def end(self) -> float | None:
        """When the last span ended; None if it goes on."""
        return self.spans[-1].end

    def take(self, time: float, event: ev.StepEvent) -> None:
        """Take the next fact of the step."""
        match event:
            case ev.AttemptQueued(reason=reason):
                phase = "imports" if reason.startswith(("imports ", "starts")) else "queue"
                self._begin(phase, time, reason)
            case ev.AttemptStarted(host=host):
                self._begin("running", time, f"on {host}" if self._is_remote else "")
            case ev.RetryScheduled(reason=reason):
                self._begin("retry", time, reason)
            case ev.StepDecided():
                self._close(time)
            case ev.AttemptEnded(outcome=outcome, reason=reason):
                self._close(time, "" if outcome == "completed" else reason or outcome)
            case ev.GateReached(text=text):
                self._begin("gate", time, f"waits for approval: {text}")
            case ev.GateAnswered():
                self._close(time)
            case ev.StepDeferred(reason=reason):
                self._begin("queue", time, reason)
            case ev.StepReopened(reason=reason):
                self.ended = None
                self._begin("upstream", time, reason)
            case ev.StepEnded():
                self._close(time)
                self.ended = time
            case _:
                return

    def take_of_element(self, time: float, event: ev.AttemptEvent) -> None:
        """Take a fact of an element of the step's `--map`: the step runs as long as one of them does."""
        match event:
            case ev.AttemptStarted():
                if not self._running:
                    self._begin("running", time, "its elements")
                self._running.add(event.step)
            case ev.AttemptEnded():
                self._running.discard(event.step)
                if not self._running:
                    self._close(time)
            case _:
                return

    def split_waiting(self, waited: tuple[str, float] | None, *, is_over: bool) -> None:
        """Divide the first wait into that for earlier steps, and the time that deciding took.

        Args:
            waited: the step that was waited for last, and its end.
            is_over: whether the run has ended, so that nothing goes on.
        """
        if is_over:
            self.spans = [span for span in self.spans if span.end is not None]
        if not self.spans or self.spans[0].phase != "upstream":
            return
        first, *others = self.spans
        name, end = waited or ("", first.start)
        if waited is None and first.end is None:
            return
        end = max(min(end, first.end if first.end is not None else end), first.start)
        waiting = Span("upstream", first.start, end, f"waits for {name}" if name else "")
        deciding = Span("decision", end, first.end)
        self.spans = [span for span in (waiting, deciding) if _has_length(span)] + others

    def _begin(self, phase: Phase, time: float, words: str = "") -> None:
        self._close(time)
        self.spans.append(Span(phase, time, None, words))

    def _close(self, time: float, lost: str = "") -> None:
        """End the span that goes on; `lost` says why an attempt came to nothing."""
        last = self.spans[-1]
        if last.end is None:
            is_lost = bool(lost) and last.phase == "running"
            words = ": ".join(filter(None, (last.words, lost))) if is_lost else last.words
            self.spans[-1] = Span(last.phase, last.start, time, words, is_lost)


def _has_length(span: Span) -> bool:
    return span.end is None or span.end > span.start
