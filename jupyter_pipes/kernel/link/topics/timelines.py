"""How a run went in time, as far as its journal tells, and how the elements of a step did."""

from __future__ import annotations

import time

from msgspec import Struct

from jupyter_pipes.display.steps.elements import element_why, elements_of, elements_title
from jupyter_pipes.display.timeline import Timeline, timeline_of
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.showing import shown_run
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.contents import nested_run
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.run import Run

_MOST = 200
"""Elements that are told."""


class ShowTimeline(Request, frozen=True, tag="timeline"):
    """Give the timeline of a run; where none is named, of this kernel's, else of the newest that is kept."""

    run: str = ""


def show_timeline(session: Session, request: ShowTimeline) -> Timeline:
    """Return the timeline.

    Raises:
        RunNotFound: there is no such run, or there was none yet.
    """
    run = find_run(session.upcoming().workspace, request.run, session.name) if request.run else None
    run = run or session.run or _newest(session)
    return timeline_of(run.view, run.workspace.history.records(run.id))


def _newest(session: Session) -> Run:
    pipeline = session.upcoming()
    workspace = pipeline.workspace
    newest = next(iter(workspace.history.runs(pipeline.name)), None) if workspace.has_history else None
    if newest is None:
        raise RunNotFound("the pipeline has not run yet")
    return Run(workspace, newest.run)


class ListElements(Request, frozen=True, tag="elements"):
    """Say how the elements of a step stand."""

    step: str


class ElementShown(Struct, frozen=True):
    """An element as a front end shows it: `value` is what it is, in short."""

    name: str
    value: str
    status: Status
    seconds: float
    why: str


class ElementList(Struct, frozen=True):
    """The first elements, what went wrong before all else, and how many more there are.

    Attributes:
        title: what they are called: of a pipeline its steps.
        run: of a pipeline its own run, once it is known.
    """

    title: str
    elements: tuple[ElementShown, ...]
    more: int
    run: str = ""


def list_elements(session: Session, request: ListElements) -> ElementList:
    """Return the elements of a step.

    Raises:
        UsageError: the step has not run yet.
    """
    run, now = shown_run(session, request.step), time.time()
    step = run.step(request.step)
    if not step.children and step.source_run:
        # They are those of the run whose result is taken.
        step = Run(run.workspace, step.source_run).step(step.source_step)
    elements = elements_of(step)
    shown = tuple(
        ElementShown(each.name, each.value_text, each.status, each.seconds_until(now), element_why(each))
        for each in elements[:_MOST]
    )
    return ElementList(elements_title(step), shown, max(len(elements) - _MOST, 0), nested_run(step))
