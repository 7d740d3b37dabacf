"""The end of a pipeline that is a step: its artifacts are the step's, its failure names step and line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.execution.executors.endings import Stop, as_stopped
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.results import FileSeen, FolderSeen, StepError, Usage
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.contents import failures, named_artifact

if TYPE_CHECKING:
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.views import RunView, StepView


def facts_at_the_end(job: Job, view: RunView, stopped: Stop | None) -> list[ev.AnyEvent]:
    """Return what a run that is an attempt comes to; the last fact is the attempt's end.

    Args:
        job: the attempt.
        view: its run, which has ended.
        stopped: what was asked of the attempt, if something was.

    Raises:
        ArtifactMissing: it completed without an output of the step.
    """
    step = job.step.name
    if view.status is Status.COMPLETED:
        return [*_handed_over(job, view), _used(view, ev.AttemptEnded(step, job.attempt, "completed"))]
    if stopped is not None:
        return [as_stopped(job, stopped)]
    if view.status is Status.FAILED:
        return [_used(view, _failed(job, view))]
    reason = f"run {view.run} of {view.pipeline} was {view.status}: {view.reason}"
    return [ev.AttemptEnded(step, job.attempt, "cancelled", reason)]


def _handed_over(job: Job, view: RunView) -> Iterator[ev.AnyEvent]:
    names = job.step.writes
    for name in names:
        artifact = named_artifact(view, name)
        if artifact is None:
            raise ArtifactMissing(f"run {view.run} of {view.pipeline} kept nothing under {name} (--out)")
        yield ev.ArtifactStored(job.step.name, job.attempt, artifact)
    groups = {group for step in view.steps.values() for group in step.observed.joined}
    for group in sorted(groups):
        if len(shared := tuple(name for name in group if name in names)) > 1:
            yield ev.NamesJoined(job.step.name, job.attempt, shared)


def _failed(job: Job, view: RunView) -> ev.AttemptEnded:
    failed = failures(view)
    if not failed:
        error = StepError("PipelineFailed", view.reason, line=1, bases=("PipelineFailed",))
        return ev.AttemptEnded(job.step.name, job.attempt, "failed", view.reason, error)
    reason = "; ".join(f"{_place(each, view)}: {each.reason}" for each in failed)
    cause = failed[0].error or StepError("PipelineFailed", failed[0].reason, bases=("PipelineFailed",))
    message = f"{_place(failed[0], view)}: {cause.message}"
    error = StepError(cause.type, message, cause.traceback, 1, cause.bases)
    return ev.AttemptEnded(job.step.name, job.attempt, "failed", reason, error)


def _place(step: StepView, view: RunView) -> str:
    line = f", line {step.error.line}" if step.error and step.error.line else ""
    return f"{Path(view.origin).name or view.pipeline}, step {step.name}{line}"


def _used(view: RunView, ended: ev.AttemptEnded) -> ev.AttemptEnded:
    """Return the end with what the run's steps used, of files those that they did not make themselves."""
    attempts = [step.latest for step in view.steps.values() if step.latest is not None]
    written = dict.fromkeys(path for each in attempts for path in each.written)
    files: dict[str, FileSeen] = {seen.path: seen for each in attempts for seen in each.files}
    listed: dict[str, FolderSeen] = {seen.path: seen for each in attempts for seen in each.listed}
    return ev.AttemptEnded(
        ended.step,
        ended.attempt,
        ended.outcome,
        ended.reason,
        ended.error,
        files=tuple(seen for path, seen in files.items() if path not in written),
        written=tuple(written),
        listed=tuple(listed.values()),
        usage=reduce(Usage.plus, (step.usage for step in view.steps.values()), Usage()),
    )
