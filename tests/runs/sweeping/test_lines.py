"""The table of a sweep from its kept runs: the best by its metric, and what runs can tell that say less."""

from __future__ import annotations

from typing import Any

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.sweeping.lines import SweepLines


def run(number: int, auc: float | None, part: ev.SweepPart | None = None, **params: Any) -> RunView:
    """Return a run that reported this metric, or failed."""
    status = Status.FAILED if auc is None else Status.COMPLETED
    reported = [] if auc is None else [ev.MetricReported("fit", 1, "auc", auc)]
    events = (
        ev.RunStarted("study", "1.0.0", (ev.PlannedStep("fit"),), params, sweep=part),
        ev.AttemptStarted("fit", 1, 7, "host"),
        *reported,
        ev.RunEnded(status),
    )
    return fold(f"r{number}", [ev.Record(f"r{number}", seq, seq, event) for seq, event in enumerate(events)])


def part(number: int) -> ev.SweepPart:
    return ev.SweepPart("s", ("lr",), "auc:max", number, 5)


def test_the_best_completed_run_is_found_by_the_metric_that_the_runs_say() -> None:
    runs = [run(1, 0.5, part(1), lr=1, n=3), run(2, 0.9, part(2), lr=2, n=3), run(3, None, part(3), lr=9)]
    lines = SweepLines.kept("s", runs)
    assert [(line.params, line.is_best) for line in lines.lines] == [
        ({"lr": 1}, False),
        ({"lr": 2}, True),
        ({"lr": 9}, False),
    ]
    assert (lines.names, lines.goal, lines.most, lines.metrics) == (("lr",), "auc:max", 5, ("auc",))
    assert runs[0].tags == ("s",)


def test_of_runs_that_have_only_the_tag_what_differs_was_tried_and_none_is_the_best() -> None:
    lines = SweepLines.kept("s", [run(1, 0.5, lr=1, n=3), run(2, 0.9, lr=2, n=3)])
    assert (lines.sweep, lines.names, lines.goal) == ("s", ("lr",), "")
    assert not any(line.is_best for line in lines.lines)
