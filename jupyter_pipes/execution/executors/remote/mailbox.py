"""What an attempt reported, numbered and kept until its executor has it."""

from __future__ import annotations

import asyncio
from collections import deque

from jupyter_pipes.execution.executors.remote.messages import Message, message
from jupyter_pipes.model import events as ev


class Mailbox:
    """Keeps messages until they are known to have come over: a cut connection loses none."""

    def __init__(self) -> None:
        self._kept: deque[Message] = deque()
        self._count = 0
        self._arrived = asyncio.Event()

    def put(self, event: ev.AnyEvent) -> None:
        """Keep an event under the next number."""
        self._count += 1
        self._kept.append(message(self._count, event))
        self._arrived.set()

    async def behind(self, number: int, patience: float) -> tuple[Message, ...]:
        """Drop all messages up to `number`; return those behind it, or none after `patience` seconds."""
        while self._kept and self._kept[0].number <= number:
            self._kept.popleft()
        if not self._kept:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), patience)
            except TimeoutError:
                return ()
        return tuple(self._kept)
