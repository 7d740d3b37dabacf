"""The live widget's pieces on the screen: which ipywidgets there are, where they stand and how they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from jupyter_pipes.display.theme import DARK, DIFF_CSS, theme_css
from jupyter_pipes.kernel.widget.details import SECTIONS

PANE_WIDTH = 640.0
"""Width in px that the graph has beside the details in a usual window; a wider one scrolls in it."""

LEAST_HEIGHT, MOST_HEIGHT = 400.0, 700.0
"""Height of the graph's pane in px; a higher graph scrolls in it."""

_SIDE_WIDTH = "340px"
_LEAST_GRAPH_WIDTH = 420.0
_MOST_ROWS = 9

# The canvas knows no CSS colours: it is drawn for a light theme, and a dark theme turns its lightness round.
# Cytoscape keeps the canvas' place on the page, and looks again only when an animation has ended somewhere:
# without the invisible one, clicks miss once outputs further up have grown.
_CSS = f"""
.jupyter-pipes-live{{border:1px solid var(--jp-border-color2,#d0d7de);border-radius:6px;overflow:hidden}}
.jupyter-pipes-live .custom-widget{{background:transparent;resize:none;margin:0}}
.jupyter-pipes-live .custom-widget:hover{{border:none}}
{DARK} .jupyter-pipes-live .custom-widget canvas{{filter:invert(.93) hue-rotate(180deg)}}
.jupyter-pipes-head{{padding:6px 10px;border-bottom:1px solid var(--jp-border-color2,#d0d7de);
 align-items:center;gap:6px}}
.jupyter-pipes-head .widget-html-content>*{{margin-right:10px}}
.jupyter-pipes-head .widget-html{{min-width:0;overflow:hidden}}
.jupyter-pipes-head .widget-html-content,.jupyter-pipes-head .reason{{white-space:nowrap;overflow:hidden;
 text-overflow:ellipsis}}
.jupyter-pipes-head .clock{{font-variant-numeric:tabular-nums;display:inline-block;min-width:3em}}
.jupyter-pipes-graph{{overflow:auto;background:var(--jp-layout-color0,#fff)}}
.jupyter-pipes-graph:hover,.jupyter-pipes-head .clock{{animation:jupyter-pipes-look-again 1ms}}
@keyframes jupyter-pipes-look-again{{from{{outline-color:transparent}}to{{outline-color:transparent}}}}
.jupyter-pipes-graph>*{{margin:0 auto!important;flex:none}}
.jupyter-pipes-side{{box-shadow:-1px -1px 0 var(--jp-border-color2,#d0d7de)}}
.jupyter-pipes-side .widget-select{{width:auto;margin:8px 8px 4px;height:auto}}
.jupyter-pipes-side select{{width:100%;padding:2px 4px;
 font:12px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)}}
.jupyter-pipes-details{{padding:4px 10px 10px;overflow:auto}}
.jupyter-pipes-details .widget-html,.jupyter-pipes-head .widget-html{{margin:0;height:auto;min-height:0}}
.jupyter-pipes-details .widget-html-content,.jupyter-pipes-head .widget-html-content{{line-height:1.45;
 height:auto;color:var(--jp-ui-font-color1,#1f2328)}}
.jupyter-pipes-details>*{{flex:none}}
.jupyter-pipes-details table.facts td{{padding-right:10px}}
.jupyter-pipes-details table.facts td:last-child{{overflow-wrap:anywhere;padding-right:0}}
.jupyter-pipes-details .title{{margin-top:8px;font-weight:600}}
.jupyter-pipes-details .bar{{height:4px;margin:4px 0;border-radius:2px;overflow:hidden;
 background:var(--jp-layout-color2,#e5e7eb)}}
.jupyter-pipes-details .bar>div{{height:100%}}
"""


class Parts:
    """The pieces; their meaning and what happens on a click is `PipelineWidget`'s."""

    def __init__(self) -> None:
        import ipywidgets

        w = cast("Any", ipywidgets)
        self.header: Any = w.HTML(layout={"flex": "1 1 auto"})
        self.run: Any = self._button(w, "Run", "Run the pipeline")
        self.cancel: Any = self._button(w, "Cancel", "Cancel the run")
        self.stages: Any = self._button(w, "Collapse stages", "Show each stage as one node", "130px")
        self.smaller: Any = self._button(w, "−", "Show the graph smaller", "32px")  # noqa: RUF001 - a minus sign
        self.larger: Any = self._button(w, "+", "Show the graph larger", "32px")
        self.steps: Any = w.Select(options=[], index=None, rows=4)
        self.is_filling = False
        self._details: dict[str, Any] = {section: w.HTML() for section in SECTIONS}
        self._graph: Any = w.Box(layout={"min_width": "0"})
        details = w.VBox(list(self._details.values()), layout={"flex": "1 1 auto", "min_height": "0"})
        side_layout = {"flex": f"1 1 {_SIDE_WIDTH}", "min_width": "0"}
        self._side: Any = w.VBox([self.steps, details], layout=side_layout)
        head = w.HBox([self.header, self.run, self.cancel, self.stages, self.smaller, self.larger])
        body = w.HBox([self._graph, self._side], layout={"flex_flow": "row wrap"})
        style = w.HTML(f"<style>{theme_css()}{DIFF_CSS}{_CSS}</style>", layout={"display": "none"})
        self.root: Any = w.VBox([style, head, body])
        panes = {"head": head, "graph": self._graph, "side": self._side, "details": details}
        for name, pane in panes.items():
            pane.add_class(f"jupyter-pipes-{name}")
        self.root.add_class("jupyter-pipes")
        self.root.add_class("jupyter-pipes-live")

    def put_graph(self, graph: Any, width: float, height: float) -> None:
        """Put a graph of this size in px into its pane, in the place of the one before.

        Where the window has no room for both, the details stand below the graph, as high as they need to be.
        """
        pane = f"{min(max(height, LEAST_HEIGHT), MOST_HEIGHT):.0f}px"
        self._graph.layout.height = self._side.layout.max_height = pane
        self._graph.layout.flex = f"100 1 {max(min(width, PANE_WIDTH), _LEAST_GRAPH_WIDTH):.0f}px"
        self._graph.layout.align_items = "center" if height < LEAST_HEIGHT else "flex-start"
        self._graph.children = [graph]

    def put_stages(self, *, any_stages: bool, all_collapsed: bool) -> None:
        """Name the stages' button after what it does now; without stages there is none."""
        self.stages.layout.display = None if any_stages else "none"
        self.stages.description = "Expand stages" if all_collapsed else "Collapse stages"
        self.stages.tooltip = "Show every step" if all_collapsed else "Show each stage as one node"

    def put_steps(self, labels: tuple[str, ...], selected: int | None) -> None:
        """Fill the list of steps and mark the selected one; nothing is sent when nothing changed."""
        steps = self.steps
        if steps.options == labels and steps.index == selected:
            return
        self.is_filling = True
        try:
            with steps.hold_sync():
                if steps.options != labels:
                    steps.options = labels
                    steps.rows = min(max(len(labels), 2), _MOST_ROWS)
                steps.index = selected
        finally:
            self.is_filling = False

    def put_details(self, sections: Mapping[str, str]) -> None:
        """Fill the details; a section that stays the same keeps its scroll position and unfolded parts."""
        for name, part in self._details.items():
            part.value = sections[name]
            part.layout.display = None if sections[name] else "none"

    def _button(self, w: Any, description: str, tooltip: str, width: str = "84px") -> Any:
        return w.Button(description=description, tooltip=tooltip, layout={"width": width, "flex": "none"})


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
