"""The order in which steps can run: each behind all that it waits for, else as they stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


def in_order(upstream: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the steps so that each stands behind all that it waits for, else as they stand in the mapping.

    Args:
        upstream: step -> what it waits for; names that are no steps of the mapping do not count.

    Raises:
        graphlib.CycleError: steps wait for each other.
    """
    if _stand_in_order(upstream):
        return tuple(upstream)
    sorter = TopologicalSorter(
        {step: [n for n in names if n in upstream] for step, names in upstream.items()}
    )
    sorter.prepare()
    names = list(upstream)
    place = {name: position for position, name in enumerate(names)}
    ready: list[int] = []
    ordered: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, place[name])
        ordered.append(names[heapq.heappop(ready)])
        sorter.done(ordered[-1])
    return tuple(ordered)


def _stand_in_order(upstream: Mapping[str, Iterable[str]]) -> bool:
    """Return whether each step stands behind all that it waits for, as it mostly is."""
    before = set[str]()
    for step, names in upstream.items():
        if any(name in upstream and name not in before for name in names):
            return False
        before.add(step)
    return True
