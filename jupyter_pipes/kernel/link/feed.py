"""Tells every front end that listens how the boards of a kernel's pipelines change."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_pipes.display.board.changes import difference
from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.board.model import Board, BoardMessage, BoardShown
from jupyter_pipes.display.board.standing import shows_result
from jupyter_pipes.kernel.link.showing import ShownView
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.kernel.sessions import Sessions
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.version import __version__

_INTERVAL = 0.1
_MOST_LISTENERS = 12


class Feed:
    """Pushes the boards of a kernel's pipelines to the comms that were opened for it, then what changes.

    Args:
        sessions: whose pipelines and runs it shows.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._listeners: list[_Listener] = []
        self._lock = threading.Lock()
        self._views: dict[str, ShownView] = {}
        self._pacer = Pacer(self._tell, interval=_INTERVAL)
        sessions.watch(self._pacer.request)

    def open(self, comm: Any) -> None:
        """Tell this comm the boards, and from now on their changes, until it is closed."""
        for session in self._sessions.all:
            session.join()
        with self._lock:
            listener = _Listener(comm)
            listener.tell(self._boards())
            # A page that was closed in a hurry could not say so.
            self._listeners = [*self._listeners[1 - _MOST_LISTENERS :], listener]
        comm.on_close(partial(self._close, listener))

    def _close(self, listener: _Listener, message: object) -> None:
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not listener]

    def _tell(self) -> None:
        with self._lock:
            boards = self._boards() if self._listeners else {}
            for listener in self._listeners:
                listener.tell(boards)

    def _boards(self) -> dict[str, Board]:
        in_use = self._sessions.in_use
        return {
            session.used_as: self._board(session, is_in_use=session is in_use)
            for session in self._sessions.all
        }

    def _board(self, session: Session, *, is_in_use: bool) -> Board:
        pipeline = session.upcoming()
        problems = pipeline.graph.diagnostics
        cells = {cell.number: cell.id for cell in pipeline.cells}
        shown = self._views.setdefault(session.used_as, ShownView(session))
        view = shown.now()
        nested = [step for name, step in shown.steps().items() if is_child(name)]
        words = session.stale_words()
        # A kept run may have failed where an earlier one left a result.
        failed = {name for name, step in view.steps.items() if not shows_result(step)}
        stale = {name: why for name, why in words.items() if name not in failed}
        sweep = session.sweep
        sweeping = sweep.id if sweep is not None and not sweep.has_ended else ""
        board = board_of(view, stale=stale, problems=problems, cells=cells, sweeping=sweeping, nested=nested)
        return replace(board, heading=replace(board.heading, in_use=is_in_use))


class _Listener:
    """A comm with the boards that its other end knows."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self._known: dict[str, tuple[int, Board]] = {}

    def tell(self, boards: Mapping[str, Board]) -> None:
        """Tell what is different from what it knows."""
        for pipeline, board in boards.items():
            message = self._message(pipeline, board)
            if message is not None:
                self._known[pipeline] = message.number, board
                self._comm.send(msgspec.to_builtins(message))

    def _message(self, pipeline: str, board: Board) -> BoardMessage | None:
        if pipeline not in self._known:
            now = time.time()
            return BoardShown(number=0, time=now, pipeline=pipeline, package=__version__, board=board)
        number, known = self._known[pipeline]
        return difference(known, board, number + 1, time.time(), pipeline)
