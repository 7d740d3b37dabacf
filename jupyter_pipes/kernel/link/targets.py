"""The comms of the Lab extension: one that the kernel pushes on, and two on which it only answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_pipes.kernel.link.answers import Answers
    from jupyter_pipes.kernel.link.feed import Feed
    from jupyter_pipes.kernel.sessions import Sessions

EVENTS = "jupyter_pipes.events"
COMMANDS = "jupyter_pipes.commands"
READING = "jupyter_pipes.reading"
"""For what may take seconds: Lab has a thread for each target, and buttons must not wait for a comparison."""


class Link:
    """What a kernel has for front ends that ask for it; nothing of it is loaded before one does.

    Args:
        sessions: gives the kernel's pipelines.
    """

    def __init__(self, sessions: Callable[[], Sessions]) -> None:
        self._sessions = sessions
        # Lab answers each comm on a thread of its own, and two pages may come at once.
        self._making = threading.Lock()
        self._feed: Feed | None = None
        self._answers: Answers | None = None

    def register(self, comms: Any) -> None:
        """Take the comms that front ends open, from now on.

        Args:
            comms: the kernel's manager of comms.
        """
        comms.register_target(EVENTS, self._on_events)
        comms.register_target(COMMANDS, self._on_commands)
        comms.register_target(READING, self._on_commands)

    def _on_events(self, comm: Any, opening: Any) -> None:
        from jupyter_pipes.kernel.link.feed import Feed

        with self._making:
            self._feed = self._feed or Feed(self._sessions())
        self._feed.open(comm)

    def _on_commands(self, comm: Any, opening: Any) -> None:
        from jupyter_pipes.kernel.link.answers import Answers

        with self._making:
            self._answers = self._answers or Answers(self._sessions())
        self._answers.open(comm)
