"""How a pipeline that is a step goes on, told as facts about that step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import is_child

if TYPE_CHECKING:
    from jupyter_pipes.execution.executors.base import Report
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.steps import Status
    from jupyter_pipes.model.views import RunView


class Following:
    """Tells of each step of a run when its status, or the gate that it waits at, is another one.

    Args:
        job: the attempt that the run is.
        run: the run.
        report: takes the facts.
    """

    def __init__(self, job: Job, run: str, report: Report) -> None:
        self._step, self._attempt = job.step.name, job.attempt
        self._run = run
        self._report = report
        self._told: dict[str, tuple[Status, bool]] = {}

    def begin(self, view: RunView) -> None:
        """Tell of the run, and of what of it has happened already."""
        self._report(ev.PipelineStarted(self._step, self._attempt, self._run, tuple(view.steps)))
        for name in view.steps:
            self._tell(name, view)

    def take(self, view: RunView, record: ev.Record) -> None:
        """Tell of the step that a fact of the run is about."""
        name = getattr(record.event, "step", None)
        if isinstance(name, str) and not is_child(name) and name in view.steps:
            self._tell(name, view)
        if isinstance(record.event, ev.GateReached):
            text = f"{name} waits for approval: {record.event.text} (approve {self._run} {name})"
            self._report(ev.NoteAdded(self._step, self._attempt, text))

    def _tell(self, name: str, view: RunView) -> None:
        step = view.steps[name]
        now = (step.status, name in view.gates)
        if now != self._told.get(name):
            self._told[name] = now
            self._report(
                ev.PipelineStepChanged(
                    self._step, self._attempt, name, step.status, step.reason, step.seconds
                )
            )
