"""What a board says: loops, stale steps, one that lost its worker, the tries of a map, callbacks."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.board.model import BoardStep
from jupyter_pipes.display.looks import remaining_text, status_line
from jupyter_pipes.model.events import (
    AnyEvent,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    CallbackNoted,
    PlannedStep,
    ProgressReported,
    Record,
    RetryScheduled,
    StepEnded,
    StepsAdded,
)
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.steps import HANGING, Status, StepOptions
from jupyter_pipes.model.views import RunView, StepView

ON_QUEUE = StepOptions(queue="far")


def told_of(step: PlannedStep, *facts: AnyEvent) -> list[BoardStep]:
    """Return what a board says of a step behind each fact."""
    view = RunView("1", "made", steps={step.name: StepView(step.name, step)})
    boards: list[BoardStep] = []
    for seq, fact in enumerate(facts):
        apply(Record("1", seq, float(seq), fact), view)
        boards += board_of(view).steps
    return boards


@pytest.mark.parametrize(
    ("why", "word"),
    [("code changed", "stale"), (f"{HANGING} load gives other outputs", "may be stale"), ("", "")],
)
def test_a_step_that_hangs_on_another_may_be_stale_only(why: str, word: str) -> None:
    view = RunView("1", "made", steps={"fit": StepView("fit", PlannedStep("fit"))})
    (step,) = board_of(view, stale={"fit": why}).steps
    assert (step.stale, step.stale_word) == (why, word)


def test_a_step_on_a_queue_says_where_it_runs_and_why_it_began_again() -> None:
    steps = told_of(
        PlannedStep("fit", options=ON_QUEUE),
        AttemptQueued("fit", 1, "far", "queue far has no workers"),
        AttemptStarted("fit", 1, 7, "node-1"),
        AttemptEnded("fit", 1, "lost", "its worker is gone"),
        RetryScheduled("fit", 1, 0.0, "its worker is gone; begun again elsewhere"),
        AttemptStarted("fit", 2, 8, "node-2"),
    )
    told = [(step.queue, step.host, step.reason, step.earlier) for step in steps]
    assert told[0] == ("far", "", "queue far has no workers", ())
    assert told[1] == ("far", "node-1", "", ())
    assert told[4] == ("far", "node-2", "", ("its worker is gone",))


FINDS = (AttemptQueued("fit", 1, "local"), AttemptStarted("fit", 1, 7, "h"))
FOUND = (StepsAdded("fit", 1, 0, ((),)), AttemptEnded("fit", 1, "completed"))


def gathers(number: int) -> tuple[AnyEvent, ...]:
    return AttemptStarted("fit", number, 8, "h"), AttemptEnded("fit", number, "completed")


@pytest.mark.parametrize(
    ("facts", "attempts", "earlier"),
    [
        ((*FINDS, *FOUND), 1, ()),
        ((*FINDS, *FOUND, *gathers(2), StepEnded("fit", Status.COMPLETED)), 1, ()),
        (
            (*FINDS, AttemptEnded("fit", 1, "failed", "no xs"), *gathers(2)),
            2,
            ("no xs",),
        ),
        ((*FINDS, *FOUND, AttemptEnded("fit", 2, "lost", "gone"), *gathers(3)), 2, ("gone",)),
    ],
    ids=["elements found", "gathered", "elements not found at once", "gathered again"],
)
def test_finding_the_elements_of_a_map_and_gathering_their_results_are_one_try(
    facts: tuple[AnyEvent, ...], attempts: int, earlier: tuple[str, ...]
) -> None:
    last = told_of(PlannedStep("fit"), *facts)[-1]
    assert (last.attempts, last.earlier) == (attempts, earlier)


def test_a_mapped_step_counts_no_time_since_its_elements_were_found() -> None:
    """What they take is told when each has ended: the seconds since then would count it twice."""
    told = told_of(PlannedStep("fit"), *FINDS, *FOUND)
    assert [step.started for step in told] == [None, 1.0, 1.0, None]


def test_what_a_callback_failed_with_is_told_of_its_step_else_of_the_run() -> None:
    view = RunView("1", "made", started=1.0, reason="stopped", steps={"a": StepView("a", PlannedStep("a"))})
    view.called.append(CallbackNoted("tell", "tell failed: no", has_failed=True))
    view.steps["a"].called.append(CallbackNoted("look", "look printed: hm", "a"))
    view.steps["a"].called.append(CallbackNoted("look", "look failed: no", "a", has_failed=True))
    board = board_of(view)
    assert board.heading.run is not None
    assert board.heading.run.reason == "stopped · tell failed: no"
    assert board.steps[0].notes == ("look failed: no", "look printed: hm")


def test_a_step_that_repeats_says_its_round_and_no_share_of_the_rounds_that_it_may_take() -> None:
    loop = PlannedStep("loop", options=StepOptions(repeat_while="loss > 1", at_most=10))
    view = RunView("1", "made", steps={"loop": StepView("loop", loop)})
    said = "round 3 of at most 10"
    for seq, fact in enumerate(
        (AttemptStarted("loop", 1, 7, "host"), ProgressReported("loop", 1, 2, 10, said))
    ):
        apply(Record("1", seq, float(seq), fact), view)
    (step,) = board_of(view).steps
    assert step.progress == said
    assert status_line(view.steps["loop"]) == "round 3 of ≤ 10"
    assert remaining_text(view.steps["loop"], now=10.0, before=0.0) == ""
