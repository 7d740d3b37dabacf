"""The end of a run, as those know of it who wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_pipes.model.errors import PipesError


class Ending(threading.Event):
    """Set when a run has ended; outlives what drove or followed it, which goes then with all that it knows.

    Attributes:
        error: why the run could not be driven, recorded or followed to its end, if it could not.
    """

    error: PipesError | None = None

    def __init__(self) -> None:
        super().__init__()
        self._behind: list[Callable[[], None]] = []

    def call_then(self, function: Callable[[], None]) -> None:
        """Have a function called once it is set, on the thread that sets it; that is this one."""
        self._behind.append(function)
        if self.is_set():
            function()

    def set(self) -> None:
        """Say that the run has ended."""
        if not self.is_set():
            super().set()
            for function in self._behind:
                function()
