"""The documents of all else: plans, reasons, lists, comparisons, cleanups, values, logs, files, errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.parts import Part, PartKind
from jupyter_pipes.model.quantities import iso_text
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.verification.findings import Outcome, Verification

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.planning.plan import Plan, PlannedDecision
    from jupyter_pipes.runs.comparing.comparison import Difference
    from jupyter_pipes.runs.listing import ListedRun

DecisionWord = Literal["run", "cached", "depends"]


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
    return PlannedStepDocument.of(planned, reads=step.origins, writes=step.writes, after=step.only_after)


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
    monitored: dict[str, JsonValue]
    tags: tuple[str, ...]
    title: str
    part_of: str


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


class QueueDocument(Document, frozen=True):
    """How a queue stands; `trouble` is why no step of it could run now, "" if one could."""

    name: str
    place: str
    workers: int
    busy: int
    waiting: int
    trouble: str


class QueuesDocument(Document, frozen=True):
    """How the queues on other machines stand."""

    queues: list[QueueDocument]


def of_queues(looks: Iterable[QueueLook]) -> QueuesDocument:
    """Return the document of what was seen of queues."""
    named = ((look, look.queue.name, look.queue.place) for look in looks)
    return QueuesDocument([QueueDocument.of(look, name=name, place=place) for look, name, place in named])


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
    environments: AmountDocument
    notes: AmountDocument
    later: AmountDocument
    left: AmountDocument


class RebuildingDocument(Document, frozen=True):
    """How many runs have new indexes, and why others have not."""

    runs: int
    unreadable: tuple[str, ...]


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


class SeenDocument(Document, frozen=True):
    """What stands under a name, or at the place in it that differs."""

    type: str
    repr: str


class NameDocument(Document, frozen=True):
    """How a name compares at the end of a plain run and of the pipeline; it differs at `where`."""

    name: str
    outcome: Outcome
    step: str | None
    where: str
    notebook: SeenDocument | None
    pipeline: SeenDocument | None
    reason: str


class ShownDocument(Document, frozen=True):
    """The lines that only the notebook's cells, or only the step, displayed or printed."""

    step: str
    notebook: str
    pipeline: str


class FailureDocument(Document, frozen=True):
    """A cell or step that did not end well, or a step that ran again, and why."""

    place: str
    reason: str


class VerificationDocument(Document, frozen=True):
    """A notebook's values held against those of its pipeline; `holds` if all ran and none differs."""

    pipeline: str
    holds: bool
    steps: int
    names: list[NameDocument]
    shown: list[ShownDocument]
    notebook_failure: FailureDocument | None
    step_failures: list[FailureDocument]
    rerun: list[FailureDocument]

    @classmethod
    def about(cls, verification: Verification) -> VerificationDocument:
        """Return the document of what verifying came to."""
        return msgspec.convert({**msgspec.to_builtins(verification), "holds": verification.holds}, cls)


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
