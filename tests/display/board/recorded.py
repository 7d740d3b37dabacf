"""Recorded runs as a front end is told them; `python tests/display/board/recorded.py` writes what Jest reads.

The journals in `journals/` were recorded once, of real runs: one event a line, as the history keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.display.board.changes import difference
from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.board.model import Board, BoardMessage, BoardShown
from jupyter_pipes.model.events import Record
from jupyter_pipes.model.fold import apply, fold
from jupyter_pipes.model.views import RunView

JOURNALS = Path(__file__).parent / "journals"
FIXTURES = Path(__file__).parents[3] / "labextension" / "tests" / "journals"
NAMES = tuple(path.stem for path in sorted(JOURNALS.glob("*.jsonl")))


def records(name: str) -> list[Record]:
    """Return a recorded journal."""
    lines = (JOURNALS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=Record) for line in lines]


def messages(name: str) -> Iterator[BoardMessage]:
    """Yield what a front end is told when it listens from the first record on."""
    view, shown, number = RunView(name), None, 0
    for record in records(name):
        apply(record, view)
        board = board_of(view)
        if shown is None:
            yield BoardShown(number=0, time=record.time, package="0", board=board)
        elif change := difference(shown, board, number + 1, record.time):
            number = change.number
            yield change
        shown = board


def last_board(name: str) -> Board:
    """Return the board of the run as Python folds it."""
    return board_of(fold(name, records(name)))


def fixture(name: str) -> bytes:
    """Return what Jest reads: the messages, and the board that they come to."""
    told: dict[str, Any] = {"messages": list(messages(name)), "board": last_board(name)}
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


if __name__ == "__main__":
    for each in NAMES:
        (FIXTURES / f"{each}.json").write_bytes(fixture(each))
