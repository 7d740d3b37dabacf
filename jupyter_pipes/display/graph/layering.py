"""Layered (Sugiyama) placement of sized items: layers, order within layers, coordinates, bends of long edges.

Our own, because the one library at hand that does it (igraph) knows no item sizes and loads for seconds.
Coordinates are (along, across): `along` is the direction that edges flow in.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, sqrt

from msgspec import Struct, field

Point = tuple[float, float]
Link = tuple[int, int]

_SWEEPS = 6
_DUMMY_LIMIT = 2000
_STRAIGHTNESS = 6.0


class Placement(Struct):
    """Where the items of one graph are.

    Attributes:
        centres: centre of each item.
        layer: layer number of each item.
        bends: for each edge the points that it passes between its two items' layers, in its direction.
        along, across: size of the whole.
    """

    centres: list[Point]
    layer: list[int]
    bends: list[list[Point]]
    along: float
    across: float


class _Graph(Struct):
    """Items, numbered below `real`, and dummies: every link of it spans exactly one layer.

    `lane` is the least distance of a long edge from what is beside it.
    """

    layer: list[int]
    room: list[float]
    real: int
    lane: float
    parents: list[list[int]] = field(default_factory=list[list[int]])
    children: list[list[int]] = field(default_factory=list[list[int]])
    chains: list[list[int]] = field(default_factory=list[list[int]])

    def add_dummy(self, layer: int) -> int:
        self.layer.append(layer)
        self.room.append(0.0)
        self.parents.append([])
        self.children.append([])
        return len(self.layer) - 1

    def connect(self, upper: int, lower: int) -> None:
        self.children[upper].append(lower)
        self.parents[lower].append(upper)


def place(
    sizes: Sequence[Point],
    edges: Sequence[Link],
    *,
    labels: Sequence[float] = (),
    gap: float = 40.0,
    spacing: float = 16.0,
    lane: float = 12.0,
    first: frozenset[int] = frozenset(),
    last: frozenset[int] = frozenset(),
    border: float = 0.0,
) -> Placement:
    """Place items so that edges flow along one axis and nothing overlaps.

    Args:
        sizes: (along, across) size of each item in px.
        edges: (source, target) numbers of items; cycles are allowed, their closing edges run backwards.
        labels: for each edge the room along the flow that its label needs in the gap before its target.
        gap: least distance between two layers, labels not counted.
        spacing: least distance between two items of one layer.
        lane: least distance of an edge that passes a layer from what is beside it.
        first, last: items that get a layer of their own at the start / the end.
        border: distance of those layers from the others.
    """
    forward = _without_cycles(len(sizes), edges)
    layer = _layers(len(sizes), forward, first, last)
    graph = _with_dummies(layer, [across for _, across in sizes], forward, lane)
    rows = _ordered(graph)
    across = _across(graph, rows, spacing)
    extents = _extents(sizes, layer, _gaps(edges, layer, labels, gap, first, last, border))
    centres = [((extents[layer[i]][0] + extents[layer[i]][1]) / 2, across[i]) for i in range(len(sizes))]
    width = max((across[i] + graph.room[i] / 2 for i in range(len(across))), default=0.0)
    bends = [
        _bends(chain, graph, across, extents, backwards=link != edge)
        for chain, link, edge in zip(graph.chains, forward, edges, strict=True)
    ]
    return Placement(centres, layer, bends, extents[-1][1] if extents else 0.0, width)


def _without_cycles(count: int, edges: Sequence[Link]) -> list[Link]:
    """Return the edges with those that close a cycle turned round."""
    children: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        children[source].append(target)
    finished: list[int] = [0] * count
    clock = 0
    seen = [False] * count
    for root in range(count):
        stack = [(root, iter(children[root]))] if not seen[root] else []
        seen[root] = True
        while stack:
            item, rest = stack[-1]
            child = next((child for child in rest if not seen[child]), None)
            if child is None:
                clock += 1
                finished[item] = clock
                stack.pop()
            else:
                seen[child] = True
                stack.append((child, iter(children[child])))
    return [(s, t) if finished[s] > finished[t] else (t, s) for s, t in edges]


def _layers(count: int, edges: Sequence[Link], first: frozenset[int], last: frozenset[int]) -> list[int]:
    """Return each item's layer: longest path from a source, sources moved next to what uses them."""
    children: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in edges:
        children[source].append(target)
        missing[target] += 1
    has_parent = [number > 0 for number in missing]
    layer = [0 if item in first or not first else 1 for item in range(count)]
    ready = [item for item in range(count) if not missing[item]]
    for item in ready:
        for child in children[item]:
            layer[child] = max(layer[child], layer[item] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    for item in range(count):
        if not has_parent[item] and children[item] and item not in first:
            layer[item] = min(layer[child] for child in children[item]) - 1
    _spread_loose(layer, [i for i in range(count) if not has_parent[i] and not children[i]], first | last)
    end = max((layer[item] for item in range(count) if item not in last), default=0) + 1
    return [end if item in last else layer[item] for item in range(count)]


def _spread_loose(layer: list[int], loose: Sequence[int], pinned: frozenset[int]) -> None:
    """Spread items without any edge over the layers as a block, not as one endless row."""
    free = [item for item in loose if item not in pinned]
    rows = max(4, ceil(sqrt(len(free)) * 1.6))
    for place_in_block, item in enumerate(free):
        layer[item] += place_in_block // rows


def _with_dummies(layer: list[int], room: list[float], edges: Sequence[Link], lane: float) -> _Graph:
    graph = _Graph(list(layer), room, len(layer), lane)
    graph.parents, graph.children = [[] for _ in layer], [[] for _ in layer]
    left = _DUMMY_LIMIT
    spans = sorted(layer[target] - layer[source] for source, target in edges)
    longest = spans[-1] if spans else 0
    for span in spans:
        left -= span - 1
        if left < 0:
            longest = span - 1
            break
    for source, target in edges:
        inner = range(layer[source] + 1, layer[target]) if layer[target] - layer[source] <= longest else ()
        chain = [source, *(graph.add_dummy(number) for number in inner), target]
        for upper, lower in pairwise(chain):
            graph.connect(upper, lower)
        graph.chains.append(chain)
    return graph


def _ordered(graph: _Graph) -> list[list[int]]:
    """Return the items of each layer in the order with the fewest crossings found by barycentre sweeps."""
    rows: list[list[int]] = [[] for _ in range(max(graph.layer, default=-1) + 1)]
    for item in _depth_first(graph):
        rows[graph.layer[item]].append(item)
    position = {item: float(place) for row in rows for place, item in enumerate(row)}
    best, fewest = [list(row) for row in rows], _crossings(graph, rows, position)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            _sort_by_neighbours(row, graph.parents if downwards else graph.children, position)
        crossings = _crossings(graph, rows, position)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _depth_first(graph: _Graph) -> list[int]:
    """Return all items so that what hangs together comes together, in the given order where it is free."""
    order: list[int] = []
    seen: set[int] = set()
    for root in sorted(range(len(graph.layer)), key=lambda item: (graph.layer[item], item)):
        stack = [root]
        while stack:
            item = stack.pop()
            if item not in seen:
                seen.add(item)
                order.append(item)
                stack.extend(reversed(graph.children[item]))
    return order


def _sort_by_neighbours(row: list[int], neighbours: list[list[int]], position: dict[int, float]) -> None:
    def centre(item: int) -> float:
        near = [position[other] for other in neighbours[item]]
        return sum(near) / len(near) if near else position[item]

    row.sort(key=centre)
    position.update((item, float(place)) for place, item in enumerate(row))


def _crossings(graph: _Graph, rows: Sequence[Sequence[int]], position: dict[int, float]) -> int:
    """Return how many pairs of edges cross between neighbouring layers."""
    total = 0
    for row in rows:
        passed: list[float] = []
        for item in row:
            near = (child for child in graph.children[item] if graph.layer[child] == graph.layer[item] + 1)
            ends = sorted(position[child] for child in near)
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total


def _across(graph: _Graph, rows: Sequence[Sequence[int]], spacing: float) -> list[float]:
    """Return each item's centre across the flow: near its neighbours, long edges straight, no overlap."""
    across = [0.0] * len(graph.layer)
    for row in rows:
        _settle(row, graph, [0.0] * len(row), across, spacing)
    downwards, upwards = (graph.parents,), (graph.children,)
    for sweep, sides in enumerate([downwards, upwards] * (_SWEEPS // 2) + [(graph.parents, graph.children)]):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            _settle(row, graph, [_pull(item, graph, across, sides) for item in row], across, spacing)
    start = min((across[i] - graph.room[i] / 2 for i in range(len(across))), default=0.0)
    return [value - start for value in across]


def _pull(item: int, graph: _Graph, across: Sequence[float], sides: Iterable[list[list[int]]]) -> float:
    """Return where an item's neighbours would have it; a long edge's own points pull strongest."""
    total = weight = 0.0
    straightness = _STRAIGHTNESS if item >= graph.real else 1.0
    for side in sides:
        for other in side[item]:
            pull = straightness if other >= graph.real else 1.0
            total += pull * across[other]
            weight += pull
    return total / weight if weight else across[item]


def _settle(
    row: Sequence[int], graph: _Graph, wanted: Sequence[float], across: list[float], spacing: float
) -> None:
    """Set the row's items as near as possible (least squares) to where they are wanted, without overlap."""
    offsets: list[float] = []
    for place_in_row, item in enumerate(row):
        before = row[place_in_row - 1] if place_in_row else item
        offsets.append(offsets[-1] + _distance(graph, before, item, spacing) if place_in_row else 0.0)
    blocks: list[tuple[float, float, int]] = []
    for item, want, offset in zip(row, wanted, offsets, strict=True):
        weight = 1.0 + len(graph.parents[item]) + len(graph.children[item])
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] >= mean:
            other, other_weight, other_count = blocks.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        blocks.append((mean, weight, count))
    settled = (mean for mean, _, count in blocks for _ in range(count))
    for item, mean, offset in zip(row, settled, offsets, strict=True):
        across[item] = mean + offset


def _distance(graph: _Graph, one: int, other: int, spacing: float) -> float:
    room = (graph.room[one] + graph.room[other]) / 2
    return room + (graph.lane if one >= graph.real or other >= graph.real else spacing)


def _gaps(
    edges: Sequence[Link],
    layer: Sequence[int],
    labels: Sequence[float],
    gap: float,
    first: frozenset[int],
    last: frozenset[int],
    border: float,
) -> list[float]:
    """Return the width of the gap before each layer (0 before the first)."""
    gaps = [0.0] + [gap] * max(layer, default=0)
    for (_, target), room in zip(edges, labels, strict=False):
        gaps[layer[target]] = max(gaps[layer[target]], gap + room)
    for item in first:
        if layer[item] + 1 < len(gaps):
            gaps[layer[item] + 1] = border
    for item in last:
        gaps[layer[item]] = border
    return gaps


def _extents(
    sizes: Sequence[Point], layer: Sequence[int], gaps: Sequence[float]
) -> list[tuple[float, float]]:
    thickness = [0.0] * len(gaps)
    for (along, _), number in zip(sizes, layer, strict=True):
        thickness[number] = max(thickness[number], along)
    extents: list[tuple[float, float]] = []
    end = 0.0
    for gap, thick in zip(gaps, thickness, strict=True):
        extents.append((end + gap, end + gap + thick))
        end = extents[-1][1]
    return extents if layer else []


def _bends(
    chain: Sequence[int],
    graph: _Graph,
    across: Sequence[float],
    extents: Sequence[tuple[float, float]],
    *,
    backwards: bool,
) -> list[Point]:
    """Return the points between the layers of a chain's ends: straight through layers, turns in gaps only."""
    points: list[Point] = [(extents[graph.layer[chain[0]]][1], across[chain[0]])]
    for item in chain[1:-1]:
        start, end = extents[graph.layer[item]]
        points += [(start, across[item]), (end, across[item])]
    points.append((extents[graph.layer[chain[-1]]][0], across[chain[-1]]))
    return points[::-1] if backwards else points
