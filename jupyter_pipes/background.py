"""The one background thread of a process, with an event loop: controllers and executors live on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Return the running loop; its thread starts on the first call and ends with the process."""
    started = asyncio.new_event_loop()
    threading.Thread(target=started.run_forever, name="jupyter_pipes", daemon=True).start()
    return started


def call(function: Callable[[], Result]) -> Result:
    """Call `function` on the loop's thread and return what it returns (or raise what it raises)."""
    answer: Future[Result] = Future()

    def run() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            answer.set_exception(error)

    loop().call_soon_threadsafe(run)
    return answer.result()
