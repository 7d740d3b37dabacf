"""Steps and stages -> boxes, curves and label places of the drawn graph: pure and deterministic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, field

from jupyter_pipes.display.graph.density import NAME_SIZE, ROOMY, Density, Direction
from jupyter_pipes.display.graph.layering import Placement, Point, place
from jupyter_pipes.display.graph.routing import Edge, Route, label_end, label_room, routed
from jupyter_pipes.model.events import PlannedStep

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
]

_DATA = "data:"
"""Begins the id of an input's node: no step name has a colon."""

TITLE_HEIGHT = 26.0
MARGIN = 10.0


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
    """

    nodes: dict[str, Box]
    groups: dict[str, Box]
    edges: tuple[Edge, ...]
    width: float
    height: float
    direction: Direction
    members: dict[str, tuple[str, ...]]
    lines: Literal[1, 2] = 2


class _Graph(Struct):
    """Drawn nodes with the steps behind them, their stages, links, links that code shows, counted steps."""

    members: dict[str, list[str]]
    stage_of: dict[str, str]
    links: dict[tuple[str, str], list[str]]
    by_code: set[tuple[str, str]]
    counted: set[str]
    density: Density


class _Group(Struct):
    """A node, or a framed stage with its own placement, as one item of the outer graph."""

    nodes: tuple[str, ...]
    size: Point
    inner: Placement | None = None
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ports: dict[tuple[str, bool], int] = field(default_factory=dict[tuple[str, bool], int])
    origin: Point = (0.0, 0.0)


def stage_node(stage: str) -> str:
    """Return the id of the node that stands for a collapsed stage (no step name has a colon)."""
    return f"stage:{stage}"


def data_node(name: str) -> str:
    """Return the id of the node of an input that only the catalog has."""
    return f"{_DATA}{name}"


def data_name(node: str) -> str:
    """Return the name of the input that a node stands for; "" for all other nodes."""
    return node.removeprefix(_DATA) if node.startswith(_DATA) else ""


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
    strangers). Cycles are drawn with the edge that closes them running backwards.

    Args:
        steps: the steps in the pipeline's order; edges to steps that are not among them are left out.
        collapsed: stages to draw as one node.
        direction: left to right, top to bottom, or whichever is shown larger in `fit_width` px.
        fit_width: the width that there is, in px.
        density: how much room things take.
    """
    graph = _drawn(steps, collapsed, density)
    if direction != "auto":
        return _laid_out(graph, direction)
    across, down = _laid_out(graph, "LR"), _laid_out(graph, "TB")
    return across if across.width <= max(fit_width, down.width) else down


def _drawn(steps: Sequence[PlannedStep], collapsed: frozenset[str], density: Density) -> _Graph:
    node_of = {
        step.name: stage_node(stage) if (stage := step.options.stage) and stage in collapsed else step.name
        for step in steps
    }
    counted = {step.name for step in steps if step.options.map or step.options.pipeline}
    graph = _Graph({}, {}, {}, set(), counted, density)
    for step in steps:
        graph.members.setdefault(node_of[step.name], []).append(step.name)
        if step.options.stage and node_of[step.name] == step.name:
            graph.stage_of[step.name] = step.options.stage
    for name in dict.fromkeys(name for step in steps for name in step.loads):
        graph.members[data_node(name)] = []
    for step in steps:
        for name in step.loads:
            _link(graph, data_node(name), node_of[step.name], "", is_by_code=True)
        carried = [(owner, name) for name, owner in step.inputs.items()]
        for producer, name in (*carried, *((before, "") for before in (*step.options.after, *step.upstream))):
            is_by_code = bool(name) and name not in step.observed_reads
            _link(graph, node_of.get(producer), node_of[step.name], name, is_by_code=is_by_code)
    return graph


def _link(graph: _Graph, source: str | None, target: str, name: str, *, is_by_code: bool) -> None:
    if source is None or source == target:
        return
    names = graph.links.setdefault((source, target), [])
    if name and name not in names:
        names.append(name)
    if is_by_code:
        graph.by_code.add((source, target))


