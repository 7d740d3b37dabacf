"""What a board says of a step that is stale."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.steps import HANGING
from jupyter_pipes.model.views import RunView, StepView


@pytest.mark.parametrize(
    ("why", "word"),
    [("code changed", "stale"), (f"{HANGING} load gives other outputs", "may be stale"), ("", "")],
)
def test_a_step_that_hangs_on_another_may_be_stale_only(why: str, word: str) -> None:
    view = RunView("1", "made", steps={"fit": StepView("fit", PlannedStep("fit"))})
    (step,) = board_of(view, stale={"fit": why}).steps
    assert (step.stale, step.stale_word) == (why, word)
