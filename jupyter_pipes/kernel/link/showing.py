"""What a session shows now: its run, with the steps of the pipeline as it is, and what is kept of them."""

from __future__ import annotations

from jupyter_pipes.display.board.standing import with_run
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.pipeline import Pipeline


class ShownView:
    """The view of one session; what is kept is looked for again only when it may have changed.

    Args:
        session: whose pipeline and run it is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._idle: tuple[Pipeline, object, RunView] | None = None

    def now(self) -> RunView:
        """Return the run with the steps of the pipeline as it is: those that it has not, as they are kept."""
        idle, run = self._idle_view(self._session.upcoming()), self._session.run
        return with_run(idle, run.view if run is not None else None)

    def _idle_view(self, pipeline: Pipeline) -> RunView:
        """Return what is kept of the pipeline; looked for again when it changed, or when a run ended."""
        run = self._session.run
        ended = run.id if run is not None and run.has_ended else None
        if self._idle is None or self._idle[0] is not pipeline or self._idle[1] != ended:
            self._idle = (pipeline, ended, idle_view(pipeline))
        return self._idle[2]