def _laid_out(graph: _Graph, direction: Direction) -> Layout:
    sizes = {node: _node_size(graph, node, direction) for node in graph.members}
    groups = _groups(graph, sizes, direction)
    number = {node: index for index, group in enumerate(groups) for node in group.nodes}
    outer_links = [link for link in graph.links if number[link[0]] != number[link[1]]]
    outer = place(
        [group.size for group in groups],
        [(number[source], number[target]) for source, target in outer_links],
        labels=_label_rooms(graph, outer_links, direction),
        gap=graph.density.gaps[direction],
        spacing=graph.density.spacings[direction],
        lane=graph.density.lane,
    )
    for group, (along, across) in zip(groups, outer.centres, strict=True):
        group.origin = (along - group.size[0] / 2, across - group.size[1] / 2)
    routes = [
        *(
            _outer_route(link, bends, groups, number, sizes)
            for link, bends in zip(outer_links, outer.bends, strict=True)
        ),
        *(route for group in groups for route in _inner_routes(group, sizes)),
    ]
    return _turned(graph, groups, sizes, outer, routes, direction)


def _label_rooms(graph: _Graph, links: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
    if not graph.density.has_labels:
        return [0.0] * len(links)
    entering = Counter(target for _, target in links)
    return [label_room(graph.links[link], direction, entering[link[1]]) for link in links]


def _node_size(graph: _Graph, node: str, direction: Direction) -> Point:
    title = node if node in graph.members[node] else f"▸ {node.partition(':')[2]}"
    width = graph.density.node_width(title, is_counted=node in graph.counted)
    height = graph.density.node_height
    return (width, height) if direction == "LR" else (height, width)


def _groups(graph: _Graph, sizes: Mapping[str, Point], direction: Direction) -> list[_Group]:
    """Return the items of the outer graph, in the order of their first steps."""
    framed = _framed_stages(graph)
    stages: dict[str, list[str]] = {}
    for node in graph.members:
        stage = graph.stage_of.get(node)
        stages.setdefault(stage if stage in framed and stage else f"\n{node}", []).append(node)
    return [
        _Group(tuple(nodes), sizes[nodes[0]])
        if key.startswith("\n")
        else _framed(graph, nodes, sizes, direction)
        for key, nodes in stages.items()
    ]


def _framed_stages(graph: _Graph) -> frozenset[str]:
    """Return the stages whose frames hold no stranger: the graph of stages and lone nodes has no cycle."""
    framed = dict.fromkeys(graph.stage_of.values())
    while framed:
        block_of = {
            node: stage if (stage := graph.stage_of.get(node)) in framed else f"\n{node}"
            for node in graph.members
        }
        caught = _on_cycles(
            {(block_of[s], block_of[t]) for s, t in graph.links if block_of[s] != block_of[t]}
        )
        guilty = [stage for stage in framed if stage in caught]
        if not guilty:
            break
        count = {stage: sum(block == stage for block in block_of.values()) for stage in guilty}
        del framed[min(guilty, key=lambda stage: count[stage])]
    return frozenset(framed)


def _on_cycles(links: set[tuple[str, str]]) -> set[str]:
    """Return what is left when everything without an open input, or without an open output, is taken away."""
    while links:
        sources, targets = {source for source, _ in links}, {target for _, target in links}
        inner = {(s, t) for s, t in links if s in targets and t in sources}
        if inner == links:
            return sources
        links = inner
    return set()


def _framed(graph: _Graph, nodes: Sequence[str], sizes: Mapping[str, Point], direction: Direction) -> _Group:
    """Lay out a stage's own steps, with a port on its border for each step with edges to outside."""
    number = {node: index for index, node in enumerate(nodes)}
    links = [link for link in graph.links if link[0] in number and link[1] in number]
    entering = dict.fromkeys(t for s, t in graph.links if t in number and s not in number)
    leaving = dict.fromkeys(s for s, t in graph.links if s in number and t not in number)
    ports = {
        port: len(nodes) + i
        for i, port in enumerate([*((n, True) for n in entering), *((n, False) for n in leaving)])
    }
    port_links = [(i, number[n]) if enters else (number[n], i) for (n, enters), i in ports.items()]
    header = TITLE_HEIGHT if direction == "TB" else 0.0
    placement = place(
        [*(sizes[node] for node in nodes), *((0.0, 0.0) for _ in ports)],
        [*((number[s], number[t]) for s, t in links), *port_links],
        labels=[*_label_rooms(graph, links, direction), *(0.0 for _ in ports)],
        gap=graph.density.gaps[direction],
        spacing=graph.density.spacings[direction],
        lane=graph.density.lane,
        first=frozenset(i for (_, enters), i in ports.items() if enters),
        last=frozenset(i for (_, enters), i in ports.items() if not enters),
        border=graph.density.pad,
    )
    return _padded(
        _Group(tuple(nodes), (0.0, 0.0), placement, links, ports), header, graph.density.pad, direction
    )


def _padded(group: _Group, header: float, pad: float, direction: Direction) -> _Group:
    """Give the frame its size: room for the title above, pads where no port layer makes one."""
    assert group.inner is not None
    port_sides = {enters for _, enters in group.ports}
    before = header + (0.0 if True in port_sides else pad)
    above = TITLE_HEIGHT + 6 if direction == "LR" else pad
    group.inner.centres = [(along + before, across + above) for along, across in group.inner.centres]
    group.inner.bends = [[(a + before, c + above) for a, c in bend] for bend in group.inner.bends]
    group.size = (
        before + group.inner.along + (0.0 if False in port_sides else pad),
        above + group.inner.across + pad,
    )
    return group


def _shifted(points: Sequence[Point], origin: Point) -> list[Point]:
    return [(along + origin[0], across + origin[1]) for along, across in points]


def _centre(group: _Group, node: str) -> Point:
    along, across = (
        group.inner.centres[group.nodes.index(node)]
        if group.inner
        else (group.size[0] / 2, group.size[1] / 2)
    )
    return along + group.origin[0], across + group.origin[1]


def _side(group: _Group, node: str, sizes: Mapping[str, Point], *, leaving: bool) -> Point:
    along, across = _centre(group, node)
    return along + (1 if leaving else -1) * sizes[node][0] / 2, across


def _facing(group: _Group, node: str, sizes: Mapping[str, Point], point: Point) -> Point:
    """Return the middle of the node's side that faces a point: an edge that closes a cycle runs backwards."""
    return _side(group, node, sizes, leaving=point[0] > _centre(group, node)[0])


def _port_path(
    group: _Group, node: str, sizes: Mapping[str, Point], towards: Point, *, leaving: bool
) -> list[Point]:
    """Return the way from a node to its group's border (or from there to it), bends included."""
    if group.inner is None:
        return [_facing(group, node, sizes, towards)]
    side = _side(group, node, sizes, leaving=leaving)
    port = group.ports[node, not leaving]
    border = group.origin[0] + (group.size[0] if leaving else 0.0)
    across = group.inner.centres[port][1] + group.origin[1]
    bends = _shifted(group.inner.bends[len(group.links) + port - len(group.nodes)], group.origin)
    return [side, *bends, (border, across)] if leaving else [(border, across), *bends, side]


def _outer_route(
    link: tuple[str, str],
    bends: Sequence[Point],
    groups: Sequence[_Group],
    number: Mapping[str, int],
    sizes: Mapping[str, Point],
) -> Route:
    source, target = groups[number[link[0]]], groups[number[link[1]]]
    out = _port_path(source, link[0], sizes, bends[0], leaving=True)
    into = _port_path(target, link[1], sizes, bends[-1], leaving=False)
    middle = [(bends[0][0], out[-1][1]), *bends[1:-1], (bends[-1][0], into[0][1])]
    return Route(link, [*out, *middle, *into], label_span=len(out) + len(middle) - 2)


def _inner_routes(group: _Group, sizes: Mapping[str, Point]) -> list[Route]:
    if group.inner is None:
        return []
    routes: list[Route] = []
    for link, bends in zip(group.links, group.inner.bends, strict=False):
        way = _shifted(bends, group.origin)
        start, end = _facing(group, link[0], sizes, way[0]), _facing(group, link[1], sizes, way[-1])
        routes.append(Route(link, [start, *way, end], label_span=len(way) - 1))
    return routes


def _turned(
    graph: _Graph,
    groups: Sequence[_Group],
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
            along, across = _centre(group, node)
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
    )
