"""SIGINT and SIGTERM: until a run is there they are remembered, then they cancel it."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        if self._released:
            raise KeyboardInterrupt
