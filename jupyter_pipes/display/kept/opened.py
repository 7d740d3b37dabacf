"""A kept run with its graph, and each of its steps with what it printed, displayed and left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.display.board.making import board_of, parameter_text
from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.kept.lines import line_of
from jupyter_pipes.display.kept.model import (
    KeptArtifact,
    KeptAttempt,
    OpenedRun,
    Point,
    RepeatField,
    StepLook,
)
from jupyter_pipes.display.looks import attempt_reason, usage_texts
from jupyter_pipes.display.outputs import Output
from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.model.errors import PipesError, StoreError
from jupyter_pipes.model.quantities import bytes_text, duration_text, shape_text
from jupyter_pipes.model.results import ArtifactRef, OutputRef
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.shown.thinning import drawn_points
from jupyter_pipes.model.views import AttemptView, StepView
from jupyter_pipes.planning.explanation import explain_kept
from jupyter_pipes.runs.kept import RESUMABLE
from jupyter_pipes.runs.repeat import kept_request

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run

LOG_END = 200_000
"""Bytes of a log's end that are shown."""

_MOST_OUTPUTS = 8_000_000
_PREVIEW = 2_000
_MOST_POINTS = 2_000


def opened(run: Run, width: float, height: float) -> OpenedRun:
    """Return a kept run, its graph laid out for so much room in px."""
    view = run.view
    fields, obstacle = _fields(run)
    return OpenedRun(
        line_of(view),
        view.reason,
        _surroundings(run),
        view.repeats,
        board_of(view),
        arrange_within([step.planned for step in view.steps.values()], width, height),
        fields,
        obstacle,
        can_resume=view.status in RESUMABLE and not obstacle,
    )


def _fields(run: Run) -> tuple[tuple[RepeatField, ...], str]:
    """Return the parameters that it can be repeated with, and why it cannot be, "" if it can."""
    try:
        definition, _ = kept_request(run.workspace, run.view)
    except PipesError as error:
        return (), str(error)
    values: Mapping[str, Any] = run.view.parameters
    return tuple(
        RepeatField(
            spec.name, spec.annotation, parameter_text(values.get(spec.name)), spec.help, spec.choices
        )
        for spec in definition.parameters
    ), ""


def _surroundings(run: Run) -> str:
    content = run.workspace.history.attachment(run.view.environment)
    if content is None:
        return ""
    around = environment.decode(content)
    commit = f"commit {around.commit[:10]}{' and more' if around.diff else ''}" if around.commit else ""
    words = (f"Python {around.python}", f"{around.user} on {around.host}", around.branch, commit)
    return " · ".join(word for word in words if word)


def look(run: Run, name: str, attempt: int | None = None) -> StepLook:
    """Return what a step of a kept run did, in its latest attempt unless another is named.

    Raises:
        UsageError: the run has no such step, or the step no such attempt.
    """
    step, history = run.step(name), run.workspace.history
    explanation = explain_kept(step, history)
    source, shown = run.shown_attempt(name)
    named = next((each for each in step.attempts if each.number == attempt), shown)
    error = step.error if attempt is None else named and named.error
    return StepLook(
        name,
        source,
        (*explanation.reasons, *explanation.edges),
        "\n".join(change.diff for change in explanation.changes if change.diff),
        run.logs(name, attempt, tail=LOG_END),
        (error.traceback or f"{error.type}: {error.message}") if error else "",
        tuple(map(_attempt, step.attempts)),
        tuple(map(_artifact, _values(step, named if attempt is not None else None))),
        tuple(_bundles(run, named.outputs if named else ())),
        curves_of(named.metrics if named else {}),
    )


def _attempt(attempt: AttemptView) -> KeptAttempt:
    used = " · ".join(filter(None, (duration_text(attempt.usage.seconds), *usage_texts(attempt.usage))))
    return KeptAttempt(attempt.number, attempt.status, attempt_reason(attempt), used)


def _values(step: StepView, attempt: AttemptView | None) -> list[ArtifactRef]:
    artifacts = step.artifacts if attempt is None else attempt.artifacts
    return list(values_among(artifacts))


def _artifact(artifact: ArtifactRef) -> KeptArtifact:
    model = artifact.model.words if artifact.model else ""
    size = " · ".join(filter(None, (model, shape_text(artifact.shape), bytes_text(artifact.bytes))))
    return KeptArtifact(artifact.name, artifact.type, size, artifact.preview[:_PREVIEW])


def displayed(run: Run, outputs: Sequence[OutputRef]) -> Iterator[Output]:
    """Yield what was displayed, of outputs that were updated the last form; words for what is not kept."""
    latest = {output.display_id or str(place): output for place, output in enumerate(outputs)}
    for output in latest.values():
        try:
            yield cast("Output", run.bundle(output))
        except StoreError as error:
            yield {"data": {"text/plain": f"not kept any more: {error}"}, "metadata": {}}


def _bundles(run: Run, outputs: Sequence[OutputRef]) -> Iterator[dict[str, Any]]:
    """Yield what was displayed, and of very large outputs a word."""
    room = _MOST_OUTPUTS
    for output in displayed(run, outputs):
        data = dict(output["data"])
        room -= sum(len(str(content)) for content in data.values())
        if room < 0:
            yield {"text/plain": "the other outputs are too large to be shown here"}
            return
        yield data


def curves_of(series: Mapping[str, Series]) -> dict[str, tuple[Point, ...]]:
    """Return the metrics that were reported more than once, each as at most some thousand points."""
    drawn = {name: drawn_points(points, _MOST_POINTS) for name, points in series.items()}
    return {
        name: tuple(Point(at, value) for at, value in points)
        for name, points in drawn.items()
        if len(points) > 1
    }
