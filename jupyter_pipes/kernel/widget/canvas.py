"""The live graph: a layout as an ipycytoscape canvas whose nodes change in place, never their positions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.display.graph.density import FOLD_SIZE
from jupyter_pipes.display.graph.layering import Point
from jupyter_pipes.display.graph.layout import NAME_SIZE, TITLE_HEIGHT, Box, Layout, data_name
from jupyter_pipes.display.graph.picture import joint_status, node_line, node_name, svg
from jupyter_pipes.display.graph.routing import Edge, polyline
from jupyter_pipes.display.graph.text_size import ellipsised, text_width
from jupyter_pipes.display.looks import LOOKS, NOTHING, STALE, is_maybe, running_share
from jupyter_pipes.kernel.widget.parts import close_all
from jupyter_pipes.kernel.widget.stylesheet import stylesheet

if TYPE_CHECKING:
    from jupyter_pipes.model.views import RunView, StepView

Steps = Mapping[str, "StepView"]
"""The steps of a run by name, with those of pipelines that are unfolded."""

MOST_ELEMENTS = 450
"""More nodes and edges than this are not drawn live: each of them is a widget of its own, about 6 ms."""

_FOLD = "fold"
"""Begins the id of what unfolds a node."""

_CURVE_PIECES = 6
_PICTURE_INTERVAL = 1.0


class GraphPane:
    """The canvas with one node per step, collapsed stage, stage frame and stage title.

    Args:
        steps: what the layout places.
        layout: where they stand.
        scale: size of a layout's px on the screen.
        on_select: called with a step's name when its node is clicked.
        on_toggle: called with a stage's name when its title, or its one node, is clicked.
        on_unfold: called with a step's name when what unfolds its pipeline, or folds it, is clicked.
    """

    def __init__(
        self,
        steps: Steps,
        layout: Layout,
        *,
        scale: float,
        on_select: Callable[[str], None],
        on_toggle: Callable[[str], None],
        on_unfold: Callable[[str], None],
    ) -> None:
        self._layout = layout
        self._on_select, self._on_toggle, self._on_unfold = on_select, on_toggle, on_unfold
        self._nodes: dict[str, Any] = {}
        self._heads: dict[str, Any] = {}
        self.widget = self._canvas(steps, scale)

    def update(self, view: RunView, steps: Steps, selected: str | None, stale: Mapping[str, str]) -> None:
        """Show the nodes' present statuses: only what changed is sent, nothing moves."""
        for node, (label, classes, stops) in self._faces(steps, selected, stale).items():
            shown = self._nodes[node]
            if node in self._heads:
                _say(self._heads[node], label)
                label = ""
            data = {**shown.data, "label": label, "stops": stops}
            with shown.hold_sync():
                if data != dict(shown.data):
                    shown.data = data
                if classes != shown.classes:
                    shown.classes = classes

    def resize(self, scale: float) -> None:
        """Show the graph at another scale, wholly in its canvas."""
        with self.widget.layout.hold_sync():
            self.widget.layout.width, self.widget.layout.height = _pixels(self._layout, scale)
        self.widget.cytoscape_layout = _preset(scale)

    def close(self) -> None:
        """Take the canvas and all that belongs to it out of the front end."""
        for part in (self.widget, *self.widget.former_graphs):
            close_all(part)

    def _faces(
        self, steps: Steps, selected: str | None, stale: Mapping[str, str]
    ) -> dict[str, tuple[str, str, str]]:
        """Return label, classes and the progress' gradient stops of each node that can change."""
        return {
            node: _face(steps, node, self._layout, stale, selected=node == selected)
            for node in self._layout.members
        }

    def _canvas(self, steps: Steps, scale: float) -> Any:
        import ipycytoscape

        cyto = cast("Any", ipycytoscape)
        layout = self._layout
        frames = [
            part
            for stage, box in layout.groups.items()
            for part in _frame(stage, layout.titles.get(stage, stage), box)
        ]
        for node, (label, classes, stops) in self._faces(steps, None, NOTHING).items():
            box = layout.nodes[node]
            if node in layout.unfolded:
                self._heads[node] = _head(node, label, box)
                label = ""
            size = (box.width, box.height)
            self._nodes[node] = _node(node, box.centre, size, classes, label=label, stops=stops)
        folds = [_fold(node, layout) for node in layout.unfoldable]
        graph = cyto.Graph()
        with graph.hold_sync():
            boxes = [self._nodes[node] for node in layout.unfolded]
            others = [shown for node, shown in self._nodes.items() if node not in layout.unfolded]
            graph.nodes.extend([*boxes, *frames, *others, *self._heads.values(), *folds])
            edges = enumerate(self._layout.edges)
            graph.edges.extend([_edge(number, edge, self._layout) for number, edge in edges])
        widget = _canvas_kind()(
            graph=graph,
            cytoscape_layout=_preset(scale),
            cytoscape_style=stylesheet(),
            user_zooming_enabled=False,
            # The canvas is as large as the graph: what is dragged in it is only lost.
            user_panning_enabled=False,
            auto_ungrabify=True,
            # ipycytoscape would show this key of a clicked node as HTML: it names none.
            tooltip_source="",
        )
        widget.layout.width, widget.layout.height = _pixels(self._layout, scale)
        widget.on("node", "click", self._clicked)
        return widget

    def _clicked(self, event: Mapping[str, Any]) -> None:
        node = str(event["data"]["id"])
        kind, colon, name = node.partition(":")
        if data_name(node):
            return
        if not colon:
            self._on_select(node)
        elif kind == _FOLD:
            self._on_unfold(name)
        else:
            self._on_toggle(name)


