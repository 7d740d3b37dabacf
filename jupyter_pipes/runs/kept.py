"""Kept runs by what people call them, as `Run`s, and two of them side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jupyter_pipes.history.history import History, RunSummary
from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.comparing.comparison import Side
from jupyter_pipes.runs.run import Run

NEWEST = {"last": 0, "previous": 1}
"""Names of the newest run and of the one before it."""

RESUMABLE = (Status.FAILED, Status.CANCELLED, Status.INTERRUPTED)


def find_run(workspace: Workspace, name: str, pipeline: str | None = None) -> Run:
    """Return a kept run.

    Args:
        workspace: where it is kept.
        name: its id, the start or the end of it, `last`, `previous`, a version or a tag; of several with
            the same version or tag, the newest.
        pipeline: whose runs `last`, `previous` and a version mean; all if None.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    workspace.history.settle_interrupted()
    runs = workspace.history.runs()
    if any(run.run == name for run in runs):
        return Run(workspace, name)
    of_pipeline = [run for run in runs if pipeline in (None, run.pipeline)]
    if name in NEWEST:
        matches = [run.run for run in _of_their_own(of_pipeline, workspace.history)[NEWEST[name] :]][:1]
    elif re.fullmatch(r"\d+(\.\d+)+", name):
        matches = [run.run for run in of_pipeline if run.version == name][:1]
    else:
        fields = workspace.history.fields([run.run for run in runs]) if runs else {}
        tagged = [run.run for run in runs if name in fields.get(run.run, {}).get("tags", ())]
        matches = tagged[:1] or _with_part(name, runs)
    if len(matches) != 1:
        raise _not_found(name, matches, of_pipeline, pipeline)
    return Run(workspace, matches[0])


def last_run(history: History, pipeline: str, origin: str) -> RunView | None:
    """Return the newest run of a notebook or module; None if there is none.

    Args:
        history: where it is kept.
        pipeline: the pipeline's name.
        origin: its file. Another one of the same name has runs of its own, as long as it is there.
    """
    for summary in history.runs(pipeline):
        run = history.view(summary.run)
        came_from = Path(run.origin)
        if not came_from.is_file() or (Path(origin).is_file() and came_from.samefile(origin)):
            return run
    return None


def name_in_last_run(history: History, pipeline: str, origin: str) -> str:
    """Return the name that the pipeline of a notebook or module had in its newest run.

    Args:
        history: where it is kept.
        pipeline: its name where no run says another one.
        origin: its file.
    """
    file = Path(origin)
    same = [each for each in history.origins() if Path(each).name == file.name and _is_same(Path(each), file)]
    runs = [run for each in same for run in history.runs_from(each)]
    return max(runs, key=lambda run: run.started).pipeline if runs else pipeline


def _is_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def find_resumable(workspace: Workspace, pipeline: str | None = None) -> Run:
    """Return the newest run (of a pipeline) that can be taken up again.

    Raises:
        RunNotFound: all have completed, or go on.
    """
    workspace.history.settle_interrupted()
    for run in _of_their_own(workspace.history.runs(pipeline), workspace.history):
        if run.status in RESUMABLE:
            return Run(workspace, run.run)
    raise RunNotFound(f"no run{_of(pipeline)} can be resumed: there is nothing left to do")


def find_running(workspace: Workspace, pipeline: str | None = None) -> Run:
    """Return the newest run (of a pipeline) that goes on, in whichever process.

    Raises:
        RunNotFound: none does.
    """
    workspace.history.settle_interrupted()
    for run in _of_their_own(workspace.history.runs(pipeline), workspace.history):
        if run.status is Status.RUNNING:
            return Run(workspace, run.run)
    runs = _of_their_own(workspace.history.runs(pipeline), workspace.history)
    newest = f", or look at the newest, which is {runs[0].status} (show {runs[0].run})" if runs else ""
    begin = "begin one (run), in the background (run --detach)"
    raise RunNotFound(f"no run{_of(pipeline)} goes on: {begin}{newest}")


def _of_their_own(runs: Sequence[RunSummary], history: History) -> Sequence[RunSummary]:
    """Return the runs without those that are parts of others; all, if they are no others."""
    nested = history.nested_runs() if runs else set[str]()
    return [run for run in runs if run.run not in nested] or runs


def _with_part(name: str, runs: Sequence[RunSummary]) -> list[str]:
    if not name:
        return []
    beginning = [run.run for run in runs if run.run.startswith(name)]
    return beginning or [run.run for run in runs if run.run.endswith(name)]


def _not_found(
    name: str, matches: Sequence[str], runs: Sequence[RunSummary], pipeline: str | None
) -> RunNotFound:
    if not runs:
        return RunNotFound(f"there is no run {name!r}: no runs{_of(pipeline)} are kept yet")
    if matches:
        return RunNotFound(f"{len(matches)} runs begin or end with {name!r}: {', '.join(matches[:5])}")
    versions = ", ".join(dict.fromkeys(run.version for run in runs[:5]))
    newest = ", ".join(run.run for run in runs[:5])
    return RunNotFound(
        f"there is no run {name!r}: say an id or the start or end of one, last, previous, a version, a tag; "
        f"kept runs: {newest}; versions: {versions}"
    )


def _of(pipeline: str | None) -> str:
    return f" of {pipeline}" if pipeline else ""


def side(run: Run) -> Side:
    """Return what a comparison needs of a run."""
    workspace, view = run.workspace, run.view
    parts = {name: workspace.history.parts(step.parts) for name, step in view.steps.items() if step.parts}
    content = workspace.history.attachment(view.environment)
    return Side(
        view,
        {name: of_step for name, of_step in parts.items() if of_step is not None},
        workspace.store.get_whole,
        environment.decode(content) if content is not None else None,
    )
