"""Messages are kept until they are known to have come over, and come in order, each under its number."""

from __future__ import annotations

import asyncio

from jupyter_pipes.execution.executors.remote.mailbox import Mailbox
from jupyter_pipes.execution.executors.remote.messages import event_of
from jupyter_pipes.model import events as ev


def noted(text: str) -> ev.NoteAdded:
    return ev.NoteAdded("a", 1, text)


def test_what_was_not_confirmed_comes_again_and_what_was_is_dropped() -> None:
    async def exchange() -> list[list[tuple[int, ev.AnyEvent]]]:
        box = Mailbox()
        box.put(noted("x"))
        box.put(noted("y"))
        answers = [
            await box.behind(0, 1),
            await box.behind(0, 1),
            await box.behind(1, 1),
            await box.behind(2, 0),
        ]
        return [[(each.number, event_of(each)) for each in answer] for answer in answers]

    first, repeated, rest, nothing = asyncio.run(exchange())
    assert first == repeated == [(1, noted("x")), (2, noted("y"))]
    assert rest == [(2, noted("y"))]
    assert nothing == []


def test_who_asks_before_there_is_anything_is_answered_when_there_is() -> None:
    async def exchange() -> int:
        box = Mailbox()
        asking = asyncio.ensure_future(box.behind(0, 60))
        await asyncio.sleep(0)
        box.put(noted("x"))
        (message,) = await asking
        return message.number

    assert asyncio.run(exchange()) == 1
