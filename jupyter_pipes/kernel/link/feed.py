"""Tells every front end that listens how the board of a kernel's pipeline changes."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import msgspec

from jupyter_pipes.display.board.changes import difference
from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.board.model import Board, BoardMessage, BoardShown
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.version import __version__
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.pipeline import Pipeline

_INTERVAL = 0.1
_MOST_LISTENERS = 12


class Feed:
    """Pushes the board of a session to the comms that were opened for it, whole first, then what changes.

    Args:
        session: whose pipeline and run it shows.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._listeners: list[_Listener] = []
        self._lock = threading.Lock()
        self._idle: tuple[Pipeline, object, RunView] | None = None
        self._pacer = Pacer(self._tell, interval=_INTERVAL, tick=_INTERVAL, ticking=lambda: False)
        session.watch(self._pacer.request)

    def open(self, comm: Any) -> None:
        """Tell this comm the board, and from now on its changes, until it is closed."""
        with self._lock:
            listener = _Listener(comm, self._board())
            # A page that was closed in a hurry could not say so.
            self._listeners = [*self._listeners[1 - _MOST_LISTENERS :], listener]
        comm.on_close(partial(self._close, listener))

    def _close(self, listener: _Listener, message: object) -> None:
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not listener]

    def _tell(self) -> None:
        with self._lock:
            board = self._board() if self._listeners else None
            for listener in self._listeners:
                assert board is not None
                listener.tell(board)

    def _board(self) -> Board:
        session = self._session
        pipeline, run = session.upcoming(), session.run
        problems = pipeline.graph.diagnostics
        cells = {cell.number: cell.id for cell in pipeline.cells}
        view = _together(self._idle_view(pipeline), run.view if run is not None else None)
        return board_of(view, stale=session.stale_words(), problems=problems, cells=cells)

    def _idle_view(self, pipeline: Pipeline) -> RunView:
        """Return what is kept of the pipeline; looked for again when it changed, or when a run ended."""
        run = self._session.run
        ended = run.id if run is not None and run.has_ended else None
        if self._idle is None or self._idle[0] is not pipeline or self._idle[1] != ended:
            self._idle = (pipeline, ended, idle_view(pipeline))
        return self._idle[2]


class _Listener:
    """A comm with the board that its other end knows."""

    def __init__(self, comm: Any, board: Board) -> None:
        self._comm = comm
        self._number = 0
        self._known = board
        self._send(BoardShown(0, time.time(), __version__, board))

    def tell(self, board: Board) -> None:
        """Tell what is different from what it knows."""
        change = difference(self._known, board, self._number + 1, time.time())
        if change is not None:
            self._number, self._known = change.number, board
            self._send(change)

    def _send(self, message: BoardMessage) -> None:
        self._comm.send(msgspec.to_builtins(message))


def _together(idle: RunView, run: RunView | None) -> RunView:
    """Return the run with the steps of the pipeline as it is now: those that it has not, as they are kept."""
    if run is None:
        return idle
    steps = {name: _planned_now(run.steps.get(name), step) for name, step in idle.steps.items()}
    return msgspec.structs.replace(run, steps=steps)


def _planned_now(of_run: StepView | None, idle: StepView) -> StepView:
    return idle if of_run is None else msgspec.structs.replace(of_run, planned=idle.planned)
