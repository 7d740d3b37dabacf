"""The facts of a run, in past tense, and their JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct, field

from jupyter_pipes.model.away.facts import FolderKept as FolderKept
from jupyter_pipes.model.away.facts import LogKept as LogKept
from jupyter_pipes.model.control.commands import RunCommand
from jupyter_pipes.model.facts.encoding import encode_json
from jupyter_pipes.model.facts.nesting import PipelineStarted as PipelineStarted
from jupyter_pipes.model.facts.nesting import PipelineStepChanged as PipelineStepChanged
from jupyter_pipes.model.facts.sweeping import SweepPart as SweepPart
from jupyter_pipes.model.planned import PlannedStep as PlannedStep
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.results import (
    ArtifactRef,
    ElementValue,
    FileSeen,
    FolderSeen,
    Observation,
    StepError,
    Usage,
)
from jupyter_pipes.model.shown.facts import CellBegun as CellBegun
from jupyter_pipes.model.shown.facts import MetricReported as MetricReported
from jupyter_pipes.model.shown.facts import MetricsReported as MetricsReported
from jupyter_pipes.model.shown.facts import NoteAdded as NoteAdded
from jupyter_pipes.model.shown.facts import OutputsCleared as OutputsCleared
from jupyter_pipes.model.shown.facts import OutputShown as OutputShown
from jupyter_pipes.model.shown.facts import ProgressReported as ProgressReported
from jupyter_pipes.model.shown.kinds import AttemptEvent as AttemptEvent
from jupyter_pipes.model.shown.kinds import Event as Event
from jupyter_pipes.model.shown.kinds import StepEvent as StepEvent
from jupyter_pipes.model.steps import Diagnostic, JsonValue, Status, StepOptions

_empty = cast("Callable[[], dict[str, Any]]", dict)
"""Makes what a fact has where nothing is said."""


class RunStarted(Event, frozen=True):
    """A controller took up a run of these steps, in this order.

    Attributes:
        state: digest of the pipeline's code, edges and defaults: equal for what may share a version.
        definition, arguments: digests of the attachments with all steps, and with what the run was given.
        observed: step -> what earlier runs showed of it; `steps` are as their code has them.
        queue: to which queue its controller was handed; "" where it is in the process that started the run.
        part_of: the run and the step, `RUN/STEP`, that it is a part of (`--pipeline`); "" for any other run.
        sweep: its place in a sweep, whose id it has as a tag; None for a run by itself.
    """

    pipeline: str
    version: str
    steps: tuple[PlannedStep, ...]
    parameters: dict[str, JsonValue] = field(default_factory=_empty)
    origin: str = ""
    directory: str = ""
    host: str = ""
    pid: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()
    state: str = ""
    definition: str = ""
    arguments: str = ""
    user: str = ""
    repeats: str = ""
    fail_fast: bool = False
    observed: dict[str, Observation] = field(default_factory=_empty)
    queue: str = ""
    part_of: str = ""
    sweep: SweepPart | None = None


class RunResumed(Event, frozen=True):
    """A controller took up a run that had ended, or that was handed to it: what is not done is open again."""

    host: str = ""
    pid: int = 0


class EnvironmentCaptured(Event, frozen=True):
    """What the run ran in (Python, distributions, git) is in this attachment; `commit` is git's."""

    document: str
    commit: str = ""


class RunTagged(Event, frozen=True):
    """Somebody gave the run these labels, in place of those that it had."""

    tags: tuple[str, ...]


class RunRenamed(Event, frozen=True):
    """Somebody gave the run a title."""

    title: str


class RunArchived(Event, frozen=True):
    """Somebody put the run away, or took it back: archived runs are listed only when asked for."""

    archived: bool = True


class RunCollected(Event, frozen=True):
    """The run was taken out of the history; what is left here tells of steps whose results are in use."""


class StepDeferred(StepEvent, frozen=True):
    """The step is not decided yet: somebody else is just computing the same."""

    reason: str


class StepDecided(StepEvent, frozen=True):
    """The signature was compared with kept ones; `cached` carries the kept outputs and whose they are.

    `skipped`: for the same inputs its `--when` was not true; `reasons` begin with why.

    Attributes:
        parts: digest of the attachment with the signature's parts, "" when they were not looked at.
        compared: digest of the attachment with the parts that these were held against, "" if none.
        source_run, source_step: whose outputs are reused.
        artifacts, metrics, notes, observed: what that step left, and showed.
        children: how many elements it had, or steps of its pipeline.
    """

    decision: Literal["run", "cached", "skipped"]
    reasons: tuple[str, ...] = ()
    signature: str = ""
    artifacts: tuple[ArtifactRef, ...] = ()
    source_run: str = ""
    parts: str = ""
    compared: str = ""
    source_step: str = ""
    metrics: dict[str, JsonValue] = field(default_factory=_empty)
    notes: tuple[str, ...] = ()
    observed: Observation = Observation()
    children: int = 0


class OptionsSettled(StepEvent, frozen=True):
    """What the step's options refer to is known: from now on they are these; `told`: what was asked for."""

    options: StepOptions
    told: ToldOptions


class ResultAccepted(StepEvent, frozen=True):
    """Somebody declared that what the step made in this run holds for this signature as well."""

    signature: str
    parts: str
    files: tuple[FileSeen, ...] = ()


