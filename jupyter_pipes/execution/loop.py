"""The one background thread of a process, with an event loop: controllers and executors live on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.system.threads import OURS, own_pool

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


_starting = threading.Lock()

_LONG = 3600.0
"""Seconds that outlast the end of a process."""


def loop() -> asyncio.AbstractEventLoop:
    """Return the running loop; its thread starts on the first call and ends with the process."""
    with _starting:
        return _started()[0]


@cache
def _started() -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
    started = asyncio.new_event_loop()
    started.set_default_executor(own_pool())
    thread = threading.Thread(target=started.run_forever, name=OURS, daemon=True)
    thread.start()
    return started, thread


def refuse_to_wait(what: str) -> None:
    """Raise an error where waiting would be for ever: on the thread that all runs are driven on.

    Args:
        what: what would be waited for, in words.

    Raises:
        UsageError: this is that thread: a subscriber of a run calls.
    """
    if _started.cache_info().currsize and threading.current_thread() is _started()[1]:
        raise UsageError(
            f"{what} cannot be waited for by a subscriber of a run: runs go on when it returns; "
            "wait on a thread of its own"
        )


def call(function: Callable[[], Result]) -> Result:
    """Call `function` on the loop's thread and return what it returns (or raise what it raises)."""
    running = loop()
    if threading.current_thread() is _started()[1]:
        # A subscriber calls from there; waiting for itself would be for ever.
        return function()
    answer: Future[Result] = Future()

    def run() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:  # raised again in the caller's thread
            answer.set_exception(error)

    running.call_soon_threadsafe(run)
    return answer.result()


async def in_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call `function` on a thread of its own and return what it returns (or raise what it raises).

    In a process that ends this never returns: who waits for it ends as well, like everything of a process
    that is killed, and the next one finds a run that was interrupted.
    """
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except RuntimeError:
        if not _process_ends():
            raise
        while True:
            # The loop holds who sleeps: what nobody holds would be told of, as destroyed while it waits.
            await asyncio.sleep(_LONG)


def _process_ends() -> bool:
    """Return whether the interpreter goes down: then no pool takes anything any more."""
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(int)
    except RuntimeError:
        return True
    return False
