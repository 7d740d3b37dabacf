"""The document of a run, which `run`, `show` and others print."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.display.ansi import plain
from jupyter_pipes.display.looks import why_text
from jupyter_pipes.history.monitoring import monitored_metrics
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run


class AttemptDocument(Document, frozen=True):
    """One try of a step; `pid` and `host` are 0 and "" when it never started.

    `cpu_seconds` and `peak_memory` (in bytes) are 0 as long as it runs, and where nobody measures them.
    """

    number: int
    status: Status
    reason: str
    seconds: float
    pid: int
    host: str
    cpu_seconds: float
    peak_memory: int


class ArtifactDocument(Document, frozen=True):
    """A kept value; `uri` is an absolute fsspec URL, `title` that of a displayed figure which has one."""

    name: str
    type: str
    bytes: int
    digest: str
    uri: str
    title: str | UnsetType = UNSET


class StepErrorDocument(Document, frozen=True):
    """How a step failed, in plain text; `line` counts as the editor's gutter does."""

    type: str
    message: str
    traceback: str
    line: int | None


class StepDocument(Document, frozen=True):
    """A step of a run."""

    name: str
    status: Status
    reason: str
    notes: list[str]
    seconds: float
    queue: str
    stage: str | None
    tags: tuple[str, ...]
    attempts: list[AttemptDocument]
    reads: dict[str, str]
    writes: tuple[str, ...]
    after: tuple[str, ...]
    metrics: dict[str, JsonValue]
    artifacts: list[ArtifactDocument]
    error: StepErrorDocument | None


class RunDocument(Document, frozen=True):
    """A run, with the steps that were asked for and what they need."""

    run: str
    pipeline: str
    version: str
    status: Status
    params: dict[str, JsonValue]
    seconds: float
    metrics: dict[str, JsonValue]
    steps: list[StepDocument]


def of_run(run: Run) -> RunDocument:
    """Return the document of a run, under way or kept.

    Raises:
        StoreError: the history cannot be read.
    """
    return of_view(run.view, run.uri)


def of_view(
    view: RunView,
    uri: Callable[[ArtifactRef], str],
    *,
    now: float | None = None,
) -> RunDocument:
    """Return the document of a run.

    Args:
        view: the folded journal.
        uri: gives the URL of an artifact.
        now: seconds since 1970, at which a run under way is looked at; the present if None.
    """
    moment = time.time() if now is None else now
    return RunDocument.of(
        view,
        params=view.parameters,
        seconds=view.seconds_until(moment),
        metrics={name: value for step in view.steps.values() for name, value in monitored_metrics(step)},
        steps=[_step(step, uri, moment) for step in view.steps.values()],
    )


def _step(step: StepView, uri: Callable[[ArtifactRef], str], now: float) -> StepDocument:
    planned, options, error = step.planned, step.planned.options, step.error
    tries = () if step.status is Status.CACHED else step.attempts
    attempts = [_attempt(attempt, now) for attempt in tries]
    return StepDocument(
        name=step.name,
        status=step.status,
        reason=why_text(step),
        notes=list(step.notes),
        seconds=sum(attempt.seconds for attempt in attempts),
        queue=options.queue,
        stage=options.stage,
        tags=options.tags,
        attempts=attempts,
        reads=planned.origins,
        writes=planned.writes,
        after=planned.only_after,
        metrics=step.last_metrics,
        artifacts=[
            ArtifactDocument.of(each, uri=uri(each), title=each.title or UNSET)
            for each in values_among(step.artifacts)
        ],
        error=error
        and StepErrorDocument.of(error, message=plain(error.message), traceback=plain(error.traceback)),
    )


def _attempt(attempt: AttemptView, now: float) -> AttemptDocument:
    cpu, memory = attempt.usage.cpu_seconds, attempt.usage.peak_memory
    return AttemptDocument.of(
        attempt, seconds=attempt.seconds_until(now), cpu_seconds=cpu, peak_memory=memory
    )