class AttemptQueued(AttemptEvent, frozen=True):
    """An executor took an attempt and says what it waits for; may come again with another reason."""

    queue: str
    reason: str = ""


class AttemptStarted(AttemptEvent, frozen=True):
    """The attempt's process runs."""

    pid: int
    host: str


class ArtifactStored(AttemptEvent, frozen=True):
    """A value is in the store."""

    artifact: ArtifactRef


class StepsAdded(AttemptEvent, frozen=True):
    """The attempt found elements of its step's `--map`: each is a step of the run, below that step.

    Attributes:
        first: the number of the first of them, from 0.
        values: for each the values of its names, in order.
    """

    first: int
    values: tuple[tuple[ElementValue, ...], ...]


class InputsChanged(AttemptEvent, frozen=True):
    """The attempt left other content in these names than its code shows; it is stored as its output."""

    names: tuple[str, ...]


class NamesJoined(AttemptEvent, frozen=True):
    """These inputs or outputs hold parts of one object: what changes one in place changes the others."""

    names: tuple[str, ...]


class FileReadEarly(AttemptEvent, frozen=True):
    """The attempt used a file, or missed it, before `writer`, an earlier step, had written it."""

    path: str
    writer: str


Outcome = Literal["completed", "failed", "timed out", "cancelled", "lost", "skipped"]


class AttemptEnded(AttemptEvent, frozen=True):
    """The attempt's process is gone; terminal for the attempt."""

    outcome: Outcome
    reason: str = ""
    error: StepError | None = None
    usage: Usage = Usage()
    files: tuple[FileSeen, ...] = ()
    written: tuple[str, ...] = ()
    listed: tuple[FolderSeen, ...] = ()


class GateReached(StepEvent, frozen=True):
    """All that the step needs is there, and it has to run: it waits for somebody's approval (`--gate`)."""

    text: str


class GateAnswered(StepEvent, frozen=True):
    """Somebody let a step that waited at its gate begin, or refused it, with a reason or none."""

    approved: bool
    by: str
    reason: str = ""

    @property
    def words(self) -> str:
        """What was said and by whom, `approved by anna`, with why."""
        answer = "approved" if self.approved else "refused"
        return answer + (f" by {self.by}" if self.by else "") + (f": {self.reason}" if self.reason else "")


class RetryScheduled(AttemptEvent, frozen=True):
    """The step will be tried again after `delay` seconds."""

    delay: float
    reason: str


class RetryDue(StepEvent, frozen=True):
    """The delay before the next attempt is over."""


class StepReopened(StepEvent, frozen=True):
    """What the step read is not what it has to read, as runs of other steps showed: it is open again."""

    reason: str


class StepEnded(StepEvent, frozen=True):
    """The step has its final status, with the reason in words; `error` when no attempt came to it."""

    status: Status
    reason: str = ""
    error: StepError | None = None


class CancelRequested(Event, frozen=True):
    """Somebody asked to cancel one step, or the run when `step` is None; or the time of the run was over."""

    step: str | None = None
    reason: str = "cancelled by the user"
    timed_out: bool = False


class CommandGiven(Event, frozen=True):
    """Somebody in another process gave the run's controller a command: it looks for such facts."""

    command: RunCommand


class CallbackNoted(Event, frozen=True):
    """A callback printed something, changed `parameters` or failed; `step` "": it is about the whole run."""

    callback: str
    text: str
    step: str = ""
    has_failed: bool = False
    parameters: dict[str, JsonValue] = field(default_factory=_empty)
    error: StepError | None = None


class RunHeldUp(Event, frozen=True):
    """The whole run waits: for a history that can be written, or a controller; "": it goes on."""

    reason: str


class RunEnded(Event, frozen=True):
    """The run has its final status."""

    status: Status
    reason: str = ""


AnyEvent = (
    RunStarted
    | RunResumed
    | EnvironmentCaptured
    | RunTagged
    | RunRenamed
    | RunArchived
    | RunCollected
    | StepDeferred
    | StepDecided
    | OptionsSettled
    | ResultAccepted
    | AttemptQueued
    | AttemptStarted
    | ProgressReported
    | MetricsReported
    | MetricReported
    | ArtifactStored
    | StepsAdded
    | PipelineStarted
    | PipelineStepChanged
    | InputsChanged
    | FileReadEarly
    | NamesJoined
    | CellBegun
    | OutputShown
    | OutputsCleared
    | NoteAdded
    | AttemptEnded
    | GateReached
    | GateAnswered
    | RetryScheduled
    | RetryDue
    | StepReopened
    | StepEnded
    | CancelRequested
    | CommandGiven
    | CallbackNoted
    | RunHeldUp
    | FolderKept
    | LogKept
    | RunEnded
)


class Record(Struct, frozen=True, gc=False):
    """An event with its place in the journal: `(run, seq)` is unique; `time` is in seconds since 1970."""

    run: str
    seq: int
    time: float
    event: AnyEvent


@cache
def _event_decoder() -> msgspec.json.Decoder[AnyEvent]:
    # Made when it is needed first: that takes milliseconds, and a run in which nothing is to do reads none.
    return msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """Return the event as one JSON document without newlines; text that is no Unicode is written escaped."""
    return encode_json(event)


def decode(data: bytes | str) -> AnyEvent:
    """Return the event that `encode` wrote.

    Raises:
        msgspec.ValidationError: the bytes are no event of this version.
    """
    return _event_decoder().decode(data)
