"""Writes the outputs of a run's steps to the places that the catalog gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.execution.publishing.notes import Notes
from jupyter_pipes.execution.publishing.orders import Order
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.results import ArtifactRef, StepError
from jupyter_pipes.pipelines.catalog.outputs import Outputs
from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.placeholders import Filling, filled
from jupyter_pipes.storage.catalog.versions import version_of

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.request import RunRequest
    from jupyter_pipes.storage.catalog.writing import Written

Report = Callable[[ev.AnyEvent], None]


class Publisher:
    """Writes what the catalog names of one run's outputs; what stands in its place already is left alone.

    Args:
        run: the run's id.
        request: what it is to do.
        workspace: where it is kept, with the catalog as it is when the run begins.
        values: what its steps have for parameters.
    """

    def __init__(self, run: str, request: RunRequest, workspace: Workspace, values: StepValues) -> None:
        self._run = run
        self._request = request
        self._workspace = workspace
        self._values = values
        self._catalog = workspace.catalog
        self._outputs = Outputs(self._catalog, request.definition.steps, request.observed)
        self._notes = Notes(workspace.settings.folder, request.directory)
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(
        self, step: Step, artifacts: Iterable[ArtifactRef], signature: str, made_in: str
    ) -> dict[str, Written]:
        """Write what a step left and the catalog names; return place -> what came of it.

        Args:
            step: the step.
            artifacts: all that it left.
            signature: what decided that it ran, or not.
            made_in: the run that made them.

        Raises:
            PipesError: something could not be written.
        """
        orders = self._orders(step, artifacts, signature, made_in)
        due = [order for order in orders if not self._notes.is_done(order)]
        if not due:
            return {}
        from jupyter_pipes.execution.publishing.process import carried_out

        written = list(zip(due, carried_out(due, self._request.definition, self._workspace), strict=True))
        for order, came in written:
            if came.error:
                raise PipesError(_failure(order, came.error, self._catalog.place), step=step.name)
            self._notes.note(order, came)
        return {order.where: came for order, came in written}

    def reporting(self, job: Job, signature: str, report: Report) -> Report:
        """Return what takes the reports of an attempt and passes them on: its end when all is written."""
        if not self._catalog.entries or is_child(job.step.name) or job.finds_elements:
            return report
        artifacts: list[ArtifactRef] = []

        def take(event: ev.AnyEvent) -> None:
            if isinstance(event, ev.ArtifactStored):
                artifacts.append(event.artifact)
            if isinstance(event, ev.AttemptEnded) and event.outcome == "completed" and artifacts:
                task = asyncio.get_running_loop().create_task(
                    self._end(job, artifacts, signature, event, report)
                )
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                report(event)

        return take

    async def _end(
        self,
        job: Job,
        artifacts: Sequence[ArtifactRef],
        signature: str,
        event: ev.AttemptEnded,
        report: Report,
    ) -> None:
        try:
            written = await in_thread(self.publish, job.step, artifacts, signature, self._run)
        except Exception as error:  # whatever it is, the step's output is not where it belongs
            kind = type(error).__name__
            told = StepError(kind, str(error), bases=(kind,))
            report(replace(event, outcome="failed", reason=str(error).splitlines()[0], error=told))
            return
        for note in notes_of(written):
            report(ev.NoteAdded(event.step, event.attempt, note))
        report(event)

    def _orders(
        self, step: Step, artifacts: Iterable[ArtifactRef], signature: str, made_in: str
    ) -> Iterator[Order]:
        for entry, artifact in named_among(artifacts, step, self._outputs):
            name = artifact.name
            filling = Filling(self._run, signature, step.name, name, self._parameters(step.name))
            try:
                place, table = filled(entry.path, filling), filled(entry.table, filling)
            except ConfigurationError as error:
                message = f"{self._catalog.place}: catalog entry {name}: {error.message}"
                raise ConfigurationError(message, step=step.name) from None
            place = version_of(place, made_in) if entry.versioned else place
            yield Order(replace(entry, table=table), place, artifact)

    def _parameters(self, step: str) -> Mapping[str, object]:
        arguments = self._request.arguments
        for_all = {name: value for name, value in arguments.shown.items() if "." not in name}
        return {**for_all, **self._values.of(step)}


def named_among(
    artifacts: Iterable[ArtifactRef], step: Step, outputs: Outputs
) -> Iterator[tuple[Entry, ArtifactRef]]:
    """Yield those of a step's artifacts that are to be written, with what the catalog says of them."""
    for artifact in artifacts:
        entry = outputs.entry(step, artifact.name)
        if entry is not None and not artifact.is_figure and not _is_file(artifact):
            yield entry, artifact


def notes_of(written: Mapping[str, Written]) -> list[str]:
    """Return what is to be told of what was written: what formats did not keep."""
    return [f"{place}: {loss}" for place, came in written.items() for loss in came.losses]


def _is_file(artifact: ArtifactRef) -> bool:
    from jupyter_pipes.storage.serializers.plain import FileSerializer

    return artifact.serializer == FileSerializer.name


def _failure(order: Order, reason: str, place: Path | None) -> str:
    return f"{order.entry.name} could not be written to {order.where} ({place}, [catalog]): {reason}"
