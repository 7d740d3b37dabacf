"""Kept runs, named as people name them: listed, opened, compared, labelled; none of it needs a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jupyter_pipes.display.kept.compared import compared
from jupyter_pipes.display.kept.lines import page
from jupyter_pipes.display.kept.model import ComparedRuns, OpenedRun, RunPage, StepLook
from jupyter_pipes.display.kept.opened import look, opened
from jupyter_pipes.kernel.link.asking import Done, Request
from jupyter_pipes.model import events as ev
from jupyter_pipes.runs.kept import find_run

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.run import Run


class ListRuns(Request, frozen=True, tag="runs"):
    """List the first kept runs of the pipeline that a query finds."""

    query: str = ""
    limit: int = 50


class OpenRun(Request, frozen=True, tag="open run"):
    """Give a kept run, its graph laid out for so much room in px."""

    run: str
    width: float
    height: float


class LookAtStep(Request, frozen=True, tag="look at step"):
    """Say what a step of a kept run did, in its latest attempt unless another is named."""

    run: str
    step: str
    attempt: int | None = None


class CompareRuns(Request, frozen=True, tag="compare runs"):
    """Hold two kept runs against each other, as one graph laid out for so much room in px."""

    a: str
    b: str
    width: float
    height: float


class TagRun(Request, frozen=True, tag="tag run"):
    """Give a run these labels, in place of those that it has."""

    run: str
    tags: tuple[str, ...]


class RenameRun(Request, frozen=True, tag="rename run"):
    """Give a run a title."""

    run: str
    title: str


class ArchiveRun(Request, frozen=True, tag="archive run"):
    """Put a run away, or take it back."""

    run: str
    archived: bool = True


KeptRequest = ListRuns | OpenRun | LookAtStep | CompareRuns | TagRun | RenameRun | ArchiveRun


class KeptRuns:
    """The kept runs of one pipeline, asked.

    Args:
        workspace: where they are kept.
        pipeline: its name.
    """

    def __init__(self, workspace: Workspace, pipeline: str) -> None:
        self._workspace = workspace
        self._pipeline = pipeline

    def find(self, name: str) -> Run:
        """Return a kept run.

        Raises:
            RunNotFound: there is none, or there are several.
        """
        return find_run(self._workspace, name, self._pipeline)

    def list(self, request: ListRuns) -> RunPage:
        """Return the first runs that a query finds."""
        return page(self._workspace, request.query, self._pipeline, request.limit)

    def open(self, request: OpenRun) -> OpenedRun:
        """Return a run with its graph."""
        return opened(self.find(request.run), request.width, request.height)

    def look(self, request: LookAtStep) -> StepLook:
        """Return what a step did."""
        return look(self.find(request.run), request.step, request.attempt)

    def compare(self, request: CompareRuns) -> ComparedRuns:
        """Return two runs as one graph, with what differs."""
        return compared(self.find(request.a), self.find(request.b), request.width, request.height)

    def tag(self, request: TagRun) -> Done:
        """Label a run."""
        return self._remark(request.run, ev.RunTagged(tuple(dict.fromkeys(request.tags))))

    def rename(self, request: RenameRun) -> Done:
        """Give a run a title."""
        return self._remark(request.run, ev.RunRenamed(request.title))

    def archive(self, request: ArchiveRun) -> Done:
        """Put a run away, or take it back."""
        return self._remark(request.run, ev.RunArchived(request.archived))

    def _remark(self, name: str, event: ev.AnyEvent) -> Done:
        run = self.find(name)
        run.workspace.history.remark(run.id, event)
        return Done()


KEPT: dict[type[Request], tuple[type[Struct], Callable[[KeptRuns, Any], Struct]]] = {
    ListRuns: (RunPage, KeptRuns.list),
    OpenRun: (OpenedRun, KeptRuns.open),
    LookAtStep: (StepLook, KeptRuns.look),
    CompareRuns: (ComparedRuns, KeptRuns.compare),
    TagRun: (Done, KeptRuns.tag),
    RenameRun: (Done, KeptRuns.rename),
    ArchiveRun: (Done, KeptRuns.archive),
}
"""Request -> its answer, and what gives it: for a kernel, and for a server without one."""
