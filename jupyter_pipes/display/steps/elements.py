"""The elements of a step with a `--map`, what went wrong first, or the steps of its `--pipeline`, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.display.html import status_html, table_html, text_html
from jupyter_pipes.display.looks import took_text, why_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.contents import nested_run

if TYPE_CHECKING:
    from jupyter_pipes.model.views import StepView

_MOST = 50
_FIRST = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)
_QUIET = (Status.PENDING, Status.CACHED, Status.COMPLETED)


def elements_of(step: StepView) -> list[StepView]:
    """Return a step's elements, what went wrong first; of a pipeline its steps, in their order."""
    elements = step.children.copy().values()
    if step.planned.options.pipeline:
        return list(elements)
    return sorted(elements, key=lambda each: (each.status not in _FIRST, each.status in _QUIET))


def elements_title(step: StepView) -> str:
    """Return what the elements are called: of a pipeline its steps, with their run once it is known."""
    path = step.planned.options.pipeline
    if not path:
        return "Elements"
    run = nested_run(step)
    return f"Steps of {path}" + (f" · run {run}" if run else "")


def elements_html(step: StepView, now: float) -> str:
    """Return the first elements as a table; "" for a step without any."""
    elements = elements_of(step)
    rows = table_html(_row(each, now) for each in elements[:_MOST])
    others = len(elements) - _MOST
    return rows + (f'<div class="quiet">and {others:,} more</div>' if others > 0 else "")


def element_why(element: StepView) -> str:
    """Return why an element stands as it does; "" for one that just completed."""
    return why_text(element) if element.status is not Status.COMPLETED else ""


def _row(element: StepView, now: float) -> Sequence[str]:
    return (
        f"<code>{escape(element.name)}</code>",
        f"<code>{text_html(element.value_text)}</code>",
        status_html(element.status),
        took_text(element, now),
        text_html(element_why(element)),
    )
