"""Rules of how steps stand that a run has not: as what is kept of them."""

from __future__ import annotations

from jupyter_pipes.display.board.standing import before_a_run, shows_result
from jupyter_pipes.history.history import Result
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.model.steps import Cell, Status
from jupyter_pipes.pipelines.graph import build


def kept(step: str, skipped: str = "") -> Result:
    return Result("signature", "made", step, "run-1", "", ResultContent(skipped=skipped))


def test_a_step_stands_as_what_is_kept_of_it_and_one_that_was_skipped_has_no_result() -> None:
    cells = [Cell(name, number, "step", f"%%step {name}\n1", name) for number, name in enumerate("abc")]
    results = {"a": kept("a"), "b": kept("b", skipped="n > 2: n is 1")}
    steps = before_a_run("made", "", build(cells), results).steps
    assert [(step.status, step.reason, shows_result(step)) for step in steps.values()] == [
        (Status.COMPLETED, "in run run-1", True),
        (Status.SKIPPED, "n > 2: n is 1", False),
        (Status.PENDING, "not run yet", False),
    ]
