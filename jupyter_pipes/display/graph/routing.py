"""The drawn edges: smooth curves through the gaps between layers, with their labels placed on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.display.graph.layering import Point
from jupyter_pipes.display.graph.text_size import ellipsised, text_width

LABEL_SIZE = 10.5
LABEL_HEIGHT = 14.0
_LABEL_ROOM = 118.0
_PLACES_ON_CURVE = (0.5, 0.6, 0.4, 0.7, 0.3, 0.78, 0.22)
_SHIFTS: dict[str, tuple[float, ...]] = {
    "LR": (0.0, 14.0, -14.0, 28.0, -28.0),
    "TB": (0.0, 24.0, -24.0, 48.0, -48.0, 72.0, -72.0, 96.0, -96.0),
}


class Edge(Struct, frozen=True):
    """A drawn edge.

    Attributes:
        source, target: ids of the nodes.
        names: the names that it carries; empty for an edge that only orders.
        label: what is written on it: `names`, shortened; "" for none.
        points: the points that its curve passes, from border to border, in px.
        label_at: middle of the label, or None.
        flow: whether it flows along x ("LR") or y ("TB"): its curve's direction at every point.
        is_by_code: whether it carries a name that the code reads of the source; all others are drawn dashed.
    """

    source: str
    target: str
    names: tuple[str, ...]
    label: str
    points: tuple[Point, ...]
    label_at: Point | None
    flow: Literal["LR", "TB"]
    is_by_code: bool = True

    def moved(self, right: float, down: float) -> Edge:
        """Return the edge elsewhere."""
        points = tuple((x + right, y + down) for x, y in self.points)
        at = self.label_at and (self.label_at[0] + right, self.label_at[1] + down)
        return replace(self, points=points, label_at=at)

    @property
    def title(self) -> str:
        """What is said of it where a pointer rests on it."""
        names = ", ".join(self.names)
        return names if self.is_by_code or not names else f"{names}: observed in runs, not shown by the code"


class Route(Struct):
    """Where an edge passes in (along, across), and between which two of its points its label stands."""

    link: tuple[str, str]
    points: list[Point]
    label_span: int


def label_text(names: Sequence[str]) -> str:
    """Return what is written on an edge: at most three names, shortened to fit a gap."""
    shown = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    return ellipsised(shown, LABEL_SIZE, _LABEL_ROOM)


def label_room(names: Sequence[str], direction: Literal["LR", "TB"], neighbours: int) -> float:
    """Return the room in px along the flow that an edge's label needs besides the gap itself.

    Args:
        names: the names that the edge carries.
        direction: which way edges flow.
        neighbours: how many edges enter the same node: side by side their labels may need several lines.
    """
    if not names:
        return 0.0
    if direction == "TB":
        return min(max(neighbours - 1, 0), 3) * LABEL_HEIGHT * 0.8
    return text_width(label_text(names), LABEL_SIZE) - 4.0


def label_end(edge: Edge) -> float:
    """Return where an edge's label ends on the right, 0 for one without."""
    return edge.label_at[0] + text_width(edge.label, LABEL_SIZE) / 2 if edge.label_at else 0.0


def routed(
    routes: Sequence[Route],
    names: Mapping[tuple[str, str], tuple[str, ...]],
    by_code: Set[tuple[str, str]],
    flow: Literal["LR", "TB"],
    margin: float,
    *,
    has_labels: bool = True,
) -> tuple[Edge, ...]:
    """Return the edges in x and y, labels placed to cover no node and, if possible, not each other."""
    taken: dict[tuple[int, int], list[tuple[Point, float]]] = {}
    edges: list[Edge] = []
    for route in routes:
        carried = names[route.link]
        points = tuple(_turn(point, flow, margin) for point in _simplified(route))
        label = label_text(carried) if carried and has_labels else ""
        at = _label_place(route, label, flow, margin, taken) if label else None
        edges.append(Edge(*route.link, carried, label, points, at, flow, route.link in by_code))
    return tuple(edges)


