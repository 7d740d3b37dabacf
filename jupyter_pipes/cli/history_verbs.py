"""The verbs of `jupyter pipes` that are about kept runs: list, compare, resume, label, show, clean up."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.cli.output import COMPLETED, EXIT_CODES, Output
from jupyter_pipes.display.ansi import one_line, plain
from jupyter_pipes.display.text import comparison_text, results_text, run_text, runs_text, summary
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import NotebookError, RunNotFound, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.run import Run


def list_runs(options: Namespace, output: Output) -> int:
    """Carry out `runs`."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.runs.listing import list_runs

    workspace, pipeline = place(options)
    found = list_runs(workspace.history, options.query, pipeline=pipeline, limit=options.limit)
    output.give(lambda: documents.of_runs(found), lambda: runs_text(found, colour=output.is_terminal))
    return COMPLETED


def show(options: Namespace, output: Output) -> int:
    """Carry out `show`."""
    from jupyter_pipes.cli import documents

    run = kept_run(options)
    output.give(lambda: documents.of_run(run), lambda: run_text(run.view, colour=output.is_terminal))
    return COMPLETED


def compare(options: Namespace, output: Output) -> int:
    """Carry out `compare`."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.runs import kept as kept_runs
    from jupyter_pipes.runs.comparison import differences

    workspace, pipeline = place(options)
    runs = [kept_runs.find_run(workspace, name, pipeline) for name in (options.a, options.b)]
    a, b = (run.id for run in runs)
    found = differences(*map(kept_runs.side, runs))
    output.give(
        lambda: documents.of_comparison(a, b, found),
        lambda: comparison_text((a, b), found, colour=output.is_terminal),
    )
    return COMPLETED


def resume(options: Namespace, output: Output) -> int:
    """Carry out `resume`."""
    from jupyter_pipes.cli import documents, terminal
    from jupyter_pipes.cli.interrupts import Interrupts
    from jupyter_pipes.runs import repeat as repetition

    kept = kept_run(options)
    with Interrupts() as interrupts:
        run = repetition.resume(kept)
        with terminal.progress(run):
            interrupts.wait(run)
    terminal.tell(summary(run))
    output.give(lambda: documents.of_run(run), lambda: results_text(run))
    return COMPLETED if options.no_check else EXIT_CODES[run.status]


def tag(options: Namespace, output: Output) -> int:
    """Carry out `tag`."""
    return _remark(options, ev.RunTagged(tuple(dict.fromkeys(options.tags))), output)


def rename(options: Namespace, output: Output) -> int:
    """Carry out `rename`."""
    return _remark(options, ev.RunRenamed(" ".join(options.title)), output)


def archive(options: Namespace, output: Output) -> int:
    """Carry out `archive`."""
    return _remark(options, ev.RunArchived(not options.undo), output)


def _remark(options: Namespace, event: ev.AnyEvent, output: Output) -> int:
    from jupyter_pipes.cli import documents
    from jupyter_pipes.runs.run import Run

    run = kept_run(options)
    run.workspace.history.remark(run.id, event)
    changed = Run(run.workspace, run.id)
    output.give(lambda: documents.of_run(changed), str)
    return COMPLETED


def collect(options: Namespace, output: Output) -> int:
    """Carry out `gc`."""
    from jupyter_pipes.display import cleanup_text as collection_text
    from jupyter_pipes.runs import cleanup as collecting

    workspace, _ = place(options)
    found = collecting.collect(workspace, collecting.limits(options), dry_run=options.dry_run)
    output.give(
        lambda: collection_text.document(found, dry_run=options.dry_run),
        lambda: collection_text.text(found, dry_run=options.dry_run) + "\n",
    )
    return COMPLETED


def history(options: Namespace, output: Output) -> int:
    """Carry out `history rebuild`."""
    from jupyter_pipes.cli import terminal
    from jupyter_pipes.history.rebuilding import rebuild

    workspace, _ = place(options)
    rebuilt = rebuild(workspace.history.database)
    for told in rebuilt.unreadable:
        terminal.tell(one_line(f"left as it was: {told}"))
    output.give(
        lambda: {"runs": rebuilt.runs, "unreadable": list(rebuilt.unreadable)},
        lambda: f"made the indexes of {rebuilt.runs} runs again\n",
    )
    return COMPLETED


def logs(options: Namespace, output: Output) -> int:
    """Carry out `logs`."""
    run = kept_run(options)
    log, attempt = _log(run, options.step, options.attempt)
    text = plain(log.decode("utf-8", "replace"))
    output.give(lambda: {"run": run.id, "step": options.step, "attempt": attempt, "log": text}, lambda: text)
    return COMPLETED


def _log(run: Run, step: str, attempt: int | None) -> tuple[bytes, int | None]:
    """Return what an attempt (the latest that the step shows, if None) printed, and its number."""
    from jupyter_pipes.cli import terminal

    path = run.log_path(step, attempt)
    if path is not None and path.exists():
        _, shown = run.shown_attempt(step)
        return path.read_bytes(), attempt or (shown.number if shown else None)
    if attempt is not None:
        known = ", ".join(str(each.number) for each in run.step(step).attempts) or "none"
        raise UsageError(f"run {run.id} has no log of attempt {attempt} of step {step}; attempts: {known}")
    terminal.tell(one_line(f"{step} did not run: {run.step(step).status} {run.step(step).reason}"))
    return b"", None


def kept_run(options: Namespace) -> Run:
    """Return the run that a verb names.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    from jupyter_pipes.runs import kept as kept_runs

    workspace, pipeline = place(options)
    return kept_runs.find_run(workspace, options.run, pipeline)


def place(options: Namespace) -> tuple[Workspace, str | None]:
    """Return the project that `--notebook` or `--directory` names, and the pipeline if a notebook is named.

    Raises:
        NotebookError, UsageError: there is no such file or folder.
        RunNotFound: it keeps no runs.
    """
    if options.notebook is None:
        return existing_workspace(Path(options.directory or ".").absolute()), None
    source = Path(options.notebook).absolute()
    if not source.is_file():
        raise NotebookError(f"there is no file {source}; check the path")
    return existing_workspace(source.parent), source.stem if source.suffix == ".ipynb" else None


def existing_workspace(directory: Path) -> Workspace:
    """Return what a folder's project keeps; looking makes no project where there is none.

    Raises:
        UsageError: there is no such folder.
        RunNotFound: it keeps no runs.
    """
    from jupyter_pipes.history.workspace import Workspace

    if not directory.is_dir():
        raise UsageError(f"there is no folder {directory}; check the path")
    workspace = Workspace(directory)
    if workspace.settings.history.startswith("sqlite") and not workspace.settings.folder.exists():
        raise RunNotFound(
            f"no runs are kept in {directory}; say --notebook PATH, or go to the notebook's folder"
        )
    return workspace
