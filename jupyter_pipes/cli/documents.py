"""The JSON documents of the command line: what `--json` prints, made from views, plans and errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from jupyter_pipes.display.ansi import plain
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.quantities import iso_text
from jupyter_pipes.model.results import ArtifactRef, StepError
from jupyter_pipes.model.steps import Diagnostic, JsonValue, Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.pipelines.parameters import to_json

if TYPE_CHECKING:
    from jupyter_pipes.model.parts import Part
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.planning.plan import Plan
    from jupyter_pipes.runs.comparison import Difference
    from jupyter_pipes.runs.listing import ListedRun
    from jupyter_pipes.runs.run import Run


class AttemptDocument(TypedDict):
    """One try of a step; `pid` and `host` are 0 and "" when it never started."""

    number: int
    status: str
    reason: str
    seconds: float
    pid: int
    host: str


class ArtifactDocument(TypedDict):
    """A kept value; `uri` is an absolute fsspec URL."""

    name: str
    type: str
    bytes: int
    digest: str
    uri: str


class StepErrorDocument(TypedDict):
    """How a step failed; `traceback` is plain text, `line` counts as the editor's gutter does."""

    type: str
    message: str
    traceback: str
    line: int | None


class StepDocument(TypedDict):
    """A step of a run."""

    name: str
    status: str
    reason: str
    notes: list[str]
    seconds: float
    queue: str
    stage: str | None
    tags: list[str]
    attempts: list[AttemptDocument]
    reads: dict[str, str]
    writes: list[str]
    after: list[str]
    metrics: dict[str, JsonValue]
    artifacts: list[ArtifactDocument]
    error: StepErrorDocument | None


class RunDocument(TypedDict):
    """A run, with the steps that were asked for and what they need."""

    run: str
    pipeline: str
    version: str
    status: str
    params: dict[str, JsonValue]
    seconds: float
    metrics: dict[str, JsonValue]
    steps: list[StepDocument]


class PlannedStepDocument(TypedDict):
    """What a run would do with a step."""

    name: str
    decision: str
    reasons: list[str]
    reads: dict[str, str]
    writes: list[str]
    after: list[str]


class PlanDocument(TypedDict):
    """What a run would do."""

    steps: list[PlannedStepDocument]


class ValueDocument(TypedDict):
    """A loaded artifact."""

    type: str
    repr: str
    digest: str
    uri: str


class ValuesDocument(TypedDict):
    """Loaded artifacts by name."""

    values: dict[str, ValueDocument]


class LogDocument(TypedDict):
    """What an attempt printed; `attempt` is None when the step never ran."""

    run: str
    step: str
    attempt: int | None
    log: str


class DifferenceDocument(TypedDict):
    """One thing that is not the same in two runs; `step` is None for what concerns the whole run."""

    step: str | None
    what: str
    name: str
    a: JsonValue
    b: JsonValue
    diff: str


class ComparisonDocument(TypedDict):
    """What differs between two runs."""

    runs: list[str]
    differences: list[DifferenceDocument]


class ListedRunDocument(TypedDict):
    """A line of the list of runs; `started` in ISO 8601 with its zone, `progress` from 0 to 1."""

    run: str
    pipeline: str
    version: str
    status: str
    progress: float
    started: str
    seconds: float
    params: dict[str, JsonValue]
    metrics: dict[str, JsonValue]
    tags: list[str]
    title: str


class RunsDocument(TypedDict):
    """The list of runs."""

    runs: list[ListedRunDocument]


class ChangeDocument(TypedDict):
    """A part of a signature that differs; None where it is not there."""

    part: str
    name: str
    old: str | None
    new: str | None
    diff: str


class ExplanationDocument(TypedDict):
    """Why a step runs or not."""

    step: str
    decision: str
    reasons: list[str]
    parts: list[ChangeDocument]


class ExportDocument(TypedDict):
    """The file that an export wrote, absolute."""

    path: str


class DiagnosticDocument(TypedDict):
    """A problem found before anything ran."""

    code: str
    step: str | None
    line: int
    message: str


class ErrorBody(TypedDict):
    """What went wrong."""

    type: str
    message: str
    diagnostics: list[DiagnosticDocument]


class ErrorDocument(TypedDict):
    """A command that could not be carried out."""

    error: ErrorBody


def of_run(run: Run) -> RunDocument:
    """Return the document of a run, under way or kept.

    Raises:
        StoreError: the history cannot be read.
    """
    earlier = {name: run.shown_attempt(name)[1] for name, step in run.steps.items() if step.source_run}
    return of_view(run.view, run.uri, earlier=earlier)


def of_view(
    view: RunView,
    uri: Callable[[ArtifactRef], str],
    *,
    earlier: Mapping[str, AttemptView | None] | None = None,
    now: float | None = None,
) -> RunDocument:
    """Return the document of a run.

    Args:
        view: the folded journal.
        uri: gives the URL of an artifact.
        earlier: for each cached step, the attempt that made what it reuses, if still known.
        now: seconds since 1970, at which a run under way is looked at; the present if None.
    """
    moment = time.time() if now is None else now
    shown = earlier or {}
    return {
        "run": view.run,
        "pipeline": view.pipeline,
        "version": view.version,
        "status": view.status.value,
        "params": {name: to_json(value) for name, value in view.parameters.items()},
        "seconds": max((moment if view.ended is None else view.ended) - view.started, 0.0),
        # What a step's `--monitor` puts here; no option of this version does.
        "metrics": {},
        "steps": [_step(step, uri, shown.get(step.name), moment) for step in view.steps.values()],
    }


