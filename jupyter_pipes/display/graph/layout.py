"""Steps and stages -> boxes, curves and label places of the drawn graph: pure and deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.display.graph.density import NAME_SIZE, ROOMY, TITLE_HEIGHT, Density, Direction
from jupyter_pipes.display.graph.framing import (
    DrawnGraph,
    Group,
    centre_in,
    groups_of,
    inner_routes,
    label_rooms,
    outer_route,
)
from jupyter_pipes.display.graph.layering import Placement, Point, place
from jupyter_pipes.display.graph.routing import Edge, Route, label_end, routed
from jupyter_pipes.display.graph.text_size import text_width
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.mapping.children import child_name, own_name, parent_of

__all__ = [
    "MARGIN",
    "NAME_SIZE",
    "TITLE_HEIGHT",
    "Box",
    "Direction",
    "Layout",
    "arrange",
    "data_name",
    "data_node",
    "stage_node",
    "stage_of",
]

_DATA = "data:"
"""Begins the id of an input's node: no step name has a colon."""

MARGIN = 10.0
_BESIDE_TITLE = 150.0
"""Room beside the title of a box, for what folds it and how it stands, in px."""


class Box(Struct, frozen=True):
    """A rectangle in px; `x`, `y` is its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, right: float, down: float) -> Box:
        """Return the box elsewhere."""
        return Box(self.x + right, self.y + down, self.width, self.height)


class Layout(Struct, frozen=True):
    """Where everything of a graph is drawn, in px.

    Attributes:
        nodes: the box of each drawn node: a step by its name, a collapsed stage by `stage_node(stage)`, an
            input that only the catalog has by `data_node(name)`.
        groups: the frame of each stage that has one; its title stands in the top `TITLE_HEIGHT` px.
        edges: the curves, in a stable order.
        width, height: size of the whole, margins included.
        direction: which way edges flow.
        members: names of the steps behind each node; none behind an input.
        lines: lines of text that a node has room for: its name, and how it stands.
        unfoldable: the nodes that other pipelines are, with steps of their own.
        unfolded: those of them whose steps are drawn in their boxes, each before those in it.
        titles: node, or stage with a frame, of such a pipeline -> what it is called there.
    """

    nodes: dict[str, Box]
    groups: dict[str, Box]
    edges: tuple[Edge, ...]
    width: float
    height: float
    direction: Direction
    members: dict[str, tuple[str, ...]]
    lines: Literal[1, 2] = 2
    unfoldable: tuple[str, ...] = ()
    unfolded: tuple[str, ...] = ()
    titles: dict[str, str] = {}


class _Look(Struct, frozen=True):
    """What is drawn, and how: step, or "" for none -> the steps that are directly below it."""

    below: Mapping[str, Sequence[PlannedStep]]
    collapsed: frozenset[str]
    density: Density


def stage_node(stage: str) -> str:
    """Return the id of the node that stands for a collapsed stage (no step name has a colon)."""
    return f"stage:{stage}"


def data_node(name: str) -> str:
    """Return the id of the node of an input that only the catalog has."""
    return f"{_DATA}{name}"


def data_name(node: str) -> str:
    """Return the name of the input that a node stands for; "" for all other nodes."""
    return node.removeprefix(_DATA) if node.startswith(_DATA) else ""


def stage_of(step: PlannedStep) -> str:
    """Return the stage of a step; of one in another step's pipeline it is that step's: `prep[model]`."""
    stage = step.options.stage
    return _named(parent_of(step.name), stage) if stage else ""


def arrange(
    steps: Sequence[PlannedStep],
    *,
    collapsed: frozenset[str] = frozenset(),
    direction: Direction | Literal["auto"] = "auto",
    fit_width: float = 900.0,
    density: Density = ROOMY,
) -> Layout:
    """Lay out a pipeline in layers along its edges, with a frame round each stage.

    A stage has no frame when the steps between its steps belong to other stages (its frame would hold
    strangers). Cycles are drawn with the edge that closes them running backwards. A step whose pipeline's
    steps are among the steps is a box with these in it.

    Args:
        steps: the steps in the pipeline's order; edges to steps that are not among them are left out.
        collapsed: stages to draw as one node.
        direction: left to right, top to bottom, or whichever is shown larger in `fit_width` px.
        fit_width: the width that there is, in px.
        density: how much room things take.
    """
    below: dict[str, list[PlannedStep]] = {"": []}
    for step in steps:
        below.setdefault(parent_of(step.name), []).append(step)
    look = _Look(below, collapsed, density)
    if direction != "auto":
        return _arranged(look, "", direction)
    across, down = _arranged(look, "", "LR"), _arranged(look, "", "TB")
    return across if across.width <= max(fit_width, down.width) else down


def _arranged(look: _Look, parent: str, direction: Direction) -> Layout:
    """Lay out what is directly below a step, and in it all that is below that."""
    graph = _drawn(look, parent)
    inside = {node: _arranged(look, node, direction) for node in graph.members if node in look.below}
    return _with_inside(_laid_out(graph, inside, direction), inside)


def _with_inside(layout: Layout, inside: Mapping[str, Layout]) -> Layout:
    """Return the layout with others below the titles of their nodes."""
    for node, inner in inside.items():
        box = layout.nodes[node]
        right, down = box.x + (box.width - inner.width) / 2, box.y + TITLE_HEIGHT
        layout = replace(
            layout,
            nodes=layout.nodes | {each: place.moved(right, down) for each, place in inner.nodes.items()},
            groups=layout.groups | {each: place.moved(right, down) for each, place in inner.groups.items()},
            edges=(*layout.edges, *(edge.moved(right, down) for edge in inner.edges)),
            members=layout.members | inner.members,
            unfoldable=(*layout.unfoldable, *inner.unfoldable),
            unfolded=(*layout.unfolded, node, *inner.unfolded),
            titles=layout.titles | inner.titles,
        )
    return layout


def _named(parent: str, name: str) -> str:
    return child_name(parent, name) if parent else name


def _drawn(look: _Look, parent: str) -> DrawnGraph:
    steps, graph = look.below[parent], DrawnGraph(look.density)
    node_of = {
        step.name: stage_node(stage) if (stage := stage_of(step)) in look.collapsed else step.name
        for step in steps
    }
    for step in steps:
        node, stage = node_of[step.name], step.options.stage or ""
        graph.members.setdefault(node, []).append(step.name)
        if node != step.name:
            graph.titles[node] = stage
            continue
        graph.titles[node] = own_name(node)
        graph.counted |= {node} if step.options.map or step.options.pipeline else set()
        graph.unfoldable |= {node} if step.options.pipeline else set()
        if stage:
            graph.stage_of[node] = stage_of(step)
            graph.titles[stage_of(step)] = stage
    _link_all(graph, steps, node_of, parent)
    return graph


def _link_all(
    graph: DrawnGraph, steps: Sequence[PlannedStep], node_of: Mapping[str, str], parent: str
) -> None:
    for name in dict.fromkeys(name for step in steps for name in step.loads):
        node = data_node(_named(parent, name))
        graph.members[node], graph.titles[node] = [], name
    for step in steps:
        for name in step.loads:
            _link(graph, data_node(_named(parent, name)), node_of[step.name], "", is_by_code=True)
        carried = [(owner, name) for name, owner in step.inputs.items()]
        for producer, name in (*carried, *((before, "") for before in (*step.options.after, *step.upstream))):
            is_by_code = bool(name) and name not in step.observed_reads
            _link(graph, node_of.get(producer), node_of[step.name], name, is_by_code=is_by_code)


def _link(graph: DrawnGraph, source: str | None, target: str, name: str, *, is_by_code: bool) -> None:
    if source is None or source == target:
        return
    names = graph.links.setdefault((source, target), [])
    if name and name not in names:
        names.append(name)
    if is_by_code:
        graph.by_code.add((source, target))


def _laid_out(graph: DrawnGraph, inside: Mapping[str, Layout], direction: Direction) -> Layout:
    sizes = {node: _node_size(graph, node, inside.get(node), direction) for node in graph.members}
    groups = groups_of(graph, sizes, direction)
    number = {node: index for index, group in enumerate(groups) for node in group.nodes}
    outer_links = [link for link in graph.links if number[link[0]] != number[link[1]]]
    outer = place(
        [group.size for group in groups],
        [(number[source], number[target]) for source, target in outer_links],
        labels=label_rooms(graph, outer_links, direction),
        gap=graph.density.gaps[direction],
        spacing=graph.density.spacings[direction],
        lane=graph.density.lane,
    )
    for group, (along, across) in zip(groups, outer.centres, strict=True):
        group.origin = (along - group.size[0] / 2, across - group.size[1] / 2)
    routes = [
        *(
            outer_route(link, bends, groups, number, sizes)
            for link, bends in zip(outer_links, outer.bends, strict=True)
        ),
        *(route for group in groups for route in inner_routes(group, sizes)),
    ]
    return _turned(graph, groups, sizes, outer, routes, direction)


def _node_size(graph: DrawnGraph, node: str, inside: Layout | None, direction: Direction) -> Point:
    is_step = node in graph.members[node]
    title = graph.titles[node] if is_step else f"▸ {graph.titles[node]}"
    width = graph.density.node_width(
        title, is_counted=node in graph.counted, is_unfoldable=node in graph.unfoldable
    )
    height = graph.density.node_height
    if inside is not None:
        least = text_width(title, NAME_SIZE) + _BESIDE_TITLE
        width, height = max(width, inside.width, least), inside.height + TITLE_HEIGHT
    return (width, height) if direction == "LR" else (height, width)


def _turned(
    graph: DrawnGraph,
    groups: Sequence[Group],
    sizes: Mapping[str, Point],
    outer: Placement,
    routes: Sequence[Route],
    direction: Direction,
) -> Layout:
    """Turn (along, across) into (x, y) and add the margin."""

    def box(origin: Point, size: Point) -> Box:
        (x, y), (width, height) = (origin, size) if direction == "LR" else (origin[::-1], size[::-1])
        return Box(x + MARGIN, y + MARGIN, width, height)

    nodes: dict[str, Box] = {}
    for group in groups:
        for node in group.nodes:
            along, across = centre_in(group, node)
            nodes[node] = box((along - sizes[node][0] / 2, across - sizes[node][1] / 2), sizes[node])
    names = {link: tuple(carried) for link, carried in graph.links.items()}
    whole = box((0.0, 0.0), (outer.along, outer.across))
    edges = routed(routes, names, graph.by_code, direction, MARGIN, has_labels=graph.density.has_labels)
    right = max([whole.width + 2 * MARGIN, *(label_end(edge) + 4.0 for edge in edges)])
    return Layout(
        nodes={node: nodes[node] for node in graph.members},
        groups={graph.stage_of[g.nodes[0]]: box(g.origin, g.size) for g in groups if g.inner is not None},
        edges=edges,
        width=right,
        height=whole.height + 2 * MARGIN,
        direction=direction,
        members={node: tuple(members) for node, members in graph.members.items()},
        lines=graph.density.lines,
        unfoldable=tuple(node for node in graph.members if node in graph.unfoldable),
        titles={each: title for each, title in graph.titles.items() if title != _plain_title(each)},
    )


def _plain_title(name: str) -> str:
    """Return what a node or stage is called as its id says."""
    return name.partition(":")[2] or name
