"""Calls a function after requests, but only so often: many requests make one call, the last is never lost."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Pacer:
    """Calls `action` on a thread of its own, at most once per `interval` seconds.

    It calls soon after each `request`, and without one after each `pause`. Its thread starts with the first
    request and ends when there is nothing left to do; a later request starts another.

    Args:
        action: what to call; an exception in it is raised to the thread's excepthook and ends the thread.
        interval: least time in seconds between two calls' starts.
        pause: returns after how many seconds to call without a request; None for not at all.
    """

    def __init__(
        self,
        action: Callable[[], None],
        *,
        interval: float,
        pause: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._action = action
        self._interval = interval
        self._pause = pause
        self._lock = threading.Lock()
        self._requested = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._started = -math.inf

    def request(self) -> None:
        """Have `action` called soon; returns at once, from any thread."""
        with self._lock:
            self._requested.set()
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="jupyter-pipes-display", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Call `action` no more; a call under way ends by itself."""
        self._closed.set()
        self._requested.set()

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._started = time.monotonic()
                self._requested.clear()
                self._action()
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _wait_for_work(self) -> bool:
        """Wait for a request or the end of a pause, then for its time; False when this thread may end."""
        self._requested.wait(self._pause() or 0)
        if self._requested.is_set():
            self._closed.wait(max(0.0, self._started + self._interval - time.monotonic()))
        with self._lock:
            is_idle = not self._requested.is_set() and self._pause() is None
            if is_idle or self._closed.is_set():
                self._thread = None
                return False
            return True
