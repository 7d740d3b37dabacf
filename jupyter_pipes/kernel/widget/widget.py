"""The live widget of a run: header, graph, list of steps and details; and its still for saved notebooks."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from jupyter_pipes.display.graph.fitting import arrange_within, folded_in, stages_of
from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.display.graph.unfolding import unfolded
from jupyter_pipes.display.heading import heading_html
from jupyter_pipes.display.looks import NOTHING
from jupyter_pipes.display.outputs import bundle_html
from jupyter_pipes.display.steps.details import StepFacts, step_sections
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.kernel.widget.canvas import MOST_ELEMENTS, GraphPane, PicturePane
from jupyter_pipes.kernel.widget.gates import GateBar, OnAnswer
from jupyter_pipes.kernel.widget.parts import LEAST_SCALE, MOST_HEIGHT, PANE_WIDTH, Parts, close_all
from jupyter_pipes.kernel.widget.steplist import StepList
from jupyter_pipes.kernel.widget.still import Still
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.quantities import until_next
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView

if TYPE_CHECKING:
    from jupyter_pipes.planning.explanation import Explanation

_INTERVAL = 0.1
_TICK = 1.0
_REDRAW_INTERVAL, _REDRAW_SHARE = 1.0, 20
_MOST_STEPS = 300
_SCALES = (0.3, 0.4, 0.55, 0.8, 1.0, 1.3, 1.7)


class DetailSource(Protocol):
    """Where the details of a step come from that a view does not hold."""

    def log_tail(self, step: str) -> str:
        """Return the last lines (about 200) of a step's log, with ANSI colours; "" when there is none.

        That of a cached step is of the run whose outputs it took.
        """
        ...

    def shown_attempt(self, step: str) -> AttemptView | None:
        """Return the attempt whose log a step shows; None when there was none."""
        ...

    def seconds_before(self, step: str | None = None) -> float:
        """Return what a step, or the whole run, took the last time before, in seconds; 0 if nobody knows."""
        ...

    def preview(self, ref: ArtifactRef) -> dict[str, str]:
        """Return a look inside an artifact by MIME type: `text/html`, `text/plain` or base64 `image/png`."""
        ...

    def why(self, step: StepView) -> Explanation:
        """Return why a step is stale, or else why it was decided as it was, with what changed."""
        ...

    def inside(self, step: StepView) -> RunView | None:
        """Return how the pipeline stands that a step is; None where that is not known."""
        ...


class PipelineWidget:
    """Shows a run while it goes on, and answers clicks.

    `update` may be called from any thread, as often as events come. The graph's positions never change
    unless a stage or a pipeline in it is opened or closed, the run shows an edge that the code does not, or
    `replace` brings another graph.

    Args:
        view: the run as it is now; one with `started` 0 was not started yet.
        source: gives logs and previews of the selected step.
        on_run: called when "Run" is pressed; None leaves the button disabled.
        on_cancel: called when "Cancel" is pressed; None leaves the button disabled.
        on_answer: called when "Approve" or "Refuse" is pressed; None leaves the buttons disabled.
    """

    def __init__(
        self,
        view: RunView,
        *,
        source: DetailSource,
        on_run: Callable[[], None] | None = None,
        on_cancel: Callable[[], None] | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self._view = view
        self._source = source
        self._on_run, self._on_cancel = on_run, on_cancel
        self._chosen: str | None = None
        self._collapsed = _collapsed_at_first(view)
        self._unfolded: frozenset[str] = frozenset()
        self._previews: dict[str, str] = {}
        self._reasons: dict[tuple[str, ...], str] = {}
        self._stale: Mapping[str, str] = NOTHING
        self._graph: GraphPane | PicturePane | None = None
        name = f"jupyter-pipes-of-{uuid.uuid4().hex}"
        self._still = Still(name)
        self._lock = threading.RLock()
        self._is_closed = False
        self._pacer = Pacer(self._refresh, interval=_INTERVAL, pause=self._pause)
        self._steps = StepList(self._select, self._unfold)
        self._gates = GateBar(on_answer)
        self._parts = Parts(name, self._steps.widget, self._gates.widget)
        self._wire()
        self._draw_graph()
        self._refresh()

    @property
    def widget(self) -> Any:
        """The ipywidgets widget, for putting it into another one."""
        return self._parts.root

    def update(self, view: RunView) -> None:
        """Show the run as it is now, within 0.3 s; returns at once."""
        self._view = view
        self._pacer.request()

    def mark(self, stale: Mapping[str, str]) -> None:
        """Show these steps as stale, with the reason, and no others; returns at once, from any thread."""
        self._stale = stale
        self._pacer.request()

    def replace(self, view: RunView) -> None:
        """Show another run or another graph, laid out anew where the steps differ."""
        with self._lock:
            self._view = view
            if _plans(view.steps) != [plan for plan in self._drawn if not is_child(plan.name)]:
                self._chosen = self._chosen if self._chosen in view.steps else None
                self._collapsed = _collapsed_at_first(view)
                self._draw_graph()
        self._pacer.request()

    def show(self) -> None:
        """Display the live widget, and below it the still that a saved notebook shows in its place."""
        from IPython import display

        live = dict(self._parts.root._repr_mimebundle_())
        cast("Any", display).display(
            {**live, "text/plain": f"Pipeline {self._view.pipeline}", "text/html": ""}, raw=True
        )
        self._still.show(self._view, self._stale)
        self._pacer.request()

    def settle(self) -> None:
        """Bring everything up to date before this returns: a kernel may end right after its last cell."""
        self._refresh()
        self._still.settle(self._view, self._stale)

    def close(self) -> None:
        """Stop updating and take the widget away: the still stays, as it is in the end."""
        self._pacer.close()
        with self._lock:
            self._is_closed = True
            if self._graph is not None:
                self._graph.close()
            close_all(self._parts.root)
        self._still.settle(self._view, self._stale)

    def _wire(self) -> None:
        parts = self._parts
        clicks: dict[Any, Callable[[], None] | None] = {
            parts.run: self._on_run,
            parts.cancel: self._on_cancel,
            parts.stages: self._toggle_all,
            parts.pipelines: self._unfold_all,
            parts.fit: self._fit,
            parts.unselect: partial(self._select, ""),
            parts.larger: partial(self._zoom, 1),
            parts.smaller: partial(self._zoom, -1),
        }
        for button, action in clicks.items():
            if action is not None:
                button.on_click(partial(_press, action))

    def _draw_graph(self) -> None:
        view, steps, started = self._view, self._shown_steps(), time.monotonic()
        self._drawn = _plans(steps)
        layout = pane_layout(self._drawn, self._collapsed)
        # The whole graph in the pane, but never too small to read.
        self._whole = max(min(1.0, PANE_WIDTH / layout.width, MOST_HEIGHT / layout.height), LEAST_SCALE)
        self._scale = self._whole
        if len(layout.nodes) + len(layout.edges) > MOST_ELEMENTS:
            pane: GraphPane | PicturePane = PicturePane(view, steps, layout, scale=self._scale)
        else:
            pane = GraphPane(
                steps,
                layout,
                scale=self._scale,
                on_select=self._select,
                on_toggle=self._toggle,
                on_unfold=self._unfold,
            )
        self._parts.put_graph(pane.widget, layout.width * self._scale, self._scale)
        self._parts.put_fitted(is_fitted=True)
        stages = _stages(view)
        self._parts.put_stages(
            any_stages=bool(stages), all_collapsed=bool(stages) and self._collapsed == stages
        )
        self._parts.put_pipelines(any_pipelines=bool(layout.unfoldable), any_unfolded=bool(layout.unfolded))
        if self._graph is not None:
            self._graph.close()
        self._graph = pane
        self._redraw_due = time.monotonic() + max(
            _REDRAW_INTERVAL, _REDRAW_SHARE * (time.monotonic() - started)
        )

    def _redraw_if_edges_changed(self, steps: Mapping[str, StepView], *, running: bool) -> None:
        """Draw edges that were seen since: of a run under way now and then, in the end at once."""
        if _plans(steps) != self._drawn and not (running and time.monotonic() < self._redraw_due):
            self._draw_graph()

    def _pause(self) -> float | None:
        """Return when something goes on by itself: time, and what a selected step prints; None if nothing."""
        view, steps = self._view, self._shown_steps()
        if not _is_running(view):
            return None
        selected = self._selected(steps)
        is_followed = selected is not None and not steps[selected].status.is_final
        return _TICK if is_followed else until_next(view.seconds_until(time.time()))

    def _refresh(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            view, now = self._view, time.time()
            running, steps = _is_running(view), self._shown_steps()
            self._redraw_if_edges_changed(steps, running=running)
            stale = len(self._stale.keys() & view.steps.keys())
            last = self._source.seconds_before()
            self._parts.header.value = heading_html(view, stale=stale, now=now, last=last)
            self._parts.run.disabled = running or self._on_run is None
            self._parts.cancel.disabled = not running or self._on_cancel is None
            selected = self._selected(steps)
            if self._graph is not None:
                self._graph.update(view, steps, selected, self._stale)
            self._gates.show(view.gates)
            self._steps.show(steps.values(), self._stale, selected, self._unfolded)
            self._parts.put_details(self._details(steps[selected], now) if selected else {})
        self._still.update(view, self._stale)

    def _shown_steps(self) -> dict[str, StepView]:
        """Return the steps, behind those that are unfolded the steps of their pipelines."""
        return unfolded(self._view, self._unfolded, self._source.inside)

    def _selected(self, steps: Mapping[str, StepView]) -> str | None:
        """Return the step whose details are shown: the chosen one, else the first that failed."""
        if self._chosen is not None:
            return self._chosen if self._chosen in steps else None
        own = self._view.steps.values()
        return next((step.name for step in own if step.status is Status.FAILED), None)

    def _details(self, step: StepView, now: float) -> dict[str, str]:
        selected = step.name
        about = StepFacts(
            log=self._source.log_tail(selected),
            shown=self._source.shown_attempt(selected),
            why=self._why(step),
            stale=self._stale.get(selected, ""),
            seconds_before=self._source.seconds_before(selected),
        )
        return step_sections(self._view, step, about, self._preview, now)

    def _preview(self, ref: ArtifactRef) -> str:
        if ref.digest not in self._previews:
            bundle = self._source.preview(ref)
            shown = bundle_html({"data": bundle, "metadata": {}}) if bundle else ""
            self._previews[ref.digest] = shown
        return self._previews[ref.digest]

    def _why(self, step: StepView) -> str:
        """Return the reasons with diffs, read from the history once for each decision or mark."""
        mark = self._stale.get(step.name, "")
        if not (mark or step.decision_reasons):
            return ""
        about = (step.name, mark, step.compared, step.parts, *step.decision_reasons)
        if about not in self._reasons:
            # Loaded with the first click: a kernel starts sooner without it.
            from jupyter_pipes.display.tables import reasons_html

            self._reasons[about] = "".join(reasons_html(self._source.why(step)))
        return self._reasons[about]

    def _select(self, step: str) -> None:
        """Show the details of a step, "" for none."""
        self._chosen = step
        self._refresh()

    def _toggle(self, stage: str) -> None:
        self._collapse(self._collapsed ^ {stage})

    def _toggle_all(self) -> None:
        self._collapse(frozenset() if self._collapsed == _stages(self._view) else _stages(self._view))

    def _collapse(self, stages: frozenset[str]) -> None:
        with self._lock:
            self._collapsed = stages
            self._draw_graph()
        self._refresh()

    def _unfold(self, step: str) -> None:
        """Draw the steps of the pipeline that a step is, or fold them."""
        self._put_unfolded(self._unfolded ^ {step})

    def _unfold_all(self) -> None:
        own = self._view.steps.values()
        pipelines = frozenset(step.name for step in own if step.planned.options.pipeline)
        self._put_unfolded(frozenset() if self._unfolded else pipelines)

    def _put_unfolded(self, steps: frozenset[str]) -> None:
        with self._lock:
            self._unfolded = steps
            self._draw_graph()
        self._refresh()

    def _zoom(self, direction: int) -> None:
        with self._lock:
            scales = sorted({*_SCALES, self._scale})
            place = scales.index(self._scale) + direction
            self._scale = scales[min(max(place, 0), len(scales) - 1)]
            self._parts.put_fitted(is_fitted=False)
            if self._graph is not None:
                self._graph.resize(self._scale)

    def _fit(self) -> None:
        with self._lock:
            self._scale = self._whole
            self._parts.put_fitted(is_fitted=True)
            if self._graph is not None:
                self._graph.resize(self._scale)


def pane_layout(steps: Sequence[PlannedStep], collapsed: frozenset[str] | None = None) -> Layout:
    """Lay a graph out so that it can be read in the pane, also beside Lab's panel.

    Args:
        collapsed: stages to draw as one node; None for as many as it takes.
    """
    return arrange_within(steps, PANE_WIDTH, MOST_HEIGHT, collapsed, ("LR", "TB"))


def _press(action: Callable[[], None], _button: Any) -> None:
    action()


def _is_running(view: RunView) -> bool:
    return view.started > 0 and not view.status.is_final


def _stages(view: RunView) -> frozenset[str]:
    return stages_of(_plans(view.steps))


def _collapsed_at_first(view: RunView) -> frozenset[str]:
    links = sum(len(set(step.planned.upstream)) for step in view.steps.values())
    if len(view.steps) > _MOST_STEPS or len(view.steps) + links > MOST_ELEMENTS:
        return _stages(view)
    return folded_in(pane_layout(_plans(view.steps)), _plans(view.steps))


def _plans(steps: Mapping[str, StepView]) -> list[PlannedStep]:
    return [step.planned for step in steps.values()]
