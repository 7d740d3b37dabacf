"""`current`: what a step may say and ask while it runs."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from msgspec.structs import replace

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import OutsideStep, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.results import ArtifactRef

PROGRESS_INTERVAL = 0.1
"""Seconds between two progress reports that are sent; what comes faster is left out, the last never."""

_EXACT = 2**53
"""The integer beyond which one is no exact JSON number any more."""


@dataclass(frozen=True)
class CurrentRun:
    """The run that the step belongs to."""

    id: str


@dataclass(frozen=True)
class CurrentStep:
    """The step that runs, and which try of it."""

    name: str
    attempt: int


@dataclass
class Context:
    """One attempt in the process that runs it, and how it reports.

    Attributes:
        log: where what it prints goes, before its code has that go elsewhere.
    """

    job: Job
    buffer: MetricBuffer
    store: Callable[[str, object], ArtifactRef]
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    last_progress: float = 0.0
    unsent: ev.ProgressReported | None = None
    kept: set[str] = field(default_factory=set[str])
    log: TextIO = field(default_factory=lambda: sys.stdout)

    def keep(self, artifact: ArtifactRef) -> None:
        """Tell what was stored."""
        self.kept.add(artifact.name)
        self.buffer.report(ev.ArtifactStored(self.job.step.name, self.job.attempt, artifact))

    def send_last_progress(self) -> None:
        """Send the progress that came too soon after the one before."""
        if self.unsent is not None:
            self.buffer.report(self.unsent)
            self.unsent = None


class Current:
    """The step that runs in this process. Outside a step every use raises `OutsideStep`."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._held: MetricBuffer | None = None

    def enter(self, context: Context | None) -> None:
        """Make `context` the current attempt (None: no step is running). Called by the worker only."""
        self._context = context

    def hold(self) -> None:
        """Let no metrics be on their way while the process is copied."""
        if self._context is not None:
            buffer = self._context.buffer
            buffer.hold()
            self._held = buffer

    def go_on(self, *, is_copy: bool) -> None:
        """Go on in the process that was copied, or in the copy."""
        held, self._held = self._held, None
        if held is not None:
            held.go_on(is_copy=is_copy)

    @property
    def is_active(self) -> bool:
        """Whether a step is running in this process."""
        return self._context is not None

    def _inside(self) -> Context:
        if self._context is None:
            raise OutsideStep("jupyter_pipes.current works inside a step only: run this through the pipeline")
        return self._context

    @property
    def run(self) -> CurrentRun:
        """The run, with its `id`."""
        return CurrentRun(self._inside().job.run)

    @property
    def step(self) -> CurrentStep:
        """The step, with its `name` and `attempt`."""
        job = self._inside().job
        return CurrentStep(job.step.name, job.attempt)

    @property
    def params(self) -> Mapping[str, Any]:
        """The values of the parameters that this step reads, read-only."""
        return MappingProxyType(dict(self._inside().parameters))

    def progress(self, done: float, total: float = 0, text: str = "") -> None:
        """Say how far the step is: `done` of `total` (0: unknown), with a short text."""
        context = self._inside()
        job = context.job
        numbers = _finite("progress", done), _finite("progress", total)
        context.unsent = ev.ProgressReported(job.step.name, job.attempt, *numbers, str(text))
        now = time.monotonic()
        if now - context.last_progress >= PROGRESS_INTERVAL or 0 < total <= done:
            context.last_progress = now
            context.send_last_progress()

    def log(self, text: object) -> None:
        """Write a line into the step's log, with the time: also where what is printed goes elsewhere."""
        log = self._inside().log
        sys.stdout.flush()
        log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        log.flush()

    def metric(self, name: str, value: float, *, at: float | None = None) -> None:
        """Report a number, once or as a point of a series at `at` (an epoch, a step, a time)."""
        context = self._context or self._inside()
        # Loops call this a million times: what is plain is looked at no longer than it takes to see that.
        if type(value) is not float:
            value = _plain_number(name, value)
        if at is not None and not (type(at) is int and -_EXACT <= at <= _EXACT):
            at = _finite(f"at of metric {name!r}", at)
        context.buffer.add(name if type(name) is str else str(name), value, at)

    def artifact(self, name: str, value: object) -> None:
        """Keep a value under a name, beside the step's outputs.

        Raises:
            SerializationError: the value cannot be stored.
        """
        context = self._inside()
        context.keep(context.store(name, value))

    def model(self, name: str, value: object, *, framework: str = "") -> None:
        """Keep a model under a name, with what it tells of itself; `jupyter pipes models` lists it.

        Args:
            name: how it is called; another content of the same name is its next version.
            value: the model, or the path of a file or folder that it was written to.
            framework: what made it; told from its class, or from how the file's name ends, if not given.

        Raises:
            SerializationError: the object cannot be stored: write it to a file, and name that.
            UsageError: the file cannot be read.
        """
        from jupyter_pipes.execution.worker.observation import models

        context = self._inside()
        path = models.as_path(value)
        if path is not None:
            artifact = context.store(name, models.file_content(path))
            context.keep(replace(artifact, model=models.file_facts(path, framework)))
            return
        facts, notes = models.facts_of(value, framework)
        context.keep(replace(context.store(name, value), model=facts))
        for note in notes:
            text = f"of model {name}, {note}"
            context.buffer.report(ev.NoteAdded(context.job.step.name, context.job.attempt, text))


def _number(what: str, value: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"{what} must be a number, not {value!r:.100}") from error


def _finite(what: str, value: float) -> float:
    number = _number(what, value)
    if not math.isfinite(number):
        raise UsageError(f"{what} must be a finite number, not {number}")
    return number


def _plain_number(name: str, value: float) -> float:
    number = _number(f"metric {name!r}", value)
    return int(value) if isinstance(value, int) and abs(value) <= _EXACT else number


current = Current()
"""The step that runs in this process."""

os.register_at_fork(
    before=current.hold,
    after_in_parent=lambda: current.go_on(is_copy=False),
    after_in_child=lambda: current.go_on(is_copy=True),
)
