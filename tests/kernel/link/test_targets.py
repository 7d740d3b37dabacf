"""Two pages that come at once, each on a thread of its own, are told of one session."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.kernel import sessions
from jupyter_pipes.kernel.link import answers, feed
from jupyter_pipes.kernel.link.targets import Link
from jupyter_pipes.kernel.magics import PipesMagics

PATIENCE = 0.3
"""Seconds in which a thread that nothing holds up has come to its end."""


class Made:
    """What is made once; another thread comes while the first one is being made.

    Args:
        other: what that thread does.
    """

    count = 0

    def __init__(self, other: threading.Thread) -> None:
        type(self).count += 1
        if type(self).count == 1:
            other.start()
            other.join(PATIENCE)

    def open(self, comm: Any) -> None:
        comm.append(self)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> type[Made]:
    class Counted(Made):
        count = 0

    for module, name in ((sessions, "Sessions"), (feed, "Feed"), (answers, "Answers")):
        monkeypatch.setattr(module, name, lambda *_, **__: Counted(thread.other))
    thread = SimpleNamespace()
    Counted.thread = thread  # type: ignore[attr-defined]
    return Counted


@pytest.mark.parametrize("target", ["_on_events", "_on_commands"])
def test_what_answers_pages_is_made_once(made: Any, target: str) -> None:
    link = Link(lambda: None)  # type: ignore[arg-type, return-value]
    opened: list[Any] = []
    made.thread.other = threading.Thread(target=getattr(link, target), args=(opened, None))
    getattr(link, target)(opened, None)
    made.thread.other.join()
    assert len(opened) == 2
    assert len(set(opened)) == made.count == 1


def test_the_session_is_made_once(made: Any) -> None:
    history = SimpleNamespace(input_hist_raw=[""])
    shell: Any = SimpleNamespace(configurables=[], user_ns={}, history_manager=history)
    magics = PipesMagics(shell)
    seen: list[Any] = []
    made.thread.other = threading.Thread(target=lambda: seen.append(magics.sessions))
    seen.append(magics.sessions)
    made.thread.other.join()
    assert len(seen) == 2
    assert len(set(seen)) == made.count == 1
