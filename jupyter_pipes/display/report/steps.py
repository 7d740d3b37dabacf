"""One step of a report: how it went, what it measured, showed, printed and left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.display.cards import problem_html
from jupyter_pipes.display.html import (
    metrics_html,
    series_text,
    sparkline,
    status_html,
    table_html,
    text_html,
    value_html,
)
from jupyter_pipes.display.looks import took_text, why_text
from jupyter_pipes.display.report.outputs import outputs_html
from jupyter_pipes.display.steps.details import StepFacts, step_sections, titled
from jupyter_pipes.display.tables import reasons_html
from jupyter_pipes.model.shown.thinning import drawn_points
from jupyter_pipes.model.steps import Status
from jupyter_pipes.planning.explanation import explain_kept

if TYPE_CHECKING:
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.model.shown.series import Series
    from jupyter_pipes.model.views import StepView
    from jupyter_pipes.runs.run import Run

_ELEMENTS = 50
_CURVES = 24
_CURVE = 2_000
"""Characters that a curve takes."""
_SIZE = (280, 84)
_FIRST = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)


def step_html(run: Run, name: str, anchor: str, room: int, now: float) -> str:
    """Return what is told of a step, as an element of a page.

    Args:
        run: the run.
        name: the step's name.
        anchor: the id that links lead to.
        room: about how many characters it may take, pictures aside.
        now: the time in seconds since 1970, for one that runs.
    """
    view = run.view
    step, (_, attempt) = run.step(name), run.shown_attempt(name)
    about = StepFacts(log=run.logs(name, tail=room // 4), shown=attempt, why=_why(run, step))
    told = step_sections(view, step, about, _preview, now)
    problems = (problem_html(problem) for problem in view.diagnostics if problem.step == name)
    attempts = told["attempts"] if len(step.attempts) > 1 else ""
    shown = titled("Outputs", outputs_html(run, attempt, room // 2)) if attempt else ""
    most = min(max(room // _CURVE, 1), _CURVES)
    measured = _metrics(attempt.metrics if attempt else step.metrics, most)
    columns = (
        _column("main", (measured, shown, _elements(step, now), told["log"])),
        _column("aside", (told["artifacts"], told["names"], told["reasons"])),
    )
    head = "".join((told["status"], *problems, told["error"], attempts))
    return f'<article id="{anchor}">{head}<div class="columns">{"".join(columns)}</div></article>'


def _column(kind: str, parts: Iterable[str]) -> str:
    inside = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div class="{kind}">{inside}</div>' if inside else ""


def _why(run: Run, step: StepView) -> str:
    """Return why it was decided so, with what had changed; "" where the step's reason says it."""
    explanation = explain_kept(step, run.workspace.history)
    return "" if explanation.reasons == (step.reason,) else "".join(reasons_html(explanation))


def _preview(ref: ArtifactRef) -> str:
    return f"<pre>{text_html(ref.preview)}</pre>" if ref.preview and not ref.preview.startswith("<") else ""


def _metrics(metrics: Mapping[str, Series], most: int) -> str:
    """Return curves of the first series, at most so many, and the last values of all others as a table."""
    curves = [(name, points) for name, points in metrics.items() if len(drawn_points(points)) > 1][:most]
    drawn = {name for name, _ in curves}
    plots = "".join(_curve(name, points) for name, points in curves)
    table = metrics_html({name: points for name, points in metrics.items() if name not in drawn})
    return titled("Metrics", table + (f'<div class="curves">{plots}</div>' if plots else ""))


def _curve(name: str, points: Series) -> str:
    caption = f"<code>{escape(name)}</code> {value_html(points[-1].value)}"
    words = f'<div class="quiet">{series_text(points)}</div>'
    return f"<figure><figcaption>{caption}</figcaption>{sparkline(points, *_SIZE)}{words}</figure>"


def _elements(step: StepView, now: float) -> str:
    """Return the elements of a `--map`, what went wrong first."""
    children = sorted(step.children.values(), key=lambda each: each.status not in _FIRST)
    rows = table_html(_element_row(each, now) for each in children[:_ELEMENTS])
    others = len(children) - _ELEMENTS
    more = f'<div class="quiet">and {others} more</div>' if others > 0 else ""
    return titled("Elements", rows + more)


def _element_row(element: StepView, now: float) -> Sequence[str]:
    why = why_text(element) if element.status is not Status.COMPLETED else ""
    return (
        f"<code>{escape(element.name)}</code>",
        f"<code>{text_html(element.value_text)}</code>",
        status_html(element.status),
        took_text(element, now),
        f'<span class="quiet">{text_html(why)}</span>',
    )