class PicturePane:
    """The graph of very many steps as a picture, drawn again at most once a second; clicks do nothing."""

    def __init__(self, view: RunView, steps: Steps, layout: Layout, *, scale: float) -> None:
        import ipywidgets

        self._layout, self._scale = layout, scale
        self._due = 0.0
        self.widget: Any = cast("Any", ipywidgets).HTML()
        self.update(view, steps, None, NOTHING)

    def update(self, view: RunView, steps: Steps, selected: str | None, stale: Mapping[str, str]) -> None:
        """Draw the present statuses, if it is due or no run is going on."""
        if time.monotonic() < self._due and view.started and not view.status.is_final:
            return
        self._due = time.monotonic() + _PICTURE_INTERVAL
        width, _ = _pixels(self._layout, self._scale)
        picture = svg(view, self._layout, stale, steps).replace(
            "max-width:100%", f"width:{width};max-width:none", 1
        )
        if picture != self.widget.value:
            self.widget.value = picture

    def resize(self, scale: float) -> None:
        """Show the picture at another scale."""
        old, _ = _pixels(self._layout, self._scale)
        new, _ = _pixels(self._layout, scale)
        self.widget.value = self.widget.value.replace(f"width:{old};", f"width:{new};", 1)
        self._scale = scale

    def close(self) -> None:
        """Take the picture out of the front end."""
        close_all(self.widget)


@cache
def _canvas_kind() -> Any:
    """Return the class of canvases: one that knows the graphs that it makes before it is given its own."""
    import ipycytoscape

    base: Any = cast("Any", ipycytoscape).CytoscapeWidget

    class CytoscapeWidget(base):
        """A canvas with `former_graphs`, which would stay for ever: nothing else refers to them."""

        def __init__(self, **traits: Any) -> None:
            self.former_graphs: list[Any] = []

            def note(change: Any) -> None:
                self.former_graphs.append(change["old"])

            canvas: Any = self
            canvas.observe(note, "graph")
            base.__init__(self, **traits)

    return CytoscapeWidget


def _node(node: str, centre: Point, size: tuple[float, float], classes: str, **data: str | float) -> Any:
    import ipycytoscape

    return cast("Any", ipycytoscape).Node(
        data={"id": node, **data, "w": size[0], "h": size[1]},
        position={"x": centre[0], "y": centre[1]},
        classes=classes,
        grabbable=False,
    )


def _edge(number: int, edge: Edge, layout: Layout) -> Any:
    import ipycytoscape

    data = {"id": f"edge:{number}", "source": edge.source, "target": edge.target, "label": edge.label}
    data |= _segments(edge, layout)
    # Where the curve leaves and enters, relative to the middle of its nodes.
    data["leave"] = _offset(layout.nodes[edge.source].centre, edge.points[0])
    data["enter"] = _offset(layout.nodes[edge.target].centre, edge.points[-1])
    return cast("Any", ipycytoscape).Edge(data=data, classes=" ".join(_kinds(edge)))


def _kinds(edge: Edge) -> Iterator[str]:
    """Yield the classes of an edge."""
    if edge.names:
        yield "carries"
    if not edge.is_by_code:
        yield "observed" if edge.names else "orders"


def _fold(node: str, layout: Layout) -> Any:
    """Return what unfolds a node, or folds it: at its left, beside what is written there."""
    box, is_unfolded = layout.nodes[node], node in layout.unfolded
    middle = box.y + TITLE_HEIGHT / 2 + 1 if is_unfolded else box.centre[1]
    centre, size = (box.x + FOLD_SIZE / 2 + 4, middle), (FOLD_SIZE, FOLD_SIZE)
    return _node(f"{_FOLD}:{node}", centre, size, "fold", label="▾" if is_unfolded else "▸")


def _head(node: str, label: str, box: Box) -> Any:
    """Return what says how an unfolded step stands: at the top of its box, beside what folds it."""
    place = (box.x + FOLD_SIZE + 8, box.y + TITLE_HEIGHT / 2 + 1)
    return _node(f"head:{node}", place, (1.0, 1.0), "head", label=label)


def _say(node: Any, label: str) -> None:
    if node.data["label"] != label:
        node.data = {**node.data, "label": label}


