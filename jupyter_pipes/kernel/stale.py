"""Which steps are stale: looked for in the background, seldom, and never told when overtaken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.model.errors import PipesError

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.planning.plan import PlannedDecision
    from jupyter_pipes.runs.pipeline import Pipeline


_INTERVAL = 1.0
"""Least seconds between two looks: many cells that run in a row are hardly slowed down by them."""


class Marks:
    """Looks which steps are stale, whenever it is asked to, and tells it.

    Args:
        pipeline: gives the pipeline as it is now; called on another thread.
        parameters: the parameter values that a run now would be given; called on another thread.
        tell: called on another thread with the stale steps and what decides it. A pipeline with problems,
            or without a history, has none.
    """

    def __init__(
        self,
        pipeline: Callable[[], Pipeline],
        parameters: Callable[[], Mapping[str, object]],
        tell: Callable[[dict[str, Decision]], None],
    ) -> None:
        self._pipeline, self._parameters, self._tell = pipeline, parameters, tell
        self._lock = threading.Lock()
        self._looks = 0
        self._pacer = Pacer(self._look, interval=_INTERVAL)

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
        decisions = self._find()
        with self._lock:
            if look == self._looks:
                self._tell(decisions)

    def _find(self) -> dict[str, Decision]:
        try:
            pipeline = self._pipeline()
            has_history = pipeline.workspace.has_history
            return stale(pipeline.foreseen(params=self._parameters())) if has_history else {}
        except (PipesError, OSError):
            # Whoever plans or runs it is told what is wrong.
            return {}


def stale(foreseen: Iterable[tuple[PlannedDecision, Decision]]) -> dict[str, Decision]:
    """Return the steps with a kept result that a run now would not just reuse, with what decides it.

    A step that never had a result is not stale, nor is one that runs whatever is kept (`--always`); and what
    only hangs on the outputs of such a one is not either: no run would ever take its mark away.

    Args:
        foreseen: as `Pipeline.foreseen` gives it, each step behind those that it reads from.
    """
    decisions: dict[str, Decision] = {}
    changing: set[str] = set()
    for planned, decision in foreseen:
        step = planned.step
        if decision.decision == "depends" and changing.isdisjoint(step.makers):
            continue
        if decision.decision != "cached" and decision.compared is not None:
            decisions[step.name] = decision
            changing.add(step.name)
        elif decision.is_first:
            changing.add(step.name)
    return decisions
