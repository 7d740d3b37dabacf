"""Which run is shown of a step: this kernel's, else the one in which it was tried last."""

from __future__ import annotations

from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.run import Run


def shown_run(session: Session, step: str) -> Run:
    """Return the run that a step's log and outputs are shown of.

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
