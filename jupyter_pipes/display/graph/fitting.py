"""A graph for the room that there is: arranged so, and with so many stages folded, that it can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from jupyter_pipes.display.graph.density import DENSE, NAME_SIZE, ROOMY, Density, Direction
from jupyter_pipes.display.graph.layout import Layout, arrange, stage_node
from jupyter_pipes.model.events import PlannedStep

READABLE_SIZE = 11.0
"""The least size of text in px."""
_READABLE = READABLE_SIZE / NAME_SIZE
_TRIALS: tuple[tuple[Density, Direction], ...] = ((ROOMY, "TB"), (ROOMY, "LR"), (DENSE, "TB"), (DENSE, "LR"))
_MANY = 150


def scale_within(layout: Layout, width: float, height: float) -> float:
    """Return by how much a layout is drawn larger (over 1) or smaller to fill `width` by `height` px."""
    return min(width / max(layout.width, 1.0), height / max(layout.height, 1.0))


def arrange_within(
    steps: Sequence[PlannedStep], width: float, height: float, collapsed: frozenset[str] | None = None
) -> Layout:
    """Lay a graph out so that its text can be read where it is drawn whole in `width` by `height` px.

    Of what can be read, what tells most: two lines and labels before names alone.

    Args:
        collapsed: stages to draw as one node; None for as many, the largest first, as it takes to read them.
    """
    if collapsed is not None:
        return _largest(steps, width, height, collapsed)
    layout = _least_folded(steps, lambda folded: _readable(steps, width, height, folded))
    return layout or _largest(steps, width, height, stages_of(steps))


def folded_within(steps: Sequence[PlannedStep], width: float, height: float, scale: float) -> frozenset[str]:
    """Return the stages, the largest first, that must be folded so that a graph need not be drawn too small.

    Args:
        width, height: the room for the whole graph in px, with all that is told in it.
        scale: the least size of a layout's px.
    """

    def look(folded: frozenset[str]) -> Layout | None:
        layout = arrange(steps, collapsed=folded, fit_width=width)
        return layout if scale_within(layout, width, height) >= scale else None

    layout = _least_folded(steps, look)
    return stages_of(steps) if layout is None else _folded_in(steps, layout)


def stages_of(steps: Iterable[PlannedStep]) -> frozenset[str]:
    """Return the stages that some steps belong to."""
    return frozenset(step.options.stage for step in steps if step.options.stage)


def _folded_in(steps: Sequence[PlannedStep], layout: Layout) -> frozenset[str]:
    return frozenset(stage for stage in stages_of(steps) if stage_node(stage) in layout.nodes)


def _least_folded(
    steps: Sequence[PlannedStep], look: Callable[[frozenset[str]], Layout | None]
) -> Layout | None:
    """Return the first layout that is good enough, with as few stages folded as it takes; None for all.

    Args:
        look: returns the layout with these stages folded, or None if that is not good enough.
    """
    sizes = Counter(step.options.stage for step in steps if step.options.stage)
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


def _readable(
    steps: Sequence[PlannedStep], width: float, height: float, collapsed: frozenset[str]
) -> Layout | None:
    """Return the graph with these stages folded, or None where its text could not be read."""
    if not _has_room(steps, width, height, collapsed):
        return None
    layout = _largest(steps, width, height, collapsed)
    return layout if scale_within(layout, width, height) >= _READABLE else None


def _has_room(steps: Sequence[PlannedStep], width: float, height: float, collapsed: frozenset[str]) -> bool:
    """Return False where not even the nodes alone could be read in it."""
    titles = [step.name for step in steps if step.options.stage not in collapsed]
    area = sum(DENSE.node_width(title) for title in (*titles, *collapsed)) * DENSE.node_height
    return area * _READABLE**2 <= width * height


def _largest(steps: Sequence[PlannedStep], width: float, height: float, collapsed: frozenset[str]) -> Layout:
    """Return the first arrangement that can be read, else the one that is drawn largest."""
    is_large = sum(step.options.stage not in collapsed for step in steps) > _MANY
    best: Layout | None = None
    for density, direction in _TRIALS[2:] if is_large else _TRIALS:
        layout = arrange(steps, collapsed=collapsed, direction=direction, density=density)
        if scale_within(layout, width, height) >= _READABLE:
            return layout
        if best is None or scale_within(layout, width, height) > scale_within(best, width, height):
            best = layout
    assert best is not None
    return best
