"""What a run would do, before it does it: which steps would run, why, and how long they took last time."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from jupyter_pipes.history.history import History
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import RunNotFound, UsageError
from jupyter_pipes.model.steps import JsonValue
from jupyter_pipes.model.views import RunView


class ForeseeRun(Request, frozen=True, tag="foresee"):
    """Say what a run of the notebook as it is shown would do.

    Attributes:
        steps: with what they need; all, if none is named.
        params: as for a run.
        only_stale: of the steps that are marked as stale, as "run stale" does, in place of `steps`.
    """

    steps: tuple[str, ...] = ()
    params: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    only_stale: bool = False


class ForeseenStep(Struct, frozen=True):
    """What a run would do with a step, and why; `seconds` is what it took last time, None if nobody knows."""

    name: str
    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]
    seconds: float | None


class RunForeseen(Struct, frozen=True):
    """What a run would do, in the order in which it could."""

    steps: tuple[ForeseenStep, ...]


def foresee_run(session: Session, request: ForeseeRun) -> RunForeseen:
    """Return what a run would do; nothing runs for it."""
    pipeline = session.upcoming()
    names = stale_steps(session) if request.only_stale else request.steps
    params = session.parameters if request.only_stale else request.params
    history = pipeline.workspace.history if pipeline.workspace.has_history else None
    seconds = LastSeconds(history, pipeline.name)
    return RunForeseen(
        tuple(
            ForeseenStep(planned.name, planned.decision, planned.reasons, seconds.of(planned.name))
            for planned, _ in pipeline.foreseen(*names, params=params)
        )
    )


def stale_steps(session: Session) -> tuple[str, ...]:
    """Return the steps that are marked as stale.

    Raises:
        UsageError: there are none.
    """
    stale = session.stale_words()
    names = tuple(step.name for step in session.upcoming().graph.steps if step.name in stale)
    if not names:
        raise UsageError("no step is stale: all results that are kept still fit")
    return names


class LastSeconds:
    """What the steps of a pipeline took when they were last completed.

    Args:
        history: the runs; None if nothing was ever kept.
        pipeline: its name.
    """

    def __init__(self, history: History | None, pipeline: str) -> None:
        self._history = history
        self._newest = history.newest_results(pipeline) if history else {}
        self._views: dict[str, RunView | None] = {}

    def of(self, step: str) -> float | None:
        """Return the wall time in seconds, None if nobody knows."""
        result = self._newest.get(step)
        view = self._view(result.run) if result else None
        made = view.steps.get(step) if view else None
        completed = made.latest.usage.seconds if made and made.latest else 0.0
        return completed or None

    def _view(self, run: str) -> RunView | None:
        if run not in self._views:
            self._views[run] = self._kept(run)
        return self._views[run]

    def _kept(self, run: str) -> RunView | None:
        try:
            return self._history.view(run) if self._history else None
        except RunNotFound:
            # `gc` took the run, and left its result.
            return None
