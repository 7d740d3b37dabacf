"""The JSON documents of the command line: one struct for each that `--json` prints.

docs/documents.schema.json says the same to other programs; `document_schema` writes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
from msgspec import Struct

from jupyter_pipes.display.ansi import plain
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.parts import Part, PartKind
from jupyter_pipes.model.quantities import iso_text
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.pipelines.parameters import finite

if TYPE_CHECKING:
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.planning.plan import Plan, PlannedDecision
    from jupyter_pipes.runs.comparison import Difference
    from jupyter_pipes.runs.listing import ListedRun
    from jupyter_pipes.runs.run import Run

DecisionWord = Literal["run", "cached", "depends"]


class Document(Struct, frozen=True):
    """What `--json` prints, or a part of it."""

    @classmethod
    def of(cls, source: Any, **fields: Any) -> Self:
        """Return the document with these fields, and all others as `source` has them under the same name."""
        others = {name: getattr(source, name) for name in cls.__struct_fields__ if name not in fields}
        return cls(**others, **fields)

    def json(self) -> str:
        """Return it as JSON text; numbers that JSON lacks are words."""
        # msgspec's own encoder refuses what a file name that is no UTF-8 becomes in Python.
        return json.dumps(finite(msgspec.to_builtins(self)), indent=2, allow_nan=False) + "\n"


# --- runs --------------------------------------------------------------------------------------------------


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
    """A kept value; `uri` is an absolute fsspec URL."""

    name: str
    type: str
    bytes: int
    digest: str
    uri: str


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
    shown = {name: step.latest for name, step in view.steps.items()} | dict(earlier or {})
    return RunDocument.of(
        view,
        params=view.parameters,
        seconds=view.seconds_until(moment),
        # What a step's `--monitor` puts here; no option of this version does.
        metrics={},
        steps=[_step(step, uri, shown[step.name], moment) for step in view.steps.values()],
    )


def _step(
    step: StepView, uri: Callable[[ArtifactRef], str], shown: AttemptView | None, now: float
) -> StepDocument:
    planned, options, error = step.planned, step.planned.options, step.error
    tries = () if step.status is Status.CACHED else step.attempts
    attempts = [_attempt(attempt, now) for attempt in tries]
    series = shown.metrics if shown else {}
    return StepDocument(
        name=step.name,
        status=step.status,
        reason=step.reason or "; ".join(step.decision_reasons),
        notes=list(shown.notes) if shown else [],
        seconds=sum(attempt.seconds for attempt in attempts),
        queue=options.queue,
        stage=options.stage,
        tags=options.tags,
        attempts=attempts,
        reads=planned.origins,
        writes=planned.writes,
        after=options.after,
        metrics={name: points[-1].value for name, points in series.items() if points},
        artifacts=[ArtifactDocument.of(each, uri=uri(each)) for each in step.artifacts],
        error=error
        and StepErrorDocument.of(error, message=plain(error.message), traceback=plain(error.traceback)),
    )


def _attempt(attempt: AttemptView, now: float) -> AttemptDocument:
    cpu, memory = attempt.usage.cpu_seconds, attempt.usage.peak_memory
    return AttemptDocument.of(
        attempt, seconds=attempt.seconds_until(now), cpu_seconds=cpu, peak_memory=memory
    )


# --- decisions ---------------------------------------------------------------------------------------------


class PlannedStepDocument(Document, frozen=True):
    """What a run would do with a step."""

    name: str
    decision: DecisionWord
    reasons: tuple[str, ...]
    reads: dict[str, str]
    writes: tuple[str, ...]
    after: tuple[str, ...]


class PlanDocument(Document, frozen=True):
    """What a run would do."""

    steps: list[PlannedStepDocument]


def of_plan(plan: Plan) -> PlanDocument:
    """Return the document of a plan."""
    return PlanDocument([_planned(planned) for planned in plan.steps])


def _planned(planned: PlannedDecision) -> PlannedStepDocument:
    step = planned.step
    after = step.options.after
    return PlannedStepDocument.of(planned, reads=step.origins, writes=step.writes, after=after)


class ChangeDocument(Document, frozen=True):
    """A part of a signature that differs; None where it is not there."""

    part: PartKind
    name: str
    old: str | None
    new: str | None
    diff: str


class ExplanationDocument(Document, frozen=True):
    """Why a step runs or not."""

    step: str
    decision: DecisionWord
    reasons: tuple[str, ...]
    parts: list[ChangeDocument]


def of_explanation(explanation: Explanation) -> ExplanationDocument:
    """Return the document of why a step runs or not."""
    parts = [
        ChangeDocument.of(change, old=_state(change.old), new=_state(change.new))
        for change in explanation.changes
    ]
    return ExplanationDocument.of(explanation, parts=parts)


def _state(part: Part | None) -> str | None:
    return None if part is None else part.text or part.digest


# --- history -----------------------------------------------------------------------------------------------


class ListedRunDocument(Document, frozen=True):
    """A line of the list of runs; `started` in ISO 8601 with its zone, `progress` from 0 to 1."""

    run: str
    pipeline: str
    version: str
    status: Status
    progress: float
    started: str
    seconds: float
    params: dict[str, JsonValue]
    metrics: dict[str, JsonValue]
    tags: tuple[str, ...]
    title: str


class RunsDocument(Document, frozen=True):
    """The list of runs."""

    runs: list[ListedRunDocument]


def of_runs(runs: Iterable[ListedRun]) -> RunsDocument:
    """Return the document of a list of runs."""
    return RunsDocument([ListedRunDocument.of(run, started=iso_text(run.started)) for run in runs])


class DifferenceDocument(Document, frozen=True):
    """One thing that is not the same in two runs; `step` is None for what concerns the whole run."""

    step: str | None
    what: str
    name: str
    a: JsonValue
    b: JsonValue
    diff: str


class ComparisonDocument(Document, frozen=True):
    """What differs between two runs."""

    runs: tuple[str, str]
    differences: list[DifferenceDocument]


def of_comparison(a: str, b: str, differences: Iterable[Difference]) -> ComparisonDocument:
    """Return the document of what differs between run `a` and run `b`."""
    return ComparisonDocument((a, b), [DifferenceDocument.of(each) for each in differences])


class AmountDocument(Document, frozen=True):
    """So many things of a kind, and the bytes that they take."""

    count: int
    bytes: int


class CleanupDocument(Document, frozen=True):
    """What a cleanup took away, or would: the runs' ids, how much nobody used any more, and what is left."""

    dry_run: bool
    runs: tuple[str, ...]
    results: int
    documents: int
    claims: int
    files: int
    artifacts: AmountDocument
    logs: AmountDocument
    unfinished: AmountDocument
    later: AmountDocument
    left: AmountDocument


