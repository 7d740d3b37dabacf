"""Which kept artifact a name means, for a pipeline as it is now: the one way to find an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.runs.run import Run, named_artifact

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline


class Match(Struct, frozen=True):
    """A kept artifact.

    Attributes:
        artifact: its reference.
        outdated: the run that kept it, when a run now would not reuse it; "" when it would.
        to_come: parameters that are computed when a run starts: only then it is told whether it would.
    """

    artifact: ArtifactRef
    outdated: str = ""
    to_come: tuple[str, ...] = ()


def find_artifact(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> Match:
    """Return the artifact that a run with these parameters would leave under `name` (or `STEP.NAME`).

    That is the result that a run now would reuse; else what the newest run with the same parameter values
    kept, which is said in `outdated`.

    Raises:
        ArtifactMissing: nothing fits; the message says how to make it.
        InvalidPipeline, ParameterError: the pipeline or a value does not fit.
    """
    artifact = _reusable(pipeline, name, params)
    match = Match(artifact) if artifact else _of_a_run(pipeline, name, params)
    if match is None:
        words = "".join(f" -p {key}={value}" for key, value in params.items())
        writes = list(dict.fromkeys(each for step in pipeline.graph.steps for each in step.writes))
        meant = nearest(name, writes) if name not in writes else None
        is_in_kernel = not pipeline.origin or (pipeline.cells and pipeline.notebook is None)
        verb = "%pipeline run" if is_in_kernel else f"jupyter pipes run {pipeline.origin}"
        raise ArtifactMissing(
            f"nothing is kept under {name!r} for these parameter values (its steps write "
            f"{', '.join(writes) or 'nothing'}){f'; did you mean {meant}?' if meant else ';'} "
            f"make it: {verb}{words}"
        )
    return match


def _reusable(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> ArtifactRef | None:
    """Return the artifact from the result that a run now would reuse."""
    steps = {step.name: step for step in pipeline.graph.steps}
    step, _, variable = name.rpartition(".")
    if step not in steps:
        step, variable = "", name
    writers = [step] if step else [each for each, of in steps.items() if variable in of.writes][-1:]
    # A name that no step writes may be one of `current.artifact`, from any step.
    results = pipeline.kept(*writers, params=params)
    artifacts = [results.get(writer, ()) for writer in writers] or reversed(results.values())
    return next((ref for of_step in artifacts for ref in of_step if ref.name == variable), None)


def _of_a_run(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> Match | None:
    values = pipeline.values(params)
    wanted = {name: value for name, value in values.shown.items() if value != str(UNKNOWN)}
    for summary in pipeline.workspace.history.runs(pipeline.name):
        run = Run(pipeline.workspace, summary.run)
        artifact = named_artifact(run.view, name)
        had = run.view.parameters
        if artifact is not None and had.keys() == values.shown.keys() and had | wanted == had:
            return Match(artifact, run.id, values.to_come)
    return None
