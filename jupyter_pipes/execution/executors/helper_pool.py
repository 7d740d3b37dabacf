"""The helpers of one machine: one for the run's own environment, some for those that steps have."""

from __future__ import annotations

import asyncio

from jupyter_pipes.execution.environments.launching import Launch
from jupyter_pipes.execution.executors.helper import Helper, Owner

_MOST = 4
"""Helpers that are kept for environments of steps: each holds the packages that its steps import."""


class Helpers:
    """Starts helper processes, and keeps them for the attempts to come.

    Args:
        owner: who is told what they report.
        loop: the loop of the background thread.
    """

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        self._loop = loop
        self._plain: Helper | None = None
        self._own: dict[Launch, Helper] = {}

    def plain(self, launch: Launch, python_path: tuple[str, ...]) -> Helper:
        """Return the helper for the run's own environment; one that does not fit any more takes no more."""
        if self._plain is None or not self._plain.serves(launch, python_path):
            if self._plain is not None:
                self._plain.retire()
            self._plain = Helper(self._owner, self._loop, launch)
        return self._plain

    def own(self, launch: Launch, python_path: tuple[str, ...]) -> Helper:
        """Return the helper for an environment of steps; the one that was not asked for longest may go."""
        helper = self._own.pop(launch, None)
        if helper is None or not helper.serves(launch, python_path):
            if helper is not None:
                helper.retire()
            helper = Helper(self._owner, self._loop, launch)
        self._own[launch] = helper
        while len(self._own) > _MOST:
            self._own.pop(next(iter(self._own))).retire()
        return helper

    def forget(self, helper: Helper) -> None:
        """Learn that a helper died; a new one is started when it is needed."""
        if self._plain is helper:
            self._plain = None
        self._own = {launch: each for launch, each in self._own.items() if each is not helper}

    def close(self) -> None:
        """End all of them."""
        for helper in (*([self._plain] if self._plain else []), *self._own.values()):
            helper.close()
        self._plain, self._own = None, {}
