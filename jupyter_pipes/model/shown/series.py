"""The values of one metric in the order in which they were reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from msgspec import Struct, field

from jupyter_pipes.model.steps import JsonValue


class MetricPoint(Struct, frozen=True, gc=False):
    """One reported value of a metric; `at` is its place on the axis, None when not given."""

    at: float | None
    value: JsonValue


class MetricPoints(Struct, frozen=True, gc=False, omit_defaults=True):
    """Values of one metric as events carry them; `at` has the place of each, or nothing if none has one."""

    values: tuple[JsonValue, ...]
    at: tuple[float | None, ...] = ()


class Series(Struct):
    """All values of one metric: a sequence of points, which are made when they are asked for.

    Attributes:
        values: the values.
        at: the place of each.
        is_placed: whether each has one.
    """

    values: list[JsonValue] = field(default_factory=list[JsonValue])
    at: list[float | None] = field(default_factory=list[float | None])
    is_placed: bool = True

    @classmethod
    def of(cls, points: Iterable[MetricPoint]) -> Series:
        """Return points as a series."""
        series = cls()
        for point in points:
            series.extend((point.value,), (point.at,))
        return series

    def extend(self, values: Sequence[JsonValue], at: Sequence[float | None] = ()) -> None:
        """Add values behind the others, each at its place; without `at` none has one."""
        self.values.extend(values)
        self.is_placed = self.is_placed and bool(at) and None not in at
        # Its length is that of the places: who looks meanwhile finds the value of each.
        self.at.extend(at or [None] * len(values))

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[MetricPoint]:
        return (self[number] for number in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> MetricPoint: ...
    @overload
    def __getitem__(self, index: slice) -> list[MetricPoint]: ...
    def __getitem__(self, index: int | slice) -> MetricPoint | list[MetricPoint]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self[number] for number in numbers]
        return MetricPoint(self.at[numbers], self.values[numbers])
