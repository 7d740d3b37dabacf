"""`gc` as people ask for it: limits in words, and what the present notebooks would reuse stays."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.execution.environments import cache
from jupyter_pipes.execution.publishing import notes
from jupyter_pipes.execution.worker.hosting.marks import end_left_behind
from jupyter_pipes.history.cleanup import reserve
from jupyter_pipes.history.cleanup.collect import Amount, collect, plan_collection
from jupyter_pipes.history.elsewhere import wait_for_news
from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.model.quantities import parse_duration, parse_size
from jupyter_pipes.pipelines import notebook
from jupyter_pipes.runs.modules import all_of

if TYPE_CHECKING:
    from jupyter_pipes.history.cleanup.collect import Collection
    from jupyter_pipes.history.cleanup.expiry import Limits
    from jupyter_pipes.history.cleanup.references import StepOfRun
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.pipeline import Pipeline

_IN_USE = 86_400.0
"""Seconds for which an environment stays in any case: a step that began in it may go on."""


def limits(options: Namespace) -> Limits:
    """Return the limits that were said.

    Raises:
        UsageError: a value that does not fit.
    """
    if options.keep_runs is not None and options.keep_runs < 0:
        raise UsageError(f"--keep-runs {options.keep_runs}: use a whole number from 0")
    return {
        "older": _converted("--older", options.older, parse_duration),
        "max_size": _converted("--max-size", options.max_size, parse_size),
        "keep_runs": options.keep_runs,
    }


def _converted(flag: str, text: str | None, convert: Callable[[object], Any]) -> Any:
    try:
        return None if text is None else convert(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None


def clean_up(
    workspace: Workspace, limits: Limits, unsaved: Iterable[Pipeline] = (), *, dry_run: bool
) -> Collection:
    """Take away what the limits let go, or say what would go; end processes whose controller is gone.

    Args:
        workspace: the project.
        limits: what stays in any case.
        unsaved: pipelines whose present results stay, beside those of the files that kept runs came from.
        dry_run: whether nothing is to be removed.

    Raises:
        StoreError: the history or the store cannot be read or written.
    """
    if not dry_run:
        end_left_behind()
    # Also to open the history may be to write: which runs were left behind.
    with reserve.given_up(workspace.settings.folder):
        if not dry_run:
            # What a run holds that nobody drives any more would stay.
            wait_for_news(workspace.history)
        present = (*_present(workspace), *unsaved)
        limits["used"] = frozenset(pair for pipeline in present for pair in _reused(pipeline))
        collection = (plan_collection if dry_run else collect)(workspace, **limits)
    older = limits.get("older")
    environments = _environments(older, dry_run=dry_run)
    return replace(collection, environments=environments, notes=_notes(workspace, older, dry_run=dry_run))


def _notes(workspace: Workspace, older: float | None, *, dry_run: bool) -> Amount:
    """Take away what was noted of files of the catalog that are gone, or that nobody wrote for so long."""
    idle = notes.idle(workspace.settings.folder, time.time() - older if older is not None else 0.0)
    sizes = [(file, file.stat().st_size) for file in idle]
    for file, _ in sizes if not dry_run else ():
        file.unlink(missing_ok=True)
    return Amount(len(sizes), sum(size for _, size in sizes))


def _environments(older: float | None, *, dry_run: bool) -> Amount:
    """Take away environments of steps that nobody used for so long; all projects of this user share them."""
    if older is None:
        return Amount()
    unused = cache.unused(max(older, _IN_USE))
    for each in unused if not dry_run else ():
        cache.remove(each.path)
    return Amount(len(unused), sum(each.bytes for each in unused))


def _present(workspace: Workspace) -> Iterator[Pipeline]:
    for origin in workspace.history.origins():
        if Path(origin).is_file():
            try:
                yield from _in_module(origin) if origin.endswith(".py") else _in_notebook(origin)
            except PipesError:
                # What cannot be read as a pipeline reuses nothing.
                continue


def _in_module(path: str) -> Iterator[Pipeline]:
    from jupyter_pipes.runs.pipeline import Pipeline

    for pipeline in all_of(Pipeline, Path(path)):
        pipeline.origin, pipeline.directory = path, Path(path).parent
        yield pipeline


def _in_notebook(path: str) -> Iterator[Pipeline]:
    from jupyter_pipes.runs.pipeline import Pipeline

    for name in notebook.read(path).pipelines:
        yield Pipeline.from_notebook(path, name)


def _reused(pipeline: Pipeline) -> Iterator[StepOfRun]:
    """Yield the results that a run of the pipeline as it is now would reuse."""
    try:
        for _, decision in pipeline.foreseen():
            if decision.result is not None:
                yield decision.result.run, decision.result.step
    except PipesError:
        # A pipeline with problems would not run: what it reused before it had them is found up to there.
        return
