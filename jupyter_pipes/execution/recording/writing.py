"""When the facts of a run are written: at once if anything is done by them, else with those that follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jupyter_pipes.execution.recording.recorder import Recorder

_TRY_AGAIN = 0.5
"""Seconds after which a history that others have locked is tried again."""

TOGETHER = 0.005
"""Seconds for which facts wait for others: a small step starts, stores and ends in one transaction."""


class Writing:
    """Writes what a recorder has; all happens on the loop's thread.

    Args:
        recorder: the run's.
        loop: the background thread's.
        go_on: called when something is due after a while.
    """

    def __init__(
        self, recorder: Recorder, loop: asyncio.AbstractEventLoop, go_on: Callable[[], None]
    ) -> None:
        self._recorder = recorder
        self._loop = loop
        self._go_on = go_on
        self._is_held_up = False
        self._later: asyncio.TimerHandle | None = None
        self._has_waited = False

    @property
    def is_due(self) -> bool:
        """Whether something is to be written at last."""
        return not (self._is_held_up or self._later or self._recorder.is_written)

    def write(self, *, at_once: bool) -> bool:
        """Write all that was added if it is time to; return whether it is written.

        Args:
            at_once: whether something waits for that.
        """
        if self._is_held_up:
            return False
        if not (at_once or self._has_waited or self._recorder.is_written):
            self._later = self._later or self._loop.call_later(TOGETHER, self._end_waiting)
            return False
        if self._later is not None:
            self._later.cancel()
        self._later, self._has_waited = None, False
        self._is_held_up = not self._recorder.write()
        if self._is_held_up:
            self._loop.call_later(_TRY_AGAIN, self._try_again)
        return not self._is_held_up

    def _end_waiting(self) -> None:
        self._later, self._has_waited = None, True
        self._go_on()

    def _try_again(self) -> None:
        self._is_held_up, self._has_waited = False, True
        self._go_on()
