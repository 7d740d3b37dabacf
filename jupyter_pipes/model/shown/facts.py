"""The facts that an attempt shows while it runs: how far it is, numbers, displays, notes."""

from __future__ import annotations

from jupyter_pipes.model.results import OutputRef
from jupyter_pipes.model.shown.kinds import AttemptEvent
from jupyter_pipes.model.shown.series import MetricPoints
from jupyter_pipes.model.steps import JsonValue


class ProgressReported(AttemptEvent, frozen=True):
    """The step said how far it is; `total` 0 means unknown."""

    done: float
    total: float
    text: str = ""


class MetricsReported(AttemptEvent, frozen=True):
    """The step reported numbers, by the metric's name."""

    points: dict[str, MetricPoints]


class MetricReported(AttemptEvent, frozen=True):
    """The step reported a number, as earlier versions told it; `at` is its place on the series' axis."""

    name: str
    value: JsonValue
    at: float | None = None


class CellBegun(AttemptEvent, frozen=True):
    """The attempt came to the next cell of its step; `log_offset` is its log's size in bytes then."""

    log_offset: int


class OutputShown(AttemptEvent, frozen=True):
    """The step displayed something."""

    output: OutputRef


class OutputsCleared(AttemptEvent, frozen=True):
    """The step cleared what the cell had shown (`clear_output`); `log_offset` as of `CellBegun`."""

    log_offset: int = 0


class NoteAdded(AttemptEvent, frozen=True):
    """Something that the user should know and that is no failure."""

    text: str
