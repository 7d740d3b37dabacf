"""Stages with frames, and nodes without, as items of the outer graph; ways of edges through borders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from jupyter_pipes.display.graph.density import NAME_SIZE, TITLE_HEIGHT, Density, Direction
from jupyter_pipes.display.graph.layering import Placement, Point, place
from jupyter_pipes.display.graph.routing import Route, label_room
from jupyter_pipes.display.graph.text_size import text_width

_BESIDE_TITLE, _WIDEST_TITLE = 64.0, 180.0
"""Room beside a stage's title, and how wide a frame is made for it, in px."""


class DrawnGraph(Struct):
    """What is drawn of one pipeline.

    Attributes:
        members: node -> the steps behind it.
        titles: node, or stage with a frame -> what is written on it.
        stage_of: node -> its stage.
        links: from node to node -> the names that are carried.
        by_code: those of the links that code shows.
        counted: nodes that show a count.
        unfoldable: nodes that other pipelines are.
        density: how much room things take.
    """

    density: Density
    members: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    titles: dict[str, str] = field(default_factory=dict[str, str])
    stage_of: dict[str, str] = field(default_factory=dict[str, str])
    links: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])
    by_code: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    counted: set[str] = field(default_factory=set[str])
    unfoldable: set[str] = field(default_factory=set[str])


class Group(Struct):
    """A node, or a framed stage with its own placement, as one item of the outer graph."""

    nodes: tuple[str, ...]
    size: Point
    inner: Placement | None = None
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ports: dict[tuple[str, bool], int] = field(default_factory=dict[tuple[str, bool], int])
    origin: Point = (0.0, 0.0)


def label_rooms(graph: DrawnGraph, links: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
    """Return the room along the flow that the label of each link needs."""
    if not graph.density.has_labels:
        return [0.0] * len(links)
    entering = Counter(target for _, target in links)
    return [label_room(graph.links[link], direction, entering[link[1]]) for link in links]


def groups_of(graph: DrawnGraph, sizes: Mapping[str, Point], direction: Direction) -> list[Group]:
    """Return the items of the outer graph, in the order of their first steps."""
    framed = _framed_stages(graph)
    stages: dict[str, list[str]] = {}
    for node in graph.members:
        stage = graph.stage_of.get(node)
        stages.setdefault(stage if stage in framed and stage else f"\n{node}", []).append(node)
    return [
        Group(tuple(nodes), sizes[nodes[0]])
        if key.startswith("\n")
        else _framed(graph, nodes, sizes, direction)
        for key, nodes in stages.items()
    ]


def _framed_stages(graph: DrawnGraph) -> frozenset[str]:
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


def _framed(
    graph: DrawnGraph, nodes: Sequence[str], sizes: Mapping[str, Point], direction: Direction
) -> Group:
    """Lay out a stage's own steps, with a port on its border for each with edges to outside."""
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
        labels=[*label_rooms(graph, links, direction), *(0.0 for _ in ports)],
        gap=graph.density.gaps[direction],
        spacing=graph.density.spacings[direction],
        lane=graph.density.lane,
        first=frozenset(i for (_, enters), i in ports.items() if enters),
        last=frozenset(i for (_, enters), i in ports.items() if not enters),
        border=graph.density.pad,
    )
    group = _padded(
        Group(tuple(nodes), (0.0, 0.0), placement, links, ports), header, graph.density.pad, direction
    )
    return _as_wide_as(graph.titles[graph.stage_of[nodes[0]]], group, direction)


def _as_wide_as(title: str, group: Group, direction: Direction) -> Group:
    """Return the frame with room for its title, its nodes in the middle."""
    assert group.inner is not None
    along, across = group.size
    missing = min(text_width(title, NAME_SIZE) * 1.1 + _BESIDE_TITLE, _WIDEST_TITLE)
    missing -= along if direction == "LR" else across
    if missing > 0:
        more = (missing, 0.0) if direction == "LR" else (0.0, missing)
        half = (more[0] / 2, more[1] / 2)
        group.inner.centres = _shifted(group.inner.centres, half)
        group.inner.bends = [_shifted(bend, half) for bend in group.inner.bends]
        group.size = (along + more[0], across + more[1])
    return group


def _padded(group: Group, header: float, pad: float, direction: Direction) -> Group:
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


def centre_in(group: Group, node: str) -> Point:
    """Return the middle of a node of a group."""
    along, across = (
        group.inner.centres[group.nodes.index(node)]
        if group.inner
        else (group.size[0] / 2, group.size[1] / 2)
    )
    return along + group.origin[0], across + group.origin[1]


def _side(group: Group, node: str, sizes: Mapping[str, Point], *, leaving: bool) -> Point:
    along, across = centre_in(group, node)
    return along + (1 if leaving else -1) * sizes[node][0] / 2, across


def _facing(group: Group, node: str, sizes: Mapping[str, Point], point: Point) -> Point:
    """Return the middle of the node's side that faces a point: an edge that closes a cycle runs backwards."""
    return _side(group, node, sizes, leaving=point[0] > centre_in(group, node)[0])


def _port_path(
    group: Group, node: str, sizes: Mapping[str, Point], towards: Point, *, leaving: bool
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


def outer_route(
    link: tuple[str, str],
    bends: Sequence[Point],
    groups: Sequence[Group],
    number: Mapping[str, int],
    sizes: Mapping[str, Point],
) -> Route:
    """Return the way of an edge between two groups, through their borders."""
    source, target = groups[number[link[0]]], groups[number[link[1]]]
    out = _port_path(source, link[0], sizes, bends[0], leaving=True)
    into = _port_path(target, link[1], sizes, bends[-1], leaving=False)
    middle = [(bends[0][0], out[-1][1]), *bends[1:-1], (bends[-1][0], into[0][1])]
    return Route(link, [*out, *middle, *into], label_span=len(out) + len(middle) - 2)


def inner_routes(group: Group, sizes: Mapping[str, Point]) -> list[Route]:
    """Return the ways of the edges within a group."""
    if group.inner is None:
        return []
    routes: list[Route] = []
    for link, bends in zip(group.links, group.inner.bends, strict=False):
        way = _shifted(bends, group.origin)
        start, end = _facing(group, link[0], sizes, way[0]), _facing(group, link[1], sizes, way[-1])
        routes.append(Route(link, [start, *way, end], label_span=len(way) - 1))
    return routes
