"""Kept runs by name, as `Run`s, and two of them side by side."""

from __future__ import annotations

from jupyter_pipes import environment
from jupyter_pipes.comparison import Side
from jupyter_pipes.errors import RunNotFound
from jupyter_pipes.run import Run
from jupyter_pipes.workspace import Workspace

LAST = "last"
"""What names the newest run."""


def find_run(workspace: Workspace, run: str, pipeline: str | None = None) -> Run:
    """Return a kept run.

    Args:
        workspace: where it is kept.
        run: its id, the beginning of it, or `last`.
        pipeline: for `last`: the newest of this pipeline.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    if run != LAST:
        return Run(workspace, workspace.history.find(run))
    kept = workspace.history.runs(pipeline)
    if not kept:
        raise RunNotFound(f"no runs{f' of {pipeline}' if pipeline else ''} are kept yet")
    return Run(workspace, kept[0].run)


def side(workspace: Workspace, run: Run) -> Side:
    """Return what a comparison needs of a run."""
    history, view = workspace.history, run.view
    parts = {name: history.parts(step.parts) for name, step in view.steps.items() if step.parts}
    content = history.document(view.environment)
    return Side(
        view,
        {name: found for name, found in parts.items() if found is not None},
        workspace.store.get_whole,
        environment.decode(content) if content is not None else None,
    )
