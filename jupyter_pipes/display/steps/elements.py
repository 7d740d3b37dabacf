"""The elements of a step with a `--map`, as rows: what went wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.display.html import status_html, table_html, text_html
from jupyter_pipes.display.looks import took_text, why_text
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.model.views import StepView

_MOST = 50
_FIRST = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)
_QUIET = (Status.PENDING, Status.CACHED, Status.COMPLETED)


def elements_of(step: StepView) -> list[StepView]:
    """Return a step's elements: what went wrong first, then what is under way."""
    elements = step.children.copy().values()
    return sorted(elements, key=lambda each: (each.status not in _FIRST, each.status in _QUIET))


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
