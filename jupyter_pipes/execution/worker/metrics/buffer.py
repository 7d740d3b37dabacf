"""Metrics on their way out of an attempt: told many at a time, and before what happens behind them."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from jupyter_pipes.execution.worker.held_files import FileLost
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.shown.series import MetricPoints

INTERVAL = 0.1
"""Seconds that a value waits at most for others to be told with."""

MOST_POINTS = 10_000
"""So many values are told without waiting."""


_FULL = 3 * MOST_POINTS


class MetricBuffer:
    """Collects an attempt's metrics between it and who takes its events, from any of its threads.

    Args:
        job: the attempt.
        report: takes each event.
    """

    def __init__(self, job: Job, report: Callable[[ev.AnyEvent], None]) -> None:
        self._step, self._attempt = job.step.name, job.attempt
        self._report = report
        self._last: dict[str, float] = {}
        # Name, value and place of each, in one row: a million objects would keep the garbage collector busy.
        self._points: deque[Any] = deque()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._told = -math.inf
        self._is_of_copy = False

    def add(self, name: str, value: float, at: float | None) -> None:
        """Take a value of a metric; it is told within `INTERVAL`."""
        self._points.extend((name, value, at))
        if self._timer is None or len(self._points) >= _FULL:
            self._tell_if_due()

    def report(self, event: ev.AnyEvent) -> None:
        """Tell an event behind all metrics that came before it."""
        with self._lock:
            self._tell()
            self._report(event)

    def last_values(self) -> dict[str, float]:
        """Return the last value of each metric."""
        with self._lock:
            self._tell()
            return dict(self._last)

    def hold(self) -> None:
        """Tell everything and let none in up to `go_on`: the process is about to be copied (`os.fork`)."""
        # Its own thread forgets it when it has told.
        timer = self._timer
        if timer is not None:
            # Python warns of a fork beside threads.
            timer.cancel()
            timer.join()
        self._lock.acquire()
        self._tell()

    def go_on(self, *, is_copy: bool) -> None:
        """Go on in the process that was copied, or in the copy: that may end at any time, without a word."""
        self._is_of_copy = self._is_of_copy or is_copy
        self._lock.release()

    def _tell_if_due(self) -> None:
        with self._lock:
            is_due = time.monotonic() - self._told >= INTERVAL or len(self._points) >= _FULL
            if is_due or self._is_of_copy or not self._wait():
                self._tell()

    def _wait(self) -> bool:
        """Have what is there told in a moment; return False where no thread can be started for it."""
        if self._timer is None:
            timer = threading.Timer(INTERVAL, self._tell_late)
            timer.daemon = True
            try:
                timer.start()
            except RuntimeError:
                return False
            self._timer = timer
        return True

    def _tell_late(self) -> None:
        # A pipe that is gone is told of by the attempt's next event.
        with self._lock, contextlib.suppress(FileLost):
            self._tell()

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._points:
            self._report(ev.MetricsReported(self._step, self._attempt, self._taken()))
            self._told = time.monotonic()

    def _taken(self) -> dict[str, MetricPoints]:
        """Return what waits, by name."""
        series: dict[str, tuple[list[float], list[float | None]]] = {}
        take = self._points.popleft
        for _ in range(len(self._points) // 3):
            name, value, at = take(), take(), take()
            values, places = series.get(name) or series.setdefault(name, ([], []))
            values.append(value)
            places.append(at)
        self._last |= {name: values[-1] for name, (values, _) in series.items()}
        return {name: _points(values, places) for name, (values, places) in series.items()}


def _points(values: list[float], places: list[float | None]) -> MetricPoints:
    is_placed = any(place is not None for place in places)
    numbers = tuple(value if math.isfinite(value) else _word(value) for value in values)
    return MetricPoints(numbers, tuple(places) if is_placed else ())


def _word(value: float) -> str:
    """Return a number that JSON lacks as a word."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
