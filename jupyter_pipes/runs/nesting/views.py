"""How the pipelines stand that steps are: as their runs went or go on, or as they are read, not run yet."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import PipesError, RunNotFound
from jupyter_pipes.model.mapping.children import inner_name, is_child, step_of
from jupyter_pipes.model.planned import PlannedStep
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.pipelines.options.nesting import file_and_name
from jupyter_pipes.runs.contents import nested_run
from jupyter_pipes.runs.elsewhere.following import attach
from jupyter_pipes.runs.run import Run

if TYPE_CHECKING:
    from jupyter_pipes.runs.nesting.runnable import RunnablePipeline

_MOST_KEPT = 50
"""Runs that are held for the next look."""


class NestedViews:
    """The pipelines that steps of one are, and of those in turn; from any thread.

    Args:
        pipeline: gives the one whose steps they are.
        load: reads a notebook or a module, of several pipelines in it the one of a name.
        changed: called, from any thread, when something happened in one of their runs.
    """

    def __init__(
        self,
        pipeline: Callable[[], RunnablePipeline],
        load: Callable[[Path, str | None], RunnablePipeline],
        changed: Callable[[], None],
    ) -> None:
        self._pipeline, self._load = pipeline, load
        self.changed = changed
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._read: dict[str, tuple[float, RunView | None]] = {}

    def of(self, step: StepView) -> RunView | None:
        """Return how the pipeline stands that a step is; None if it is none, or cannot be read."""
        if not step.planned.options.pipeline:
            return None
        with self._lock:
            run = self._run(step)
            return run.view if run is not None else self._not_run_yet(step)

    def place_of(self, run: Run, step: str) -> tuple[Run, str] | None:
        """Return the run that a step is of, and its name there: `load` of `prep[load]`.

        Args:
            run: the run whose step the outermost is.
            step: the name; None comes back for a step of a pipeline that has no run.
        """
        while is_child(step):
            with self._lock:
                nested = self._run(run.step(step_of(step)))
            if nested is None:
                return None
            run, step = nested, inner_name(step)
        return run, step

    def _run(self, step: StepView) -> Run | None:
        """Return the run of the pipeline that a step is, live while it goes on; None if it had none."""
        name = nested_run(step)
        if name:
            return self._held(name, is_over=step.status.is_final)
        source = self._held(step.source_run, is_over=True) if step.source_run else None
        if source is None or not source.view.has(step.source_step):
            return None
        return self._run(source.view.step(step.source_step))

    def _held(self, name: str, *, is_over: bool) -> Run | None:
        """Return a run; one that is followed may be behind what its step says of its end."""
        held = self._runs.get(name)
        if held is not None and (held.status.is_final or not is_over):
            return held
        with suppress(RunNotFound):
            run = Run(self._pipeline().workspace, name)
            if not (run.status.is_final or is_over):
                run = attach(run)
                run.subscribe(lambda view, record: self.changed())
            self._runs[name] = run
            for oldest in [*self._runs][:-_MOST_KEPT]:
                del self._runs[oldest]
            return run
        return None

    def _not_run_yet(self, step: StepView) -> RunView | None:
        file, name = file_and_name(step.planned.options.pipeline)
        path = Path(os.path.normpath(self._pipeline().directory / file))
        changed = path.stat().st_mtime if path.exists() else 0.0
        known = self._read.get(step.planned.options.pipeline)
        if known is None or known[0] != changed:
            known = self._read[step.planned.options.pipeline] = (changed, self._view_of(path, name))
        return known[1]

    def _view_of(self, path: Path, name: str | None) -> RunView | None:
        try:
            pipeline = self._load(path, name)
        except PipesError:
            # Whoever plans or runs it is told what is wrong.
            return None
        names = {step.name for step in pipeline.graph.steps}
        planned = (PlannedStep.of(step, names) for step in pipeline.graph.steps)
        steps = {step.name: StepView(step.name, step, reason="not run yet") for step in planned}
        return RunView("", pipeline.name, pipeline.version, steps=steps)
