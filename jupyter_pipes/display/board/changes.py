"""`difference` and `apply`: from one board to the next, in as few words as the change has."""

from __future__ import annotations

from jupyter_pipes.display.board.model import Board, BoardChanged, BoardMessage, BoardShown, BoardStep

Steps = tuple[BoardStep, ...]


def difference(
    before: Board, after: Board, number: int, time: float, pipeline: str = ""
) -> BoardChanged | None:
    """Return what to tell who knows `before`; None if nothing changed.

    Args:
        number, time, pipeline: as the message has them.
    """
    steps, order = _news(before.steps, after.steps)
    nested, nested_order = _news(before.nested, after.nested)
    change = BoardChanged(
        number,
        time,
        heading=None if after.heading == before.heading else after.heading,
        steps=steps,
        order=order,
        problems=None if after.problems == before.problems else after.problems,
        nested=nested,
        nested_order=nested_order,
        pipeline=pipeline,
    )
    return None if after == before else change


def _news(before: Steps, after: Steps) -> tuple[Steps, tuple[str, ...] | None]:
    """Return the new and the changed steps, and the names of all if they are others, or in another order."""
    old = {step.name: step for step in before}
    order = tuple(step.name for step in after)
    changed = tuple(step for step in after if old.get(step.name) != step)
    return changed, None if order == tuple(old) else order


def apply(board: Board | None, message: BoardMessage) -> Board:
    """Return the board behind a message: the fold that every front end has in its own language.

    Raises:
        ValueError: a change of a board that was never shown.
    """
    if isinstance(message, BoardShown):
        return message.board
    if board is None or not isinstance(message, BoardChanged):
        raise ValueError(f"{message} comes before the board was shown")
    return Board(
        board.heading if message.heading is None else message.heading,
        _renewed(board.steps, message.steps, message.order),
        board.problems if message.problems is None else message.problems,
        _renewed(board.nested, message.nested, message.nested_order),
    )


def _renewed(steps: Steps, changed: Steps, order: tuple[str, ...] | None) -> Steps:
    by_name = {step.name: step for step in (*steps, *changed)}
    names = [step.name for step in steps] if order is None else order
    return tuple(by_name[name] for name in names)
