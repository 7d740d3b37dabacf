"""How the time of a run went, as far as its journal tells."""

from __future__ import annotations

from jupyter_pipes.display.timeline import Timeline, timeline_of
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.runs.run import Run


class ShowTimeline(Request, frozen=True, tag="timeline"):
    """Give the timeline of this kernel's run, else of the newest one that is kept."""


def show_timeline(session: Session, request: ShowTimeline) -> Timeline:
    """Return the timeline.

    Raises:
        RunNotFound: there was no run yet.
    """
    run = session.run or _newest(session)
    return timeline_of(run.view, run.workspace.history.records(run.id))


def _newest(session: Session) -> Run:
    pipeline = session.upcoming()
    workspace = pipeline.workspace
    newest = next(iter(workspace.history.runs(pipeline.name)), None) if workspace.has_history else None
    if newest is None:
        raise RunNotFound("the pipeline has not run yet")
    return Run(workspace, newest.run)
