"""Waiting in tests for something outside: it is looked at until a deadline, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(found: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Return the first true answer.

    Raises:
        TimeoutError: there was none; names `what` was waited for.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.02)
    raise TimeoutError(f"{what} did not come within {seconds} s")
