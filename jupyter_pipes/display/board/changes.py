"""`difference` and `apply`: from one board to the next, in as few words as the change has."""

from __future__ import annotations

from jupyter_pipes.display.board.model import Board, BoardChanged, BoardMessage, BoardShown


def difference(
    before: Board, after: Board, number: int, time: float, pipeline: str = ""
) -> BoardChanged | None:
    """Return what to tell who knows `before`; None if nothing changed.

    Args:
        number, time, pipeline: as the message has them.
    """
    old = before.by_name
    steps = tuple(step for step in after.steps if old.get(step.name) != step)
    order = tuple(step.name for step in after.steps)
    change = BoardChanged(
        number,
        time,
        heading=None if after.heading == before.heading else after.heading,
        steps=steps,
        order=None if order == tuple(old) else order,
        problems=None if after.problems == before.problems else after.problems,
        pipeline=pipeline,
    )
    is_empty = not steps and change.heading is None and change.order is None and change.problems is None
    return None if is_empty else change


def apply(board: Board | None, message: BoardMessage) -> Board:
    """Return the board behind a message: the fold that every front end has in its own language.

    Raises:
        ValueError: a change of a board that was never shown.
    """
    if isinstance(message, BoardShown):
        return message.board
    if board is None or not isinstance(message, BoardChanged):
        raise ValueError(f"{message} comes before the board was shown")
    steps = {**board.by_name, **{step.name: step for step in message.steps}}
    order = tuple(board.by_name) if message.order is None else message.order
    return Board(
        board.heading if message.heading is None else message.heading,
        tuple(steps[name] for name in order),
        board.problems if message.problems is None else message.problems,
    )
