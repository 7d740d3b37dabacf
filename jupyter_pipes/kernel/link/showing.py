"""What a session shows now: its run, with the steps of the pipeline as it is, and what is kept of them."""

from __future__ import annotations

from jupyter_pipes.display.board.standing import with_run
from jupyter_pipes.display.graph.unfolding import unfolded
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.kept import last_run
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run


class ShownView:
    """The view of one session; what is kept is looked for again only when it may have changed.

    Args:
        session: whose pipeline and run it is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: tuple[Pipeline, str | None, tuple[RunView, RunView | None]] | None = None

    def now(self) -> RunView:
        """Return the run with the steps of the pipeline as it is: those that it has not, as they are kept.

        Before this kernel ran the pipeline, it is the last run that is kept.
        """
        run = self._session.run
        kept, last = self._kept_views(self._session.upcoming(), run)
        return with_run(kept, run.view if run is not None else last)

    def steps(self) -> dict[str, StepView]:
        """Return its steps, behind those that are unfolded in the graph the steps of their pipelines."""
        return unfolded(self.now(), self._session.unfolded, self._session.nested.of)

    def _kept_views(self, pipeline: Pipeline, run: Run | None) -> tuple[RunView, RunView | None]:
        """Return what is kept of the pipeline; looked for again when it changed, or when a run ended."""
        ended = run.id if run is not None and run.has_ended else None
        if self._kept is None or self._kept[0] is not pipeline or self._kept[1] != ended:
            last = _last_run(pipeline) if run is None else None
            self._kept = (pipeline, ended, (idle_view(pipeline), last))
        return self._kept[2]


def _last_run(pipeline: Pipeline) -> RunView | None:
    """Return the run that an earlier kernel, or a program, left; none that goes on: nobody follows it."""
    workspace = pipeline.workspace
    last = last_run(workspace.history, pipeline.name, pipeline.origin) if workspace.has_history else None
    return last if last is not None and last.status.is_final else None


def shown_run(session: Session, step: str) -> Run:
    """Return the run that a step's log and outputs are shown of: this kernel's, else where it was tried last.

    Raises:
        UsageError: the step was never tried.
    """
    if session.run is not None and step in session.run.steps:
        return session.run
    pipeline = session.upcoming()
    history = pipeline.workspace.history if pipeline.workspace.has_history else None
    last = history.last_try(pipeline.name, step) if history else None
    if last is None:
        raise UsageError(f"step {step} has not run yet")
    return Run(pipeline.workspace, last[0])
