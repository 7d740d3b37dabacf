"""The live graphs that a kernel shows: each is one run's, or waits for its first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from jupyter_pipes.kernel.cell_outputs import LOG_TAIL
from jupyter_pipes.kernel.durations import LastTimes
from jupyter_pipes.kernel.widget.widget import PipelineWidget
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.planning.explanation import Explanation
from jupyter_pipes.runs.nesting.views import NestedViews
from jupyter_pipes.runs.run import Run

MOST_LIVE = 5
"""Graphs that answer clicks; of earlier ones the picture stays, so that hundreds of runs take no room."""

Why = Callable[[StepView, Run | None], Explanation]
"""Returns why a step of a run (of none, before the first) is stale, or else why it was decided so."""


class LiveGraphs:
    """Graphs that follow their runs; what a later run does is not theirs. The newest are live.

    Args:
        why: tells the reasons.
        on_run: starts a run when "Run" is pressed; it is shown in that graph.
        nested: the pipelines that steps are.
    """

    def __init__(self, *, why: Why, on_run: Callable[[], None], nested: NestedViews) -> None:
        self._why = why
        self._on_run = on_run
        self._nested = nested
        self._graphs: list[_Graph] = []
        self._pressed: _Graph | None = None

    def show(self, run: Run | None, view: RunView, stale: Mapping[str, str]) -> None:
        """Display a graph in the cell that runs now.

        Args:
            run: whose it is; None while none was started.
            view: what it shows.
            stale: the steps to mark, with why.
        """
        graph = _Graph(run, view, self._why, self._press, self._nested)
        self._graphs.append(graph)
        graph.widget.mark(stale)
        graph.widget.show()
        self._close_earlier()

    def _close_earlier(self) -> None:
        """Close the earliest graphs beyond `MOST_LIVE`; one whose run goes on stays."""
        closable = [graph for graph in self._graphs[:-1] if graph.run is None or graph.run.has_ended]
        for graph in closable[: max(len(self._graphs) - MOST_LIVE, 0)]:
            self._graphs.remove(graph)
            graph.widget.close()

    def follow(self, run: Run) -> None:
        """Show a new run in the graph whose button started it, and in those that had no run; from now on."""
        pressed, self._pressed = self._pressed, None
        for graph in self._graphs:
            if graph is pressed or graph.run is None:
                graph.bind(run)

    def replace_idle(self, view: Callable[[], RunView]) -> None:
        """Show the pipeline as it is defined now where no run was started."""
        for graph in self._of(None):
            graph.widget.replace(view())

    def update(self, run: Run, view: RunView) -> None:
        """Show how a run stands; returns at once."""
        for graph in self._of(run):
            graph.widget.update(view)

    def mark(self, run: Run | None, stale: Mapping[str, str]) -> None:
        """Mark these steps as stale, and no others, in the graphs of a run, or in those that have none."""
        for graph in self._of(run):
            graph.widget.mark(stale)

    def settle(self, run: Run | None) -> None:
        """Bring the graphs of a run up to date before this returns."""
        for graph in self._of(run):
            graph.widget.settle()

    def _of(self, run: Run | None) -> list[_Graph]:
        return [graph for graph in self._graphs if graph.run is run]

    def _press(self, graph: _Graph) -> None:
        self._pressed = graph
        try:
            self._on_run()
        finally:
            self._pressed = None


class _Graph:
    """A widget with the run that it shows, which is where its details come from."""

    def __init__(
        self,
        run: Run | None,
        view: RunView,
        why: Why,
        press: Callable[[_Graph], None],
        nested: NestedViews,
    ) -> None:
        self.run = run
        self._last = LastTimes(run) if run is not None else None
        self._why = why
        self.inside, self._place_of = nested.of, nested.place_of
        self.widget = PipelineWidget(
            view, source=self, on_run=partial(press, self), on_cancel=self._cancel, on_answer=self._answer
        )

    def bind(self, run: Run) -> None:
        """Show this run from now on."""
        self.run, self._last = run, LastTimes(run)
        self.widget.replace(run.view)

    def log_tail(self, step: str) -> str:
        """Return the end of what a step printed; of a cached one, in the run whose outputs it took."""
        place = self._place_of(self.run, step) if self.run is not None else None
        return place[0].logs(place[1], tail=LOG_TAIL) if place else ""

    def shown_attempt(self, step: str) -> AttemptView | None:
        """Return the attempt whose log a step shows."""
        place = self._place_of(self.run, step) if self.run is not None else None
        return place[0].shown_attempt(place[1])[1] if place else None

    def seconds_before(self, step: str | None = None) -> float:
        """Return what a step, or the whole run, took the last time before."""
        if self._last is None:
            return 0.0
        return self._last.of_run() if step is None else self._last.of_step(step)

    def preview(self, ref: ArtifactRef) -> dict[str, str]:
        """Return a look inside an artifact."""
        return self.run.preview(ref) if self.run is not None else {}

    def why(self, step: StepView) -> Explanation:
        """Return why a step is stale, or else why it was decided so."""
        return self._why(step, self.run)

    def _answer(self, step: str, approved: bool, reason: str) -> None:
        if self.run is not None:
            (self.run.approve if approved else self.run.refuse)(step, reason)

    def _cancel(self) -> None:
        if self.run is not None:
            self.run.cancel()