def _frame(stage: str, title: str, box: Box) -> tuple[Any, Any]:
    """Return a stage's frame and its title."""
    label = f"▾ {ellipsised(title, NAME_SIZE * 1.1, box.width - 48)}"
    width = text_width(label, NAME_SIZE) * 1.1 + 8
    middle = (box.x + 8 + width / 2, box.y + TITLE_HEIGHT / 2 + 1)
    return (
        _node(f"frame:{stage}", box.centre, (box.width, box.height), "frame"),
        _node(f"title:{stage}", middle, (width, TITLE_HEIGHT - 8), "title", label=label),
    )


def _preset(scale: float) -> dict[str, Any]:
    # Not `fit`: it would measure the canvas before the front end has given it its size.
    return {"name": "preset", "fit": False, "zoom": scale, "pan": {"x": 0, "y": 0}}


def _pixels(layout: Layout, scale: float) -> tuple[str, str]:
    return f"{layout.width * scale:.0f}px", f"{layout.height * scale:.0f}px"


def _face(
    by_name: Steps, node: str, layout: Layout, stale: Mapping[str, str], *, selected: bool
) -> tuple[str, str, str]:
    title = layout.titles.get(node, node)
    if name := data_name(node):
        return ellipsised(layout.titles.get(node, name), NAME_SIZE, 178), "node data", "0% 0% 0% 100%"
    members, is_unfolded = layout.members[node], node in layout.unfolded
    steps = [by_name[name] for name in members if name in by_name]
    is_stage = tuple(members) != (node,)
    status = joint_status(step.status for step in steps)
    lines = 2 if is_unfolded else layout.lines
    name = f"▸ {title.removeprefix('stage:')}" if is_stage else node_name(title, steps, lines)
    is_stale = any(step.name in stale for step in steps)
    percent = 0 if is_stage or is_unfolded or not steps else round(100 * (running_share(steps[0]) or 0.0))
    icon = STALE.icon if is_stale else LOOKS[status].icon
    label, line = (
        f"{icon} {ellipsised(name, NAME_SIZE * 1.1, 178)}",
        node_line(steps, stale, is_stage=is_stage),
    )
    if is_unfolded:
        label = ellipsised(f"{label}  {line}", NAME_SIZE, layout.nodes[node].width - FOLD_SIZE - 12)
    elif lines == 2:
        label += f"\n{line}"
    may_be = is_stale and all(is_maybe(stale[step.name]) for step in steps if step.name in stale)
    marks = {
        "stage": is_stage,
        "unfoldable": node in layout.unfoldable and not is_unfolded,
        "unfolded": is_unfolded,
        "stale": is_stale,
        "maybe": may_be,
        "selected": selected,
    }
    classes = " ".join(["node", str(status), *(mark for mark, is_set in marks.items() if is_set)])
    return label, classes, f"0% {percent}% {percent}% 100%"


def _segments(edge: Edge, layout: Layout) -> dict[str, Any]:
    """Return the curve as cytoscape's segments, and the label's offset from the middle point.

    A segment is a point's share of the way between the nodes' middles and its distance from that line.
    """
    (x0, y0), (x1, y1) = layout.nodes[edge.source].centre, layout.nodes[edge.target].centre
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    along = ((x1 - x0) / length, (y1 - y0) / length)
    points = _balanced(edge)
    way = [(x - x0, y - y0) for x, y in points]
    middle = points[len(points) // 2]
    at = edge.label_at or middle
    return {
        "weights": " ".join(f"{(x * along[0] + y * along[1]) / length:.4f}" for x, y in way),
        "distances": " ".join(f"{y * along[0] - x * along[1]:.2f}" for x, y in way),
        "dx": round(at[0] - middle[0], 1),
        "dy": round(at[1] - middle[1], 1),
    }


def _balanced(edge: Edge) -> list[Point]:
    """Return the curve's inner points, as many before the one nearest to the label as behind it.

    Cytoscape writes the label at the middle point; points on straight stretches make up the number.
    """
    start, *inner, end = _spread(polyline(edge, _CURVE_PIECES))
    at = edge.label_at or inner[len(inner) // 2]
    place = min(range(len(inner)), key=lambda i: abs(inner[i][0] - at[0]) + abs(inner[i][1] - at[1]))
    before, after = inner[:place], inner[place + 1 :]
    missing = len(before) - len(after)
    more_before = _between(before[-1] if before else start, inner[place], max(-missing, 0))
    more_after = _between(inner[place], after[0] if after else end, max(missing, 0))
    return [*before, *more_before, inner[place], *more_after, *after]


def _spread(points: Sequence[Point]) -> list[Point]:
    """Return the points with three more on each long stretch, so that a label finds one near it."""
    spread = [points[0]]
    for start, end in pairwise(points):
        is_long = abs(end[0] - start[0]) + abs(end[1] - start[1]) > 24 or len(points) == 2
        spread += [*_between(start, end, 3 if is_long else 0), end]
    return spread


def _between(start: Point, end: Point, count: int) -> list[Point]:
    shares = [place / (count + 1) for place in range(1, count + 1)]
    return [(start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t) for t in shares]


def _offset(centre: Point, point: Point) -> str:
    return f"{point[0] - centre[0]:.1f}px {point[1] - centre[1]:.1f}px"
