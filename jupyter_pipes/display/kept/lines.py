"""Runs as lines of a list: those that a query finds, or one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from jupyter_pipes.display.board.making import parameter_text
from jupyter_pipes.display.kept.model import RunLine, RunPage
from jupyter_pipes.history.monitoring import monitored_on
from jupyter_pipes.model.steps import JsonValue
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.parameter_types import to_json
from jupyter_pipes.runs.listing import ListedRun, list_runs

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace


def page(workspace: Workspace, query: str, pipeline: str, limit: int) -> RunPage:
    """Return the first runs of a pipeline that a query (docs/search.md) finds.

    Raises:
        UsageError: the query cannot be read; the message points at the place.
        StoreError: the history cannot be read.
    """
    if not workspace.has_history:
        return RunPage((), has_more=False)
    history = workspace.history
    history.settle_interrupted()
    runs = list_runs(history, query, pipeline=pipeline, limit=limit + 1)
    endings = history.endings([run.run for run in runs])
    lines = tuple(_of_listed(run, endings.get(run.run, {})) for run in runs[:limit])
    return RunPage(lines, has_more=len(runs) > limit)


def line_of(view: RunView) -> RunLine:
    """Return one run as a line."""
    endings: dict[str, int] = {}
    for step in view.steps.values():
        if step.status.is_final:
            endings[step.status] = endings.get(step.status, 0) + 1
    metrics = {
        key: value
        for step in view.steps.values()
        for name, value in step.last_metrics.items()
        for key in (name, f"{step.name}/{name}")
    }
    return RunLine(
        view.run,
        view.title,
        view.pipeline,
        view.version,
        view.status,
        view.started,
        view.seconds_until(time.time()),
        view.progress,
        endings,
        _texts(view.parameters),
        _once(metrics) | monitored_on(view),
        view.tags,
        view.archived,
    )


def _of_listed(run: ListedRun, endings: dict[str, int]) -> RunLine:
    return RunLine(
        run.run,
        run.title,
        run.pipeline,
        run.version,
        run.status,
        run.started,
        run.seconds,
        run.progress,
        endings,
        _texts(run.params),
        _once(run.metrics) | run.monitored,
        run.tags,
        run.archived,
    )


def _texts(parameters: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: parameter_text(value) for name, value in parameters.items()}


def _once(metrics: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return each metric once: by its name, by `STEP/NAME` where several steps report one of that name."""
    longer = {name: [each for each in metrics if each.endswith(f"/{name}")] for name in metrics}
    dropped = {each for others in longer.values() if len(others) == 1 for each in others}
    dropped |= {name for name, others in longer.items() if len(others) > 1}
    return {name: to_json(value) for name, value in metrics.items() if name not in dropped}
