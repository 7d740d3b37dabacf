"""Which parameters a sweep tries: all of a grid, or what a search proposes that learns how each came out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

from msgspec import Struct

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView


class Search(Protocol):
    """Proposes parameters, one set after another: a grid, or an optimizer such as Optuna behind these two."""

    def ask(self) -> Mapping[str, Any] | None:
        """Return the parameters to run with next, by name; None ends the sweep."""
        ...

    def tell(self, params: Mapping[str, Any], value: float | None) -> None:
        """Take how a run came out: its value of the sweep's metric, None where it has none or failed."""
        ...


class Grid:
    """Every combination of values, the last name's changing fastest.

    Args:
        values: parameter (or `STEP.NAME`) -> the values that it is to have.
    """

    def __init__(self, values: Mapping[str, Iterable[Any]]) -> None:
        self._names = tuple(values)
        self._values: Sequence[tuple[Any, ...]] = [tuple(each) for each in values.values()]
        self._combinations = product(*self._values)

    def __len__(self) -> int:
        """Return how many combinations there are."""
        return math.prod(map(len, self._values))

    def ask(self) -> Mapping[str, Any] | None:
        """Return the next combination; None behind the last."""
        values = next(self._combinations, None)
        return None if values is None else dict(zip(self._names, values, strict=True))

    def tell(self, params: Mapping[str, Any], value: float | None) -> None:
        """Learn nothing: all are tried anyway."""


class Goal(Struct, frozen=True):
    """By which metric runs are held against each other, and whether more of it is better.

    Attributes:
        metric: its name, or `STEP/NAME` for one step's; "" where none is said.
        is_maximum: whether the best run has the largest value; the smallest else.
    """

    metric: str = ""
    is_maximum: bool = True

    @classmethod
    def parsed(cls, text: str) -> Goal:
        """Return the goal of `--metric NAME:max` or `NAME:min`; of "" none.

        Raises:
            UsageError: it does not say which of both.
        """
        name, _, direction = text.rpartition(":")
        if text and (direction not in ("max", "min") or not name):
            raise UsageError(f"--metric {text}: write NAME:max or NAME:min, such as auc:max")
        return cls(name, direction == "max") if text else cls()

    def value(self, view: RunView) -> float | None:
        """Return a run's last value of the metric; None where it is none to compare."""
        value = metrics_of(view).get(self.metric)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
            return None
        return float(value)

    def values(self, views: Iterable[RunView]) -> list[float | None]:
        """Return the metric's value of each run; None where it has none, or did not complete."""
        return [self.value(view) if view.status is Status.COMPLETED else None for view in views]

    def best(self, values: Sequence[float | None]) -> int | None:
        """Return the place of the best value, the first of equal ones; None where there is none."""
        places = [place for place, value in enumerate(values) if value is not None]
        sign = -1 if self.is_maximum else 1
        return min(places, key=lambda place: sign * (values[place] or 0.0), default=None)


def metrics_of(view: RunView) -> dict[str, Any]:
    """Return the last value of each metric of a run, by its name and by `STEP/NAME`."""
    metrics: dict[str, Any] = {}
    for step in view.steps.values():
        for name, value in step.last_metrics.items():
            metrics |= {name: value, f"{step.name}/{name}": value}
    return metrics
