"""How long a run and its steps took the last time before, looked up once for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.model.views import RunView
    from jupyter_pipes.runs.run import Run


class LastTimes:
    """What the runs before one run took, in seconds; 0.0 where nobody knows.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._steps: dict[str, float] = {}
        self._views: dict[str, RunView | None] = {}
        self._whole: float | None = None

    def of_run(self) -> float:
        """Return what the last run before that completed took."""
        if self._whole is None:
            view = self._run.view
            summaries = self._run.workspace.history.runs(view.pipeline)
            before = (each for each in summaries if each.started < view.started and each.ended is not None)
            seconds = (
                (each.ended or 0.0) - each.started for each in before if each.status is Status.COMPLETED
            )
            self._whole = next(seconds, 0.0)
        return self._whole

    def of_step(self, step: str) -> float:
        """Return what the step took when it completed last before."""
        if step not in self._steps:
            self._steps[step] = self._look_up(step)
        return self._steps[step]

    def _look_up(self, step: str) -> float:
        history = self._run.workspace.history
        results = history.results_of(self._run.view.pipeline, step, limit=2)
        made = next((each for each in results if each.run != self._run.id), None)
        view = self._view(made.run) if made else None
        kept = view.steps.get(made.step) if view and made else None
        return kept.seconds if kept else 0.0

    def _view(self, run: str) -> RunView | None:
        """Return a run before, folded once for all its steps; None if `gc` took it."""
        if run not in self._views:
            try:
                self._views[run] = self._run.workspace.history.view(run)
            except RunNotFound:
                self._views[run] = None
        return self._views[run]