class RebuildingDocument(Document, frozen=True):
    """How many runs have new indexes, and why others have not."""

    runs: int
    unreadable: tuple[str, ...]


# --- values, logs, files, errors ---------------------------------------------------------------------------


class ValueDocument(Document, frozen=True):
    """A loaded artifact."""

    type: str
    repr: str
    digest: str
    uri: str


class ValuesDocument(Document, frozen=True):
    """Loaded artifacts by name."""

    values: dict[str, ValueDocument]


def of_values(values: Mapping[str, tuple[ArtifactRef, str, str]]) -> ValuesDocument:
    """Return the document of loaded artifacts: name -> its reference, the value's repr, its URL."""
    return ValuesDocument(
        {
            name: ValueDocument.of(artifact, repr=text, uri=uri)
            for name, (artifact, text, uri) in values.items()
        }
    )


class LogDocument(Document, frozen=True):
    """What an attempt printed, in plain text; `attempt` is None when the step never ran."""

    run: str
    step: str
    attempt: int | None
    log: str


class ExportDocument(Document, frozen=True):
    """The file that an export wrote, absolute."""

    path: str


class DiagnosticDocument(Document, frozen=True):
    """A problem found before anything ran."""

    code: str
    step: str | None
    line: int
    message: str


class ErrorBody(Document, frozen=True):
    """What went wrong."""

    type: str
    message: str
    diagnostics: list[DiagnosticDocument]


class ErrorDocument(Document, frozen=True):
    """A command that could not be carried out."""

    error: ErrorBody


def of_error(error: BaseException) -> ErrorDocument:
    """Return the document of an error."""
    problems = error.diagnostics if isinstance(error, PipesError) else ()
    kind = type(error).__name__
    return ErrorDocument(
        ErrorBody(kind, str(error) or kind, [DiagnosticDocument.of(each) for each in problems])
    )
