"""The two lines above a graph: what they say of a run."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.heading import counts_text, heading_html
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView

EVIL = "<script>alert(1)</script>"


def view_of(*statuses: Status, status: Status = Status.FAILED, ended: float | None = 103.0) -> RunView:
    names = [f"s{number}" for number in range(len(statuses))]
    steps = {
        name: StepView(name, ev.PlannedStep(name), each) for name, each in zip(names, statuses, strict=True)
    }
    return RunView("20260101-r", "study", "1.2.0", status, started=100.0, ended=ended, steps=steps)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (
            view_of(*[Status.COMPLETED] * 3, Status.FAILED, Status.SKIPPED),
            "3 completed · 1 failed · 1 skipped",
        ),
        (view_of(Status.CACHED, Status.COMPLETED, status=Status.COMPLETED), "1 completed · 1 cached"),
        (view_of(Status.COMPLETED, Status.RUNNING, status=Status.RUNNING, ended=None), "1 of 2 steps"),
        (RunView("", "study", steps=view_of(Status.PENDING).steps), "1 step"),
    ],
)
def test_counts_say_how_many_steps_came_to_which_end(view: RunView, said: str) -> None:
    assert counts_text(view) == said


def test_the_first_line_says_how_it_stands_and_the_second_which_run_it_is() -> None:
    view = view_of(Status.COMPLETED, Status.FAILED)
    view.parameters, view.reason = {"rows": 50, "path": "x" * 100, "evil": EVIL}, "s1 failed"
    first, _, second = heading_html(view, stale=1, now=200.0, last=75.0).partition('<div class="quiet">')
    for said in ("study", "1.2.0", "failed", "1 stale", ">0:03<", "last time 1:15"):
        assert said in first
    for said in ("s1 failed", "rows=50", "path=" + "x" * 40 + "…", "20260101-r", "started"):
        assert said in second
    assert EVIL not in second


def test_where_nothing_is_brought_up_to_date_no_clock_runs() -> None:
    running = view_of(Status.RUNNING, status=Status.RUNNING, ended=None)
    assert "clock" not in heading_html(running)
    assert "clock" in heading_html(running, now=200.0)
    assert ">0:03<" in heading_html(view_of(Status.FAILED))


def test_before_the_first_run_it_says_so() -> None:
    html = heading_html(RunView("", "study", steps=view_of(Status.PENDING).steps), now=1.0)
    assert "not started yet" in html
    assert "started 19" not in html
