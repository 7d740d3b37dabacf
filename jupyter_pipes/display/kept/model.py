"""What a front end is given of kept runs: the nouns that the Lab extension knows them by."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_pipes.display.board.model import Board
from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.model.steps import JsonValue, Status


class RunLine(Struct, frozen=True):
    """A run in the list; times in seconds since 1970.

    Attributes:
        seconds: how long it took, or takes so far.
        progress: the share of its steps that ended, 0 to 1.
        endings: status -> how many of its steps ended so.
        parameters: name -> the value as people write it.
        metrics: last values; by the step's name as well (`STEP/NAME`) where several steps report one.
    """

    id: str
    title: str
    pipeline: str
    version: str
    status: Status
    started: float
    seconds: float
    progress: float
    endings: dict[str, int]
    parameters: dict[str, str]
    metrics: dict[str, JsonValue]
    tags: tuple[str, ...]
    archived: bool


class RunPage(Struct, frozen=True):
    """The first runs that a query finds, and whether there are more."""

    runs: tuple[RunLine, ...]
    has_more: bool


class RepeatField(Struct, frozen=True):
    """A parameter of a kept run, as a form asks for it.

    Attributes:
        annotation: the declared type as written, "" when only a default was given.
        value: the value that the run had, as people write it.
        choices: all allowed values, when the type lists them.
    """

    name: str
    annotation: str
    value: str
    help: str
    choices: tuple[str, ...]


class OpenedRun(Struct, frozen=True):
    """A kept run with its graph.

    Attributes:
        reason: why it ended so.
        surroundings: what it ran in, in words.
        repeats: the run that it runs again, "" if none.
        fields: its parameters, to repeat it with others.
        obstacle: why it cannot be repeated, "" if it can.
        can_resume: whether it can be taken up again.
    """

    line: RunLine
    reason: str
    surroundings: str
    repeats: str
    board: Board
    layout: Layout
    fields: tuple[RepeatField, ...]
    obstacle: str
    can_resume: bool


class Point(Struct, frozen=True):
    """A reported value of a metric; `at` is its place on the axis, or which report it was, from 0."""

    at: float
    value: float


class KeptArtifact(Struct, frozen=True):
    """A named value that a step left; `size` is what a person expects to read of it."""

    name: str
    type: str
    size: str
    preview: str


class KeptAttempt(Struct, frozen=True):
    """One try of a step; `used` is its wall and CPU time and memory, in words."""

    number: int
    status: Status
    reason: str
    used: str


class StepLook(Struct, frozen=True):
    """What a step of a kept run did: of a cached one, what it did when it ran.

    Attributes:
        source_run: the run in which it ran; the opened one's id unless it was cached.
        reasons: why it ran or was cached, in words.
        diff: what had changed, as the lines of a diff.
        log: the end of what it printed, with ANSI colours.
        traceback: of what it failed with, with ANSI colours; "" if it did not.
        outputs: what it displayed, as MIME bundles.
        curves: metric -> its values, of those that were reported more than once.
    """

    step: str
    source_run: str
    reasons: tuple[str, ...]
    diff: str
    log: str
    traceback: str
    attempts: tuple[KeptAttempt, ...]
    artifacts: tuple[KeptArtifact, ...]
    outputs: tuple[dict[str, JsonValue], ...]
    curves: dict[str, tuple[Point, ...]]


class DifferenceLine(Struct, frozen=True):
    """One thing that is not the same in both runs; `step` is None for what concerns them as a whole.

    Attributes:
        what: the kind of thing, as `jupyter pipes compare` says it.
        a, b: how it is in each run, in a line.
        diff: lines of a diff of code; of other things, more about it.
    """

    step: str | None
    what: str
    name: str
    a: str
    b: str
    diff: str


class MetricPair(Struct, frozen=True):
    """The last values of a metric in both runs; None where it is not there, or is no number."""

    step: str
    name: str
    a: float | None
    b: float | None


class CurvePair(Struct, frozen=True):
    """A metric that was reported more than once, in both runs."""

    step: str
    name: str
    a: tuple[Point, ...]
    b: tuple[Point, ...]


Mark = Literal["only in a", "only in b", "changed", "same"]


class ComparedRuns(Struct, frozen=True):
    """Two kept runs as one graph, and what differs.

    Attributes:
        board: the steps of both, as they stand in `b`, else in `a`.
        marks: step -> how its two sides are to each other.
    """

    a: RunLine
    b: RunLine
    board: Board
    layout: Layout
    marks: dict[str, Mark]
    differences: tuple[DifferenceLine, ...]
    metrics: tuple[MetricPair, ...]
    curves: tuple[CurvePair, ...]
