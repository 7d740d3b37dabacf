"""What a sweep's table has: a line for each run, with what was tried and how it came out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jupyter_pipes.model.facts.sweeping import SweepPart
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.sweeping.search import Goal, metrics_of

if TYPE_CHECKING:
    from jupyter_pipes.runs.sweeping.sweep import Sweep

MOST_METRICS = 6
"""So many metrics have a column."""


class SweepLine(Struct, frozen=True):
    """One run of a sweep.

    Attributes:
        params: what it was started with of what is swept.
        reason: why it ended so.
        progress: the share of its steps that ended, 0 to 1.
        seconds: how long it took, or takes so far.
        metrics: last value of each metric that has a column.
        is_best: whether it has the best value of the sweep's metric so far.
    """

    run: str
    params: Mapping[str, Any]
    status: Status
    reason: str
    progress: float
    seconds: float
    metrics: Mapping[str, Any]
    is_best: bool


class SweepLines(Struct, frozen=True):
    """A sweep as a table: the names of its columns, and its lines in the order of the runs.

    Attributes:
        goal: `NAME:max` or `NAME:min`, by which the best run is found; "" where nothing says so.
        most: how many runs there will be; None where a search decides.
        unknown: the metric that the best run is to be found by, where no run that completed has it.
    """

    sweep: str
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    lines: tuple[SweepLine, ...]
    goal: str
    most: int | None
    unknown: str

    @classmethod
    def of(cls, sweep: Sweep) -> SweepLines:
        """Return how a sweep stands now, with its parameters as they were said."""
        views = [run.view for run in sweep]
        return _lines(sweep.part, sweep.names, views, sweep.params)

    @classmethod
    def kept(cls, sweep: str, views: Sequence[RunView]) -> SweepLines:
        """Return how the runs of a sweep stand that are kept, the first one first."""
        parts = [view.sweep for view in views if view.sweep is not None]
        names = tuple(dict.fromkeys(name for part in parts for name in part.names)) or _differing(views)
        tried = [{name: view.parameters.get(name) for name in names} for view in views]
        return _lines(parts[-1] if parts else SweepPart(sweep), names, views, tried)


def _lines(
    part: SweepPart,
    names: tuple[str, ...],
    views: Sequence[RunView],
    tried: Sequence[Mapping[str, Any]],
) -> SweepLines:
    goal, told = Goal.parsed(part.goal), [metrics_of(view) for view in views]
    columns, best = _columns(goal.metric, told), goal.best(goal.values(views))
    lines = tuple(
        SweepLine(
            run=view.run,
            params=params,
            status=view.status,
            reason=view.reason,
            progress=view.progress,
            seconds=view.seconds_until(time.time()),
            metrics={name: metrics[name] for name in columns if name in metrics},
            is_best=place == best,
        )
        for place, (view, params, metrics) in enumerate(zip(views, tried, told, strict=False))
    )
    is_unknown = best is None and any(view.status is Status.COMPLETED for view in views)
    unknown = goal.metric if is_unknown else ""
    return SweepLines(part.sweep, names, columns, lines, part.goal, part.most, unknown)


def _differing(views: Sequence[RunView]) -> tuple[str, ...]:
    """Return the parameters that have not the same value in all runs: early runs of sweeps say no more."""
    names = dict.fromkeys(name for view in views for name in view.parameters)
    values = {name: [view.parameters.get(name) for view in views] for name in names}
    return tuple(name for name, held in values.items() if any(each != held[0] for each in held))


def _columns(goal: str, told: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the metrics that have a column: the sweep's own first, then those said by name alone."""
    names = dict.fromkeys(name for metrics in told for name in metrics if "/" not in name)
    first = [goal] if any(goal in metrics for metrics in told) else []
    return tuple(dict.fromkeys((*first, *names)))[:MOST_METRICS]
