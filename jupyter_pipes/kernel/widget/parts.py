"""The live widget's pieces on the screen: which ipywidgets there are, where they stand and how they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from jupyter_pipes.display.graph.density import NAME_SIZE
from jupyter_pipes.display.graph.fitting import READABLE_SIZE
from jupyter_pipes.display.steps.details import SECTIONS
from jupyter_pipes.kernel.widget.style import fitting_css, live_css

PANE_WIDTH = 560.0
"""Width in px of the graph's pane in a window of 1440 px, beside Lab's panel; in less it is drawn smaller."""

MOST_HEIGHT = 700.0
"""Height in px that a graph is drawn smaller for; one that is much higher scrolls."""

LEAST_SCALE = READABLE_SIZE / NAME_SIZE
"""A graph that would have to be smaller than this to be seen whole is not drawn so at first."""

_SIDE_WIDTH = "340px"
_LEAST_GRAPH_WIDTH = 420.0


class Parts:
    """The pieces; their meaning and what happens on a click is `PipelineWidget`'s.

    Args:
        name: a class of this widget alone.
        steps: the list of steps.
        gates: what waits for approval.
    """

    def __init__(self, name: str, steps: Any, gates: Any) -> None:
        import ipywidgets

        w = cast("Any", ipywidgets)
        self._name = name
        self.header: Any = w.HTML(layout={"flex": "1 1 300px"})
        self.run: Any = _button(w, "Run", "Run the pipeline", "play")
        self.cancel: Any = _button(w, "Cancel", "Cancel the run", "stop")
        self.stages: Any = _button(w, "Collapse stages", "Show each stage as one node", "object-group")
        self.pipelines: Any = _button(w, "Unfold pipelines", "", "sitemap")
        self.fit: Any = _button(w, "Fit", "Show the whole graph", "expand")
        self.smaller: Any = _button(w, "−", "Show the graph smaller")  # noqa: RUF001 - a minus sign
        self.larger: Any = _button(w, "+", "Show the graph larger")
        self.unselect: Any = _button(w, "✕", "Close the details")
        self._details: dict[str, Any] = {section: w.HTML() for section in SECTIONS}
        self._graph: Any = w.Box()
        self._fits: Any = w.HTML(layout={"display": "none"})
        details = w.VBox(list(self._details.values()))
        left = self._left = w.VBox([self._graph, steps], layout={"min_width": "0"})
        side_layout = {"flex": f"1 1 {_SIDE_WIDTH}", "min_width": "0", "display": "none"}
        self._side: Any = w.VBox([self.unselect, details], layout=side_layout)
        buttons = w.HBox(
            [self.run, self.cancel, self.stages, self.pipelines, self.fit, self.smaller, self.larger]
        )
        head = w.HBox([self.header, buttons], layout={"flex_flow": "row wrap"})
        body = w.HBox([left, self._side], layout={"flex_flow": "row wrap"})
        style = w.HTML(f"<style>{live_css()}</style>", layout={"display": "none"})
        self.root: Any = w.VBox([style, self._fits, head, gates, body])
        panes = {
            "head": head,
            "buttons": buttons,
            "graph": self._graph,
            "side": self._side,
            "details": details,
        }
        for pane_name, pane in panes.items():
            pane.add_class(f"jupyter-pipes-{pane_name}")
        for kind in ("jupyter-pipes", "jupyter-pipes-live", name):
            self.root.add_class(kind)

    def put_graph(self, graph: Any, width: float, scale: float) -> None:
        """Put a graph of this width in px into its pane, in the place of the one before.

        Where the window has no room for both, the details stand below the graph.

        Args:
            scale: size of a layout's px in it.
        """
        self._left.layout.flex = f"100 1 {max(min(width, PANE_WIDTH), _LEAST_GRAPH_WIDTH):.0f}px"
        self._fits.value = f"<style>{fitting_css(self._name, width, scale)}</style>"
        self._graph.children = [graph]

    def put_fitted(self, *, is_fitted: bool) -> None:
        """Draw the graph smaller where its pane is narrow, or let it scroll there."""
        change = self._graph.add_class if is_fitted else self._graph.remove_class
        change("jupyter-pipes-fitted")

    def put_stages(self, *, any_stages: bool, all_collapsed: bool) -> None:
        """Name the stages' button after what it does now; without stages there is none."""
        self.stages.layout.display = None if any_stages else "none"
        self.stages.description = "Expand stages" if all_collapsed else "Collapse stages"
        self.stages.icon = "object-ungroup" if all_collapsed else "object-group"
        self.stages.tooltip = "Show every step" if all_collapsed else "Show each stage as one node"

    def put_pipelines(self, *, any_pipelines: bool, any_unfolded: bool) -> None:
        """Name the button of pipelines that are steps after what it does now; without any there is none."""
        self.pipelines.layout.display = None if any_pipelines else "none"
        self.pipelines.description = "Fold pipelines" if any_unfolded else "Unfold pipelines"
        steps = (
            "Show each pipeline as one node" if any_unfolded else "Show the steps of pipelines in the graph"
        )
        self.pipelines.tooltip = steps

    def put_details(self, sections: Mapping[str, str]) -> None:
        """Fill the details; a section that stays the same keeps its scroll position and unfolded parts.

        Without any section the graph has the whole width.
        """
        self._side.layout.display = None if sections else "none"
        for name, part in self._details.items():
            part.value = sections.get(name, "")
            part.layout.display = None if part.value else "none"


def _button(w: Any, description: str, tooltip: str, icon: str = "") -> Any:
    return w.Button(description=description, tooltip=tooltip, icon=icon, layout={"flex": "none"})


def close_all(root: Any) -> None:
    """Close a widget with its parts (children, nodes, layouts, styles), in the front end as well."""
    import ipywidgets

    kind: Any = cast("Any", ipywidgets).Widget
    waiting, closed = [root], set[int]()
    while waiting:
        widget = waiting.pop()
        if id(widget) in closed:
            continue
        closed.add(id(widget))
        for value in widget.trait_values().values():
            held = list(cast("Any", value)) if isinstance(value, list | tuple) else [value]
            waiting += [each for each in held if isinstance(each, kind)]
        widget.close()