def of_plan(plan: Plan) -> PlanDocument:
    """Return the document of a plan."""
    return {
        "steps": [
            {
                "name": planned.name,
                "decision": planned.decision,
                "reasons": list(planned.reasons),
                "reads": planned.step.origins,
                "writes": list(planned.step.writes),
                "after": list(planned.step.options.after),
            }
            for planned in plan.steps
        ]
    }


def of_values(values: Mapping[str, tuple[ArtifactRef, str, str]]) -> ValuesDocument:
    """Return the document of loaded artifacts: name -> its reference, the value's repr, its URL."""
    return {
        "values": {
            name: {"type": artifact.type, "repr": text, "digest": artifact.digest, "uri": uri}
            for name, (artifact, text, uri) in values.items()
        }
    }


def of_comparison(a: str, b: str, found: Iterable[Difference]) -> ComparisonDocument:
    """Return the document of what differs between run `a` and run `b`."""
    return {
        "runs": [a, b],
        "differences": [
            {"step": one.step, "what": one.what, "name": one.name, "a": one.a, "b": one.b, "diff": one.diff}
            for one in found
        ],
    }


def of_runs(found: Iterable[ListedRun]) -> RunsDocument:
    """Return the document of a list of runs."""
    return {"runs": [_listed(run) for run in found]}


def _listed(run: ListedRun) -> ListedRunDocument:
    return {
        "run": run.run,
        "pipeline": run.pipeline,
        "version": run.version,
        "status": run.status.value,
        "progress": run.progress,
        "started": iso_text(run.started),
        "seconds": run.seconds,
        "params": {name: to_json(value) for name, value in run.params.items()},
        "metrics": {name: to_json(value) for name, value in run.metrics.items()},
        "tags": list(run.tags),
        "title": run.title,
    }


def of_explanation(explanation: Explanation) -> ExplanationDocument:
    """Return the document of why a step runs or not."""
    return {
        "step": explanation.step,
        "decision": explanation.decision,
        "reasons": list(explanation.reasons),
        "parts": [
            {
                "part": change.part,
                "name": change.name,
                "old": _state(change.old),
                "new": _state(change.new),
                "diff": change.diff,
            }
            for change in explanation.changes
        ],
    }


def _state(part: Part | None) -> str | None:
    return None if part is None else part.text or part.digest


def of_error(error: BaseException) -> ErrorDocument:
    """Return the document of an error."""
    found = error.diagnostics if isinstance(error, PipesError) else ()
    return {
        "error": {
            "type": type(error).__name__,
            "message": str(error) or type(error).__name__,
            "diagnostics": [_diagnostic(problem) for problem in found],
        }
    }


def _step(
    step: StepView, uri: Callable[[ArtifactRef], str], earlier: AttemptView | None, now: float
) -> StepDocument:
    planned = step.planned
    cached = step.status is Status.CACHED
    shown = earlier if cached else step.latest
    attempts = [] if cached else [_attempt(attempt, now) for attempt in step.attempts]
    series = shown.metrics if shown else {}
    return {
        "name": step.name,
        "status": step.status.value,
        "reason": step.reason or "; ".join(step.decision_reasons),
        "notes": list(shown.notes) if shown else [],
        "seconds": sum(attempt["seconds"] for attempt in attempts),
        "queue": planned.options.queue,
        "stage": planned.options.stage,
        "tags": list(planned.options.tags),
        "attempts": attempts,
        "reads": planned.origins,
        "writes": list(planned.writes),
        "after": list(planned.options.after),
        "metrics": {name: to_json(points[-1].value) for name, points in series.items() if points},
        "artifacts": [_artifact(artifact, uri(artifact)) for artifact in step.artifacts],
        "error": _error(step.error) if step.error else None,
    }


def _attempt(attempt: AttemptView, now: float) -> AttemptDocument:
    running = attempt.ended is None and attempt.started is not None
    return {
        "number": attempt.number,
        "status": attempt.status.value,
        "reason": attempt.reason,
        "seconds": max(now - attempt.started, 0.0)
        if running and attempt.started is not None
        else attempt.usage.seconds,
        "pid": attempt.pid,
        "host": attempt.host,
    }


def _artifact(artifact: ArtifactRef, uri: str) -> ArtifactDocument:
    return {
        "name": artifact.name,
        "type": artifact.type,
        "bytes": artifact.bytes,
        "digest": artifact.digest,
        "uri": uri,
    }


def _error(error: StepError) -> StepErrorDocument:
    return {
        "type": error.type,
        "message": plain(error.message),
        "traceback": plain(error.traceback),
        "line": error.line,
    }


def _diagnostic(problem: Diagnostic) -> DiagnosticDocument:
    return {"code": problem.code, "step": problem.step, "line": problem.line, "message": problem.message}
