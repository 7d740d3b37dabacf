"""A board is told in changes, and whoever folds them has it whole: here, and in the Lab extension."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_pipes.display.board.changes import apply, difference
from jupyter_pipes.display.board.model import Board, BoardShown, BoardStep, Heading, Problem
from jupyter_pipes.model.steps import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import FIXTURES, NAMES, fixture, last_board, messages

STEP = BoardStep(
    name="a",
    cell=None,
    status=Status.PENDING,
    reason="",
    stale="",
    stale_word="",
    started=None,
    seconds=0.0,
    share=None,
    progress="",
    attempts=0,
    earlier=(),
    queue="local",
    host="",
    source_run="",
    stage=None,
    upstream=(),
    reads={},
    writes=(),
    metrics={},
    notes=(),
    error=None,
    gate=None,
)
STEPS = st.builds(
    lambda name, status, stale: replace(STEP, name=name, status=status, stale=stale),
    st.sampled_from("abcde"),
    st.sampled_from(Status),
    st.sampled_from(["", "code changed"]),
)
BOARDS = st.builds(
    Board,
    st.builds(Heading, st.sampled_from(["p", "q"]), st.just("1.0.0"), st.none()),
    st.lists(STEPS, unique_by=lambda step: step.name).map(tuple),
    st.lists(st.just(Problem("JP001", "x", "error", None, None, 1)), max_size=1).map(tuple),
    st.lists(STEPS, max_size=2, unique_by=lambda step: step.name).map(tuple),
)


@given(BOARDS, BOARDS)
def test_the_difference_leads_from_one_board_to_the_other(before: Board, after: Board) -> None:
    change = difference(before, after, 1, 0.0)
    assert (before if change is None else apply(before, change)) == after


@given(BOARDS)
def test_nothing_is_told_of_a_board_that_stays(board: Board) -> None:
    assert difference(board, board, 1, 0.0) is None


def test_only_the_step_that_changed_is_told() -> None:
    before = Board(Heading("p", "1.0.0", None), (STEP, replace(STEP, name="b")), ())
    after = replace(before, steps=(STEP, replace(STEP, name="b", status=Status.RUNNING)))
    change = difference(before, after, 7, 0.0)
    assert change is not None
    assert ([step.name for step in change.steps], change.heading, change.order) == (["b"], None, None)


def test_a_change_before_the_board_was_shown_is_an_error() -> None:
    change = difference(
        Board(Heading("p", "", None), (), ()), Board(Heading("p", "", None), (STEP,), ()), 1, 0.0
    )
    assert change is not None
    with pytest.raises(ValueError, match="before the board was shown"):
        apply(None, change)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_told_in_messages_is_the_board_of_its_fold(name: str) -> None:
    board = None
    for message in messages(name):
        assert isinstance(message, BoardShown) == (board is None)
        board = apply(board, message)
    assert board == last_board(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_extension_is_tested_with_is_what_is_told_now(name: str) -> None:
    """Else: `python tests/display/board/recorded.py`."""
    assert (FIXTURES / f"{name}.json").read_bytes() == fixture(name)
