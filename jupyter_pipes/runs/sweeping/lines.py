"""What a sweep's table has: a line for each run, with what was tried and how it came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.sweeping.search import metrics_of

if TYPE_CHECKING:
    from jupyter_pipes.runs.sweeping.sweep import Sweep

MOST_METRICS = 6
"""So many metrics have a column."""


class SweepLine(Struct, frozen=True):
    """One run of a sweep.

    Attributes:
        params: what it was started with of what is swept.
        progress: the share of its steps that ended, 0 to 1.
        seconds: how long it took, or takes so far.
        metrics: last value of each metric that has a column.
        is_best: whether it has the best value of the sweep's metric so far.
    """

    run: str
    params: Mapping[str, Any]
    status: Status
    progress: float
    seconds: float
    metrics: Mapping[str, Any]
    is_best: bool


class SweepLines(Struct, frozen=True):
    """A sweep as a table: the names of its columns, and its lines in the order of the runs.

    Attributes:
        most: how many runs there will be; None where a search decides.
        unknown: the metric that the best run is to be found by, where no run that completed has it.
    """

    sweep: str
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    lines: tuple[SweepLine, ...]
    most: int | None
    unknown: str

    @classmethod
    def of(cls, sweep: Sweep) -> SweepLines:
        """Return how a sweep stands now."""
        told, best = [metrics_of(run.view) for run in sweep], sweep.best
        columns = _columns(sweep.goal.metric, told)
        lines = tuple(
            SweepLine(
                run=run.id,
                params=params,
                status=run.status,
                progress=run.view.progress,
                seconds=run.seconds,
                metrics={name: metrics[name] for name in columns if name in metrics},
                is_best=run is best,
            )
            for run, params, metrics in zip(sweep, sweep.params, told, strict=False)
        )
        is_unknown = best is None and any(run.status is Status.COMPLETED for run in sweep)
        unknown = sweep.goal.metric if is_unknown else ""
        return cls(sweep.id, sweep.names, columns, lines, sweep.most, unknown)


def _columns(goal: str, told: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the metrics that have a column: the sweep's own first, then those said by name alone."""
    names = dict.fromkeys(name for metrics in told for name in metrics if "/" not in name)
    first = [goal] if any(goal in metrics for metrics in told) else []
    return tuple(dict.fromkeys((*first, *names)))[:MOST_METRICS]
