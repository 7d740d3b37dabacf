"""What a board says, and how it changes: the nouns that the Lab extension knows pipelines by."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_pipes.model.steps import JsonValue, Status

KEPT_BOARDS, KEPT_GRAPH = "jupyter_pipes/boards", "jupyter_pipes/graph"
"""Where a Jupyter server gives the board of a notebook's last run, and the layout of its graph."""


class BoardError(Struct, frozen=True):
    """How a step failed, in plain text; `line` counts as the editor's gutter does, None if unknown."""

    type: str
    message: str
    line: int | None


class BoardGate(Struct, frozen=True):
    """What a step asks before it begins, and since when, in seconds since 1970."""

    text: str
    since: float


class BoardStep(Struct, frozen=True):
    """A step as it stands.

    Attributes:
        cell: id of the notebook's cell that it is made of; None outside notebooks.
        reason: why it stands so, in words.
        stale: why its result no longer fits, "" when it does.
        stale_word: what that is called, "" when it fits: it may hang on a step above it.
        started: when the attempt that runs now began, in seconds since 1970.
        seconds: what the attempts that ended took.
        share: how far it is, 0 to 1; None if nobody knows.
        progress: the same in words.
        attempts: how many there were.
        earlier: why those before the latest one ended, in words.
        queue: where it runs, as `--queue` says.
        host: the machine that its latest attempt runs or ran on; "" before its first.
        source_run: the run whose outputs it takes, "" if its own.
        upstream: the steps that must end before it starts.
        reads: name, or path of a file, -> the step that makes it, or `params`.
        metrics: name -> the latest value.
        notes: what it was told that is no failure.
        gate: what it asks, while it waits for an approval.
        elements: how many elements its `--map` found, or steps its `--pipeline` has.
        pipeline: the other notebook or module that it is, "" if none.
    """

    name: str
    cell: str | None
    status: Status
    reason: str
    stale: str
    stale_word: str
    started: float | None
    seconds: float
    share: float | None
    progress: str
    attempts: int
    earlier: tuple[str, ...]
    queue: str
    host: str
    source_run: str
    stage: str | None
    upstream: tuple[str, ...]
    reads: dict[str, str]
    writes: tuple[str, ...]
    metrics: dict[str, JsonValue]
    notes: tuple[str, ...]
    error: BoardError | None
    gate: BoardGate | None
    elements: int = 0
    pipeline: str = ""


class BoardRun(Struct, frozen=True):
    """A run as it stands; times in seconds since 1970, `ended` None while it goes on.

    Attributes:
        waits: what all of it waits for, in words; "" if for nothing.
        parameters: name -> the value as people write it.
        tally: how many steps came to which end, in words.
    """

    id: str
    status: Status
    reason: str
    started: float
    ended: float | None
    parameters: dict[str, str]
    tally: str
    waits: str


class Problem(Struct, frozen=True):
    """Something wrong with a cell, found before anything ran.

    Attributes:
        cell: id of the cell; None if it is about no single one.
        line: line of that cell as the editor counts it.
    """

    code: str
    message: str
    severity: Literal["error", "warning", "note"]
    step: str | None
    cell: str | None
    line: int


class BoardSweep(Struct, frozen=True):
    """The sweep that the run is one of.

    Attributes:
        number: which of its runs it is, from 1.
        most: how many there will be; None where a search decides.
        goes_on: whether this or another run of it is still to come to its end.
    """

    id: str
    number: int
    most: int | None
    goes_on: bool


class Heading(Struct, frozen=True):
    """Which pipeline a board shows, and which run of it: None before the first; of a run of a sweep, that.

    Attributes:
        in_use: whether it is the one that the kernel's cells are about now (`%pipeline use`).
    """

    pipeline: str
    version: str
    run: BoardRun | None
    sweep: BoardSweep | None = None
    in_use: bool = True


class Board(Struct, frozen=True):
    """A pipeline as a front end shows it; the steps in the notebook's order.

    Attributes:
        nested: the steps of other pipelines that are unfolded in the graph, as they are called in it:
            `prep[load]`.
    """

    heading: Heading
    steps: tuple[BoardStep, ...]
    problems: tuple[Problem, ...]
    nested: tuple[BoardStep, ...] = ()


class BoardMessage(Struct, frozen=True, tag_field="kind"):
    """What is told of a board.

    Attributes:
        number: counts the messages of one link about one pipeline, from 0.
        time: when it was told, in seconds since 1970, by the clock of the board's times.
        pipeline: what `%pipeline use` calls the pipeline; "" for the notebook's own.
    """

    number: int
    time: float
    pipeline: str = ""


class BoardShown(BoardMessage, frozen=True, tag="shown", kw_only=True):
    """The whole board: the first message of a link; `package` is the version of jupyter_pipes that tells."""

    package: str
    board: Board


class BoardChanged(BoardMessage, frozen=True, tag="changed", kw_only=True):
    """What is different since the message before.

    Attributes:
        heading: the new one, None if it is the same.
        steps: the new and the changed ones, whole.
        order: the names of all steps, None if they are the same in the same order.
        problems: all of them, None if they are the same.
        nested, nested_order: as `steps` and `order`.
    """

    heading: Heading | None
    steps: tuple[BoardStep, ...]
    order: tuple[str, ...] | None
    problems: tuple[Problem, ...] | None
    nested: tuple[BoardStep, ...] = ()
    nested_order: tuple[str, ...] | None = None
