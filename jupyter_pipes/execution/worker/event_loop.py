"""The event loop that a step's cells run in: one for the whole step, as a kernel has one for all cells."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterable
from contextlib import contextmanager
from typing import Any

_TURNS = 10
"""How often the loop turns when a cell has ended, so that what the cell scheduled can begin."""


class EventLoop:
    """Runs cells that await in a loop, and, for steps that need one, all cells."""

    def __init__(self) -> None:
        self.is_always_running = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, sources: Iterable[str]) -> None:
        """Let the loop run in all cells if the step's code asks for a running loop.

        Code that starts loops itself (`asyncio.run`), which a running one forbids, gets none.
        """
        texts = [text for text in sources if "asyncio" in text]
        starts = any("asyncio.run(" in text or "run_until_complete" in text for text in texts)
        self.is_always_running = bool(texts) and not starts

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a cell to its end, in the kernel's own thread as well, whose loop is running already."""
        running = asyncio._get_running_loop()
        if running is not None and running is self._loop:
            # A cell inside of a cell: the loop cannot be entered again, and what awaits nothing needs not.
            return _run_without_waiting(coroutine)
        asyncio._set_running_loop(None)
        loop = self._loop = self._loop or asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(_and_a_few_turns(coroutine))
        finally:
            asyncio._set_running_loop(running)

    @contextmanager
    def closed_behind(self) -> Generator[None]:
        """Cancel what still runs, and close the loop, when the step has ended."""
        running = asyncio._get_running_loop()
        try:
            yield
        finally:
            loop, self._loop = self._loop, None
            self.is_always_running = False
            if loop is not None:
                asyncio._set_running_loop(None)
                for task in asyncio.all_tasks(loop):
                    task.cancel()
                loop.run_until_complete(asyncio.sleep(0))
                loop.close()
                asyncio.set_event_loop(running)
                asyncio._set_running_loop(running)


async def _and_a_few_turns(coroutine: Coroutine[Any, Any, Any]) -> Any:
    result = await coroutine
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return result


def _run_without_waiting(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    raise RuntimeError("a cell inside of a cell cannot await: await in the step's own cell")
