"""Kept runs by name, as `Run`s, and two of them side by side."""

from __future__ import annotations

import re

from jupyter_pipes.history import environment
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.runs.comparison import Side
from jupyter_pipes.runs.run import Run

LAST = "last"
"""What names the newest run."""


def find_run(workspace: Workspace, run: str, pipeline: str | None = None) -> Run:
    """Return a kept run.

    Args:
        workspace: where it is kept.
        run: its id, the beginning of it, `last`, or a version: the newest run of that.
        pipeline: for `last`: the newest of this pipeline.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    if re.fullmatch(r"\d+(\.\d+)+", run):
        return _of_version(workspace, run, pipeline)
    if run != LAST:
        return Run(workspace, workspace.history.find(run))
    kept = workspace.history.runs(pipeline)
    if not kept:
        raise RunNotFound(f"no runs{f' of {pipeline}' if pipeline else ''} are kept yet")
    return Run(workspace, kept[0].run)


def _of_version(workspace: Workspace, version: str, pipeline: str | None) -> Run:
    kept = workspace.history.runs(pipeline)
    found = next((summary.run for summary in kept if summary.version == version), None)
    if found is None:
        known = ", ".join(sorted({summary.version for summary in kept})) or "none"
        raise RunNotFound(f"no run of version {version} is kept; kept versions: {known}")
    return Run(workspace, found)


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