def _turn(point: Point, flow: Literal["LR", "TB"], margin: float) -> Point:
    along, across = point
    return (along + margin, across + margin) if flow == "LR" else (across + margin, along + margin)


def _simplified(route: Route) -> list[Point]:
    """Return the points without those that lie on a straight stretch anyway."""
    first, *rest = ((round(along, 1), round(across, 1)) for along, across in route.points)
    points = [first]
    for here, after in zip(rest, [*rest[1:], None], strict=True):
        if here == points[-1] or (after and points[-1][1] == here[1] == after[1]):
            continue
        points.append(here)
    return points


def _label_place(
    route: Route,
    label: str,
    flow: Literal["LR", "TB"],
    margin: float,
    taken: dict[tuple[int, int], list[tuple[Point, float]]],
) -> Point:
    """Return the first place on the curve, then beside it, where the label covers no other label.

    Labels of one gap are kept together: only they can meet. The gap holds no node, so a label inside it
    covers none; left to right it is wide enough for that, top to bottom always high enough.
    """
    start, end = route.points[route.label_span], route.points[route.label_span + 1]
    width = text_width(label, LABEL_SIZE) + 6
    others = taken.setdefault((round(start[0]), round(end[0])), [])
    room = abs(end[0] - start[0]) - (width if flow == "LR" else LABEL_HEIGHT)
    candidates = (_turn(at, flow, margin) for at in _places(start, end, room, flow))
    inside = (at for at in candidates if at[0] >= width / 2)
    free = (at for at in inside if not any(_cover(at, width, *other) for other in others))
    place = next(free, None) or _turn(_on_curve(start, end, 0.5), flow, margin)
    others.append((place, width))
    return place


def _places(start: Point, end: Point, room: float, flow: Literal["LR", "TB"]) -> Iterator[Point]:
    reach = max(room, 0.0) / 2 / max(abs(end[0] - start[0]), 1.0)
    for shift in _SHIFTS[flow]:
        for t in _PLACES_ON_CURVE:
            if abs(t - 0.5) <= reach or t == 0.5:
                along, across = _on_curve(start, end, t)
                yield along, across + shift


def _cover(one: Point, width: float, other: Point, other_width: float) -> bool:
    return abs(one[0] - other[0]) < (width + other_width) / 2 and abs(one[1] - other[1]) < LABEL_HEIGHT


def _on_curve(start: Point, end: Point, t: float) -> Point:
    """Return the point of the curve from start to end that leaves and arrives along the flow."""
    eased = t * t * (3 - 2 * t)
    blend = 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3
    return start[0] + (end[0] - start[0]) * blend, start[1] + (end[1] - start[1]) * eased


def svg_path(edge: Edge) -> str:
    """Return the edge's curve as the `d` of an SVG path."""
    parts = [f"M{edge.points[0][0]:.1f} {edge.points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in zip(edge.points, edge.points[1:], strict=False):
        if x0 == x1 or y0 == y1:
            parts.append(f"L{x1:.1f} {y1:.1f}")
        elif edge.flow == "LR":
            middle = (x0 + x1) / 2
            parts.append(f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
        else:
            middle = (y0 + y1) / 2
            parts.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    return "".join(parts)


def polyline(edge: Edge, pieces: int = 8) -> list[Point]:
    """Return points that follow the edge's curve, ends included, for displays that draw straight lines."""
    points = [edge.points[0]]
    for start, end in zip(edge.points, edge.points[1:], strict=False):
        if start[0] == end[0] or start[1] == end[1]:
            points.append(end)
            continue
        first, last = _flipped(start, edge.flow), _flipped(end, edge.flow)
        curve = (_on_curve(first, last, step / pieces) for step in range(1, pieces + 1))
        points += [_flipped(point, edge.flow) for point in curve]
    return points


def _flipped(point: Point, flow: Literal["LR", "TB"]) -> Point:
    return point if flow == "LR" else (point[1], point[0])
