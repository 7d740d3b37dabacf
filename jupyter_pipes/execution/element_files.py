"""Files that elements of a `--map` use: for others, and for reruns, it is their step that uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.history.indexing import ResultContent
    from jupyter_pipes.model import events as ev
    from jupyter_pipes.model.results import FileSeen, FolderSeen
    from jupyter_pipes.model.views import AttemptView, RunView, StepView


def as_its_step(ended: ev.AttemptEnded, view: RunView) -> ev.AttemptEnded:
    """Return the end of an element's attempt as one of its step's; that of any other step as it is."""
    step = step_of(ended.step)
    latest = view.steps[step].latest
    number = latest.number if latest is not None else 1
    return replace(ended, step=step, attempt=number) if is_child(ended.step) else ended


def with_elements(
    ended: ev.AttemptEnded, view: RunView, reused: Mapping[str, ResultContent]
) -> ev.AttemptEnded:
    """Return the end of the attempt that gathers, with the files that the elements used; any other as it is.

    Args:
        ended: how an attempt ended.
        view: the run, without that end.
        reused: element -> what is kept of it, of those that were cached.
    """
    elements = view.steps[ended.step].children.values()
    if ended.outcome != "completed" or not elements or not all(each.status.is_final for each in elements):
        return ended
    files: dict[str, FileSeen] = {seen.path: seen for seen in ended.files}
    listed: dict[str, FolderSeen] = {seen.path: seen for seen in ended.listed}
    written = dict.fromkeys(ended.written)
    for element in elements:
        for used in _used(element, reused):
            files |= {seen.path: seen for seen in used.files}
            listed |= {seen.path: seen for seen in used.listed}
            written |= dict.fromkeys(used.written)
    return replace(ended, files=tuple(files.values()), written=tuple(written), listed=tuple(listed.values()))


def _used(element: StepView, reused: Mapping[str, ResultContent]) -> Iterable[ResultContent | AttemptView]:
    if element.status is Status.CACHED:
        return [reused[element.name]] if element.name in reused else []
    return [element.latest] if element.latest is not None else []
