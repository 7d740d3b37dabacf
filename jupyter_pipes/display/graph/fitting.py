"""A graph for the room that there is: arranged so, and with so many stages folded, that it can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import product

from msgspec import Struct

from jupyter_pipes.display.graph.density import DENSE, NAME_SIZE, ROOMY, Density, Direction
from jupyter_pipes.display.graph.layout import Layout, arrange, stage_node, stage_of
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.mapping.children import is_child, parent_of

READABLE_SIZE = 11.0
"""The least size of text in px."""
_READABLE = READABLE_SIZE / NAME_SIZE
_MANY = 150


class _Room(Struct, frozen=True):
    """Where a graph is drawn, in px, and how it may be arranged there, the better way first."""

    width: float
    height: float
    ways: tuple[tuple[Density, Direction], ...]


def scale_within(layout: Layout, width: float, height: float) -> float:
    """Return by how much a layout is drawn larger (over 1) or smaller to fill `width` by `height` px."""
    return min(width / max(layout.width, 1.0), height / max(layout.height, 1.0))


def arrange_within(
    steps: Sequence[PlannedStep],
    width: float,
    height: float,
    collapsed: frozenset[str] | None = None,
    directions: tuple[Direction, Direction] = ("TB", "LR"),
) -> Layout:
    """Lay a graph out so that its text can be read where it is drawn whole in `width` by `height` px.

    Of what can be read, what tells most: two lines and labels before names alone. Unfolded pipelines turn
    nothing round and fold no stage that is open without them, unless it takes that to read the graph.

    Args:
        collapsed: stages to draw as one node; None for as many, the largest first, as it takes to read them.
        directions: which way edges flow, the better one first.
    """
    outer = [step for step in steps if not is_child(step.name)]
    if len(outer) < len(steps):
        folded = arrange_within(outer, width, height, collapsed, directions)
        opened = {parent_of(step.name) for step in steps}
        needed = stages_of(step for step in steps if step.name in opened)
        stages = folded_in(folded, outer) - needed if collapsed is None else collapsed
        return _largest(steps, _Room(width, height, _ways_without_turn(folded.direction)), stages)
    room = _Room(width, height, tuple(product((ROOMY, DENSE), directions)))
    if collapsed is not None:
        return _largest(steps, room, collapsed)
    layout = _least_folded(steps, lambda folded: _readable(steps, room, folded))
    return layout or _largest(steps, room, stages_of(steps))


def _ways_without_turn(direction: Direction) -> tuple[tuple[Density, Direction], ...]:
    directions: tuple[Direction, Direction] = ("LR", "TB") if direction == "LR" else ("TB", "LR")
    return tuple((density, each) for each, density in product(directions, (ROOMY, DENSE)))


def stages_of(steps: Iterable[PlannedStep]) -> frozenset[str]:
    """Return the stages that some steps belong to."""
    return frozenset(filter(None, map(stage_of, steps)))


def folded_in(layout: Layout, steps: Iterable[PlannedStep]) -> frozenset[str]:
    """Return the stages that a layout draws as one node."""
    return frozenset(stage for stage in stages_of(steps) if stage_node(stage) in layout.nodes)


def _least_folded(
    steps: Sequence[PlannedStep], look: Callable[[frozenset[str]], Layout | None]
) -> Layout | None:
    """Return the first layout that is good enough, with as few stages folded as it takes; None for all.

    Args:
        look: returns the layout with these stages folded, or None if that is not good enough.
    """
    sizes = Counter(stage for step in steps if (stage := stage_of(step)))
    stages = [stage for stage, _ in sizes.most_common()]
    # The more are folded, the larger the rest is drawn: halving finds how many it takes among many stages.
    fewest, most = 0, len(stages)
    best: Layout | None = None
    while fewest < most:
        count = (fewest + most) // 2
        layout = look(frozenset(stages[:count]))
        if layout is None:
            fewest = count + 1
        else:
            best, most = layout, count
    return best


def _readable(steps: Sequence[PlannedStep], room: _Room, collapsed: frozenset[str]) -> Layout | None:
    """Return the graph with these stages folded, or None where its text could not be read."""
    if not _has_room(steps, room.width, room.height, collapsed):
        return None
    layout = _largest(steps, room, collapsed)
    return layout if scale_within(layout, room.width, room.height) >= _READABLE else None


def _has_room(steps: Sequence[PlannedStep], width: float, height: float, collapsed: frozenset[str]) -> bool:
    """Return False where not even the nodes alone could be read in it."""
    titles = [step.name for step in steps if stage_of(step) not in collapsed]
    area = sum(DENSE.node_width(title) for title in (*titles, *collapsed)) * DENSE.node_height
    return area * _READABLE**2 <= width * height


def _largest(steps: Sequence[PlannedStep], room: _Room, collapsed: frozenset[str]) -> Layout:
    """Return the first arrangement that can be read, else the one that is drawn largest."""
    is_large = sum(stage_of(step) not in collapsed for step in steps) > _MANY
    largest, best = 0.0, None
    for density, direction in room.ways:
        if is_large and density is not DENSE:
            continue
        layout = arrange(steps, collapsed=collapsed, direction=direction, density=density)
        scale = scale_within(layout, room.width, room.height)
        if scale >= _READABLE:
            return layout
        if scale > largest:
            largest, best = scale, layout
    assert best is not None
    return best
