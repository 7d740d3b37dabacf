"""Which kept artifact a name means, for a pipeline as it is now and given parameter values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline


class Found(Struct, frozen=True):
    """A kept artifact.

    Attributes:
        artifact: its reference.
        outdated: the run that kept it, when a run now would not reuse it; "" when it would.
    """

    artifact: ArtifactRef
    outdated: str = ""


def find(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> Found:
    """Return the artifact that a run with these parameters would leave under `name` (or `STEP.NAME`).

    That is the result that a run now would reuse; else what the newest completed run with the same
    parameter values kept, which is said in `outdated`.

    Raises:
        ArtifactMissing: nothing fits; the message says how to make it.
        InvalidPipeline, ParameterError: the pipeline or a value does not fit.
    """
    artifact = _reusable(pipeline, name, params)
    found = Found(artifact) if artifact else _of_a_run(pipeline, name, params)
    if found is None:
        said = "".join(f" -p {key}={value}" for key, value in params.items())
        raise ArtifactMissing(
            f"nothing is kept under {name!r} for these parameter values ({_known(pipeline)}); "
            f"make it: jupyter pipes run {pipeline.origin or pipeline.name}{said}"
        )
    return found


def _reusable(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> ArtifactRef | None:
    """Return the artifact from the result that a run now would reuse."""
    step, own = _split(pipeline, name)
    writers = [step] if step else [each.name for each in pipeline.graph.steps if own in each.writes][-1:]
    # A name that no step writes may be one of `current.artifact`, from any step.
    kept = pipeline.kept(*writers, params=params)
    results = [kept.get(writer, ()) for writer in writers] or reversed(kept.values())
    return _named(own, (artifact for result in results for artifact in result))


def _of_a_run(pipeline: Pipeline, name: str, params: Mapping[str, object]) -> Found | None:
    history = pipeline.workspace.history
    wanted = pipeline.shown_parameters(params)
    step, own = _split(pipeline, name)
    for summary in history.runs(pipeline.name):
        if summary.status is not Status.COMPLETED:
            continue
        view = history.view(summary.run)
        steps = [view.steps[step]] if step in view.steps else [] if step else reversed(view.steps.values())
        artifact = _named(own, (artifact for each in steps for artifact in each.artifacts))
        if artifact and view.parameters == wanted:
            return Found(artifact, summary.run)
    return None


def _split(pipeline: Pipeline, name: str) -> tuple[str, str]:
    step, _, own = name.rpartition(".")
    known = any(each.name == step for each in pipeline.graph.steps)
    return (step, own) if known else ("", name)


def _named(name: str, artifacts: Iterable[ArtifactRef]) -> ArtifactRef | None:
    return next((artifact for artifact in artifacts if artifact.name == name), None)


def _known(pipeline: Pipeline) -> str:
    names = dict.fromkeys(name for step in pipeline.graph.steps for name in step.writes)
    return f"its steps write {', '.join(names)}" if names else "its steps write nothing"
