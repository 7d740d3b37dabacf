"""SIGINT and SIGTERM: until a run is there they are remembered, then they cancel it."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_AGAIN = 0.05
"""Seconds after which a signal is sent again that came where what it raises would be lost."""

_IMPORTED = ("cb", "<frozen importlib._bootstrap>")
"""Name and file of what Python calls when the lock of an import is freed."""


class Interrupts:
    """Both signals, taken over for the time of a `with` block on the main thread.

    A signal that comes while a run is being started must not lose the run: it is held back and raised as
    `KeyboardInterrupt` by `release`. From then on a signal raises at once.
    """

    def __init__(self) -> None:
        self._held = False
        self._released = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        # A shell starts background jobs with SIGINT ignored; that stays so.
        taken = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._take) for number in taken}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def release(self) -> None:
        """Let signals raise from here on; one that was held back raises now."""
        self._released = True
        if self._held:
            raise KeyboardInterrupt

    def wait(self, run: Run) -> None:
        """Wait for a run's end; the first signal cancels it, another one raises `KeyboardInterrupt`.

        A run that another process drives is left by the first one, and goes on.
        """
        from jupyter_pipes.runs.start import wait_or_cancel

        wait_or_cancel(run, self.release)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._held = True
        if self._released and _is_lost_in(frame):
            threading.Timer(_AGAIN, os.kill, (os.getpid(), number)).start()
        elif self._released:
            raise KeyboardInterrupt


def _is_lost_in(frame: FrameType | None) -> bool:
    """Return whether Python only prints what is raised there: while it frees an object.

    A step that is debugged imports in this thread, and each import frees its lock by such a callback.
    """
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or (code.co_name, code.co_filename) == _IMPORTED:
            return True
        frame = frame.f_back
    return False
