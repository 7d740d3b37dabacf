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
from jupyter_pipes.display.board.standing import shows_result
from jupyter_pipes.kernel.link.showing import ShownView
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.version import __version__

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
        self._view = ShownView(session)
        self._pacer = Pacer(self._tell, interval=_INTERVAL, tick=_INTERVAL, ticking=lambda: False)
        session.watch(self._pacer.request)

    def open(self, comm: Any) -> None:
        """Tell this comm the board, and from now on its changes, until it is closed."""
        self._session.join()
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
        pipeline = session.upcoming()
        problems = pipeline.graph.diagnostics
        cells = {cell.number: cell.id for cell in pipeline.cells}
        view, words = self._view.now(), session.stale_words()
        # A kept run may have failed where an earlier one left a result.
        failed = {name for name, step in view.steps.items() if not shows_result(step)}
        stale = {name: why for name, why in words.items() if name not in failed}
        sweep = session.sweep
        sweeping = sweep.id if sweep is not None and not sweep.has_ended else ""
        return board_of(view, stale=stale, problems=problems, cells=cells, sweeping=sweeping)


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
