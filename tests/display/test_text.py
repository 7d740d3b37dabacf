"""Rules of text: a line for each thing, the same facts everywhere, nothing that a terminal obeys."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.display.ansi import plain
from jupyter_pipes.display.text import error_line, plan_text, results_text, run_text, steps_text, summary
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import ArtifactRef, StepError, Usage
from jupyter_pipes.model.steps import Diagnostic, Status, Step
from jupyter_pipes.model.views import RunView
from jupyter_pipes.planning.plan import Plan, PlannedDecision

LOAD = ev.PlannedStep("load", writes=("df",))
TRAIN = ev.PlannedStep("train", upstream=("load",), reads={"df": "load"})
TABLE = ArtifactRef("df", "ab", "pandas.DataFrame", 80, "pickle", (3, 2), "   a  b\n0  1  2")
DONE = (
    ev.AttemptStarted("load", 1, 7, "host"),
    ev.ArtifactStored("load", 1, TABLE),
    ev.AttemptEnded("load", 1, "completed", usage=Usage(1.25)),
    ev.StepEnded("load", Status.COMPLETED),
)
NASTY = "\x1b[31mno\x1b[0m rows\x1b[2J\nin \x1b]0;title\x07df"
FAILED = (
    ev.AttemptStarted("train", 1, 7, "host"),
    ev.AttemptEnded("train", 1, "failed", NASTY, StepError("ValueError", NASTY, f"Traceback\n{NASTY}", 3)),
    ev.StepEnded("train", Status.FAILED, NASTY),
    ev.RunEnded(Status.FAILED, "train failed"),
)


def view_of(*facts: ev.AnyEvent, steps: tuple[ev.PlannedStep, ...] = (LOAD, TRAIN), **more: Any) -> RunView:
    started = ev.RunStarted("study", "1.0.0", steps, **more)
    return fold("r1", [ev.Record("r1", seq, 100.0 + seq, fact) for seq, fact in enumerate((started, *facts))])


def fields(line: str) -> list[str]:
    return re.split(r"\s{2,}", line)


def test_a_pipeline_that_was_not_started_says_so() -> None:
    assert steps_text(RunView("", "study")) == "Pipeline study: not started yet, 0 steps"


def test_text_has_a_line_for_each_step_with_status_seconds_and_reason() -> None:
    failed = ev.StepEnded("train", Status.FAILED, "ValueError: no rows")
    lines = steps_text(view_of(*DONE, failed)).splitlines()
    assert lines[0] == "Pipeline study: running, 2 of 2 steps"
    assert fields(lines[1]) == ["", "load, completed", "1.2 s"]
    assert fields(lines[2]) == ["", "train, failed", "ValueError: no rows"]


def test_a_reason_of_several_lines_stays_on_its_steps_line() -> None:
    assert len(steps_text(view_of(*DONE, *FAILED)).splitlines()) == 3


def test_a_run_is_told_with_parameters_steps_and_failures() -> None:
    view = view_of(*DONE, *FAILED, parameters={"rows": 3, "name": "a\nb"})
    lines = run_text(view, colour=False).splitlines()
    assert lines[0] == "run r1 of study: failed (train failed), 1 completed · 1 failed, 8.0 s"
    assert lines[1] == "params: rows=3, name=a b"
    assert [fields(line)[1] for line in lines[2:4]] == ["load, completed", "train, failed"]
    reason = r"step train, line 3: no rows\x1b[2J in \x1b]0;title\x07df"
    assert lines[4:] == [reason, "    Traceback", "    no rows", "    in df"]


def test_a_run_is_told_with_the_last_value_of_each_metric() -> None:
    told = (ev.MetricReported("load", 1, "loss", value) for value in (2.0, 1 / 3))
    view = view_of(DONE[0], *told, ev.MetricReported("load", 1, "n", 4), *DONE[1:])
    assert "loss=0.333333, n=4" in fields(run_text(view, colour=False).splitlines()[1])
    assert "loss=0.333333, n=4" in plain(run_text(view, colour=True))


def test_a_terminal_gets_the_same_facts_in_colours() -> None:
    view = view_of(*DONE, *FAILED)
    coloured, text = run_text(view, colour=True), run_text(view, colour=False)
    assert "\x1b[32m✓ completed" in coloured
    assert "\x1b[2J" not in coloured
    assert {*re.findall(r"\w+", text)} <= {*re.findall(r"\w+", plain(coloured))}


def test_a_run_under_way_tells_no_time_in_what_a_notebook_keeps() -> None:
    """Else the file would change every second."""
    view = view_of(ev.AttemptStarted("load", 1, 7, "host"))
    assert fields(steps_text(view).splitlines()[1]) == ["", "load, running"]
    assert re.search(r"load, running\s+\d", run_text(view, colour=False))


def test_the_summary_tells_warnings_of_the_steps_that_ran_and_where_the_log_is() -> None:
    problems = (
        Diagnostic("JP007", "is read twice", "load", 2, severity="warning"),
        Diagnostic("JP007", "is not in this run", "other", 2, severity="warning"),
        Diagnostic("JP011", "is only a note", "load", 2, severity="note"),
    )
    view = view_of(*DONE, *FAILED, diagnostics=problems)
    lines = summary(SimpleNamespace(view=view)).splitlines()  # type: ignore[arg-type]
    assert lines[0] == "warning: JP007 step load, line 2: is read twice"
    assert lines[1].startswith("run r1 of study: failed")
    assert lines[-1] == "all that train printed: jupyter pipes logs r1 train"


def test_results_are_those_that_no_step_reads() -> None:
    view = view_of(*DONE, steps=(LOAD,))
    assert results_text(SimpleNamespace(view=view)) == "df =\n   a  b\n0  1  2\n"  # type: ignore[arg-type]
    assert results_text(SimpleNamespace(view=view_of(*DONE))) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("colour", [False, True])
def test_a_plan_has_a_line_for_each_step_with_all_its_reasons(colour: bool) -> None:
    steps = (Step("load", 0, "", "cell 1"), Step("train", 1, "", "cell 2"))
    plan = Plan(
        "study",
        (
            PlannedDecision(steps[0], "run", ("code changed", "forced")),
            PlannedDecision(steps[1], "depends", ("runs if load gives other outputs",)),
        ),
    )
    lines = [fields(line) for line in plain(plan_text(plan, colour=colour)).splitlines()]
    assert lines[-2:] == [
        ["load", "run", "code changed; forced"],
        ["train", "depends", "runs if load gives other outputs"],
    ]


def test_an_error_says_where_it_happened_once() -> None:
    assert error_line(UsageError("no", step="load", line=3)) == "UsageError: step load, line 3: no"
    assert error_line(UsageError("no", step="load")) == "UsageError: step load: no"
    assert error_line(UsageError("no", line=3)) == "UsageError: no"
    assert error_line(InvalidPipeline("load, line 3: no", step="load", line=3)) == (
        "InvalidPipeline: load, line 3: no"
    )
    assert error_line(KeyError("x")) == "KeyError: 'x'"
