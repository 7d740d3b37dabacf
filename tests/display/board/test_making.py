"""What a board says of a step that is stale, and of one that runs on a queue and lost its worker."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    PlannedStep,
    Record,
    RetryScheduled,
)
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.steps import HANGING, StepOptions
from jupyter_pipes.model.views import RunView, StepView

ON_QUEUE = StepOptions(queue="far")


@pytest.mark.parametrize(
    ("why", "word"),
    [("code changed", "stale"), (f"{HANGING} load gives other outputs", "may be stale"), ("", "")],
)
def test_a_step_that_hangs_on_another_may_be_stale_only(why: str, word: str) -> None:
    view = RunView("1", "made", steps={"fit": StepView("fit", PlannedStep("fit"))})
    (step,) = board_of(view, stale={"fit": why}).steps
    assert (step.stale, step.stale_word) == (why, word)


def test_a_step_on_a_queue_says_where_it_runs_and_why_it_began_again() -> None:
    view = RunView("1", "made", steps={"fit": StepView("fit", PlannedStep("fit", options=ON_QUEUE))})
    facts = (
        AttemptQueued("fit", 1, "far", "queue far has no workers"),
        AttemptStarted("fit", 1, 7, "node-1"),
        AttemptEnded("fit", 1, "lost", "its worker is gone"),
        RetryScheduled("fit", 1, 0.0, "its worker is gone; begun again elsewhere"),
        AttemptStarted("fit", 2, 8, "node-2"),
    )
    told: list[tuple[str, str, str, tuple[str, ...]]] = []
    for seq, fact in enumerate(facts):
        apply(Record("1", seq, float(seq), fact), view)
        (step,) = board_of(view).steps
        told.append((step.queue, step.host, step.reason, step.earlier))
    assert told[0] == ("far", "", "queue far has no workers", ())
    assert told[1] == ("far", "node-1", "", ())
    assert told[4] == ("far", "node-2", "", ("its worker is gone",))
