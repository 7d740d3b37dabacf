"""What the Lab extension asks of a kernel, and what it gets: each request with the noun of its answer."""

from __future__ import annotations

from msgspec import Struct, field

from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.kernel.link.asking import Done, Request, RunStarted
from jupyter_pipes.kernel.link.places import CellPlace
from jupyter_pipes.kernel.link.topics.table import TOPICS, TopicRequest
from jupyter_pipes.kernel.notebook.saved import LiveCell
from jupyter_pipes.model.steps import JsonValue


class StartRun(Request, frozen=True, tag="run"):
    """Run these steps (all, if none is named) of the notebook as it is shown, with what they need.

    Attributes:
        params, force, only, skip: as for `%pipeline run`.
        behind: run these and what hangs on them (`--from`).
    """

    steps: tuple[str, ...] = ()
    params: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    force: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


class StartStale(Request, frozen=True, tag="run stale"):
    """Run the steps that are marked as stale."""


class Stop(Request, frozen=True, tag="stop"):
    """Cancel the run that goes on, with the sweep that it is one of; or one step of it."""

    step: str | None = None


class ShowCells(Request, frozen=True, tag="cells"):
    """The notebook is shown so now: all its cells, in order."""

    cells: tuple[LiveCell, ...]


class ArrangeGraph(Request, frozen=True, tag="graph"):
    """Lay the graph out so that it can be read in `width` by `height` px.

    Attributes:
        collapsed: stages to draw as one node each; None for as many as it takes to read the graph.
    """

    width: float
    height: float
    collapsed: tuple[str, ...] | None = None


class DrawGraph(Request, frozen=True, tag="picture"):
    """Draw the graph as a picture, as it stands now, laid out as for `ArrangeGraph`."""

    width: float
    height: float
    collapsed: tuple[str, ...] | None = None


class UnfoldStep(Request, frozen=True, tag="unfold"):
    """Show the steps of the pipeline that a step is in the graph, or no longer; also of one in there."""

    step: str
    is_unfolded: bool


class ExplainStep(Request, frozen=True, tag="why"):
    """Say why a step is stale, or else why it was decided so."""

    step: str


class ReadLog(Request, frozen=True, tag="log"):
    """Give the end of what a step printed, of its latest attempt unless another is named."""

    step: str
    attempt: int | None = None


AnyRequest = (
    StartRun
    | StartStale
    | Stop
    | ShowCells
    | ArrangeGraph
    | DrawGraph
    | UnfoldStep
    | ExplainStep
    | ReadLog
    | TopicRequest
)


class Picture(Struct, frozen=True):
    """A graph as SVG that needs nothing else."""

    svg: str


class Reasons(Struct, frozen=True):
    """Reasons in words, with what changed as the lines of a diff."""

    reasons: tuple[str, ...]
    diff: str


class LogTail(Struct, frozen=True):
    """The end of a log, with ANSI colours."""

    text: str


ANSWERS: dict[type[Request], type[Struct]] = {
    StartRun: RunStarted,
    StartStale: RunStarted,
    Stop: Done,
    ShowCells: Done,
    ArrangeGraph: Layout,
    DrawGraph: Picture,
    UnfoldStep: Done,
    ExplainStep: Reasons,
    ReadLog: LogTail,
    **{request: answered.answer for request, answered in TOPICS.items()},
}
"""Request -> its answer, when nothing stands against it."""


class Refusal(Struct, frozen=True):
    """Why something was not done, in words; `type` is the error's class, `place` the cell it is about."""

    type: str
    message: str
    place: CellPlace | None = None


class Message(Struct, frozen=True):
    """A request on the wire; the answer has its number.

    Attributes:
        key: the same where it is asked once more, as the answer was lost on the way: it is carried out once.
        pipeline: what it is about, as `%pipeline use` calls it, "" for the notebook's own; None for the one
            in use.
    """

    number: int
    request: AnyRequest
    key: str = ""
    pipeline: str | None = None


class Reply(Struct, frozen=True):
    """An answer on the wire as `ANSWERS` has it, or why there is none."""

    number: int
    answer: JsonValue = None
    refusal: Refusal | None = None
