"""A work of the comparison, with what it took each tool, and the goals that it is held against."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from benchmarks.measure import times

OURS = "jupyter_pipes"


class Goal(NamedTuple):
    """At most so many times what another one takes; of nobody: at most so much."""

    most: float
    of: str = ""


class Row(NamedTuple):
    """What one work took.

    Attributes:
        work: what was done.
        unit: of the values.
        taken: tool -> its values; what is not installed is not there.
        goals: what our values are held against.
    """

    work: str
    unit: str
    taken: dict[str, list[float]]
    goals: tuple[Goal, ...] = ()

    @property
    def ours(self) -> float:
        """The median of our values."""
        return median(self.taken[OURS])

    def ratio(self, tool: str) -> float:
        """Return how many times what another one takes ours takes."""
        return times(self.taken[OURS], self.taken[tool])

    def reached(self, goal: Goal) -> float | None:
        """Return what is held against the goal; None if the other one is not there."""
        if not goal.of:
            return self.ours
        return self.ratio(goal.of) if goal.of in self.taken else None
