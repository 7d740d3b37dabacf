"""Finds stale steps in the background, after cells and runs; the kernel never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from jupyter_pipes.errors import PipesError
from jupyter_pipes.pacing import Pacer
from jupyter_pipes.staleness import stale

if TYPE_CHECKING:
    from jupyter_pipes.decision import Decision
    from jupyter_pipes.pipeline import Pipeline

_INTERVAL = 1.0
"""Least seconds between two looks: many cells that run in a row are hardly slowed down by them."""


class Marks:
    """Looks which steps are stale, whenever it is asked to, and tells it.

    Args:
        pipeline: gives the pipeline as it is now; called on another thread.
        given: the parameter values that a run now would be given; called on another thread.
        tell: called on another thread with the stale steps and what decides it. A pipeline with problems,
            or without a history, has none.
    """

    def __init__(
        self,
        pipeline: Callable[[], Pipeline],
        given: Callable[[], Mapping[str, object]],
        tell: Callable[[dict[str, Decision]], None],
    ) -> None:
        self._pipeline, self._given, self._tell = pipeline, given, tell
        self._lock = threading.Lock()
        self._looks = 0
        self._pacer = Pacer(self._look, interval=_INTERVAL, tick=_INTERVAL, ticking=lambda: False)

    def request(self) -> None:
        """Look soon; returns at once."""
        self._pacer.request()

    def take_back(self) -> None:
        """Tell that nothing is stale; what is being looked at just now will not be told."""
        with self._lock:
            self._looks += 1
            self._tell({})

    def _look(self) -> None:
        look = self._looks
        found = self._find()
        with self._lock:
            if look == self._looks:
                self._tell(found)

    def _find(self) -> dict[str, Decision]:
        try:
            pipeline = self._pipeline()
            if not pipeline.workspace.has_history:
                return {}
            return stale(pipeline.foreseen(params=self._given()))
        except (PipesError, OSError):
            # Whoever plans or runs it is told what is wrong.
            return {}
