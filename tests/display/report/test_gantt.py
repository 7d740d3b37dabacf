"""The timeline of a report: a bar for each span, at its place, with words; marks that people read."""

from __future__ import annotations

import re

import pytest

from jupyter_pipes.display.report.gantt import marks, timeline_html
from jupyter_pipes.display.timeline import Span, Timeline, TimelineStep
from jupyter_pipes.model.steps import Status

LOST = Span("running", 102.0, 103.0, 'OSError: "<b>"', is_lost=True)
SPANS = (Span("upstream", 100.0, 102.0), LOST, Span("retry", 103.0, 104.0), Span("running", 104.0, None))
STEPS = (
    TimelineStep("load", Status.COMPLETED, (Span("running", 100.0, 102.0),), True, 2.0, 1.0, 2**20),
    TimelineStep("fit", Status.RUNNING, SPANS, False, 0.0, 0.0, 0),
)
ANCHORS = {"load": "step-1", "fit": "step-2"}


def test_each_span_has_a_bar_at_its_place_and_what_goes_on_reaches_to_now() -> None:
    html = timeline_html(Timeline("r", 100.0, None, STEPS), ANCHORS, now=110.0)
    places = re.findall(r'class="bar ([a-z ]+)"[^>]*left:([\d.]+)%;width:([\d.]+)%', html)
    assert [(kind, float(left), float(width)) for kind, left, width in places] == [
        ("running", 0, 20),
        ("upstream", 0, 20),
        ("running lost", 20, 10),
        ("retry", 30, 10),
        ("running", 40, 60),
    ]
    assert "runs OSError: &quot;&lt;b&gt;&quot;: 1.0 s" in html


def test_rows_lead_to_their_steps_and_the_critical_path_is_told_in_words() -> None:
    load, fit = (
        timeline_html(Timeline("r", 100.0, 110.0, STEPS), ANCHORS, now=0)
        .split("<tbody>")[1]
        .split("</tr>")[:2]
    )
    assert '<a href="#step-1">load</a>' in load
    assert "on the critical path" in load
    assert "on the critical path" not in fit
    assert "1.0 MiB" in load


@pytest.mark.parametrize("length", [0.001, 0.4, 3, 59, 61, 240, 4000, 14_400, 1e6])
def test_an_axis_has_a_few_round_marks_within_its_length(length: float) -> None:
    places = marks(length)
    assert 2 <= len(places) <= 8
    assert places[0] == 0
    assert places[-1] <= length


def test_a_run_that_took_no_time_has_a_timeline() -> None:
    assert "step-1" in timeline_html(
        Timeline("r", 5.0, 5.0, (TimelineStep("load", Status.CACHED, (), False, 0, 0, 0),)), ANCHORS, now=5.0
    )
