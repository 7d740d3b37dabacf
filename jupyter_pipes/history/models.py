"""The models that runs kept (`current.model`), by name and version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model.results import ArtifactRef

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.model.views import RunView, StepView


class KeptModel(Struct, frozen=True):
    """A model, and where it came from.

    Attributes:
        version: which content of that name it is, from 1, of those that the history has.
        artifact: where it is kept, and what it tells of itself.
        run, step: what made it first; `step` is an element of a `--map` where one made it.
        cell: the id of the step's cell in its notebook, None for a step of no notebook.
        stored: when that run began, in seconds since 1970.
    """

    name: str
    version: int
    artifact: ArtifactRef
    pipeline: str
    run: str
    step: str
    cell: str | None
    stored: float


def kept_models(history: History, name: str = "", pipeline: str | None = None) -> tuple[KeptModel, ...]:
    """Return each model once, those of a name behind each other, the oldest content first.

    Args:
        history: where runs are kept.
        name: only those of this name; "" for all.
        pipeline: only those that its runs made; None for all. Versions count over all pipelines.

    Raises:
        StoreError: the history cannot be read.
    """
    versions: dict[str, dict[str, KeptModel]] = {}
    for run in _runs(history, name):
        view = history.view(run)
        for step, artifact in _made(view):
            if name in ("", artifact.name):
                known = versions.setdefault(artifact.name, {})
                content = artifact.content or artifact.digest
                known.setdefault(content, _model(view, step, artifact, len(known) + 1))
    models = (model for known in versions.values() for model in known.values())
    return tuple(
        sorted(
            (model for model in models if pipeline in (None, model.pipeline)),
            key=lambda model: (model.name, model.version),
        )
    )


def _runs(history: History, name: str) -> list[str]:
    """Return the runs that kept models, the oldest first."""
    import sqlalchemy as sa

    fields, runs = table("fields"), table("runs")
    is_model = fields.c.field == f"models.{name}" if name else fields.c.field.startswith("models.")
    query = sa.select(runs.c.run).where(runs.c.run.in_(sa.select(fields.c.run).where(is_model)))
    with history.database.reading() as transaction:
        ordered = query.order_by(runs.c.started, runs.c.run)
        return [run for (run,) in transaction.connection.execute(ordered)]


def _made(view: RunView) -> Iterator[tuple[StepView, ArtifactRef]]:
    """Yield the models that a run's own attempts kept: of a cached step, another run's did."""
    for step in view.steps_and_elements:
        if not step.source_run:
            yield from ((step, each) for each in step.artifacts if each.model is not None)


def _model(view: RunView, step: StepView, artifact: ArtifactRef, version: int) -> KeptModel:
    cell = step.planned.cell_id
    return KeptModel(artifact.name, version, artifact, view.pipeline, view.run, step.name, cell, view.started)
