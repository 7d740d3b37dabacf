"""One step of a report: how it went, what it measured, showed, printed and left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.display.cards import problem_html
from jupyter_pipes.display.html import (
    metrics_html,
    series_text,
    sparkline,
    text_html,
    value_html,
)
from jupyter_pipes.display.report.outputs import outputs_html
from jupyter_pipes.display.steps.details import StepFacts, step_sections, titled
from jupyter_pipes.display.tables import reasons_html
from jupyter_pipes.model.shown.thinning import drawn_points
from jupyter_pipes.planning.explanation import explain_kept

if TYPE_CHECKING:
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.model.shown.series import Series
    from jupyter_pipes.model.views import StepView
    from jupyter_pipes.runs.run import Run

_CURVES = 24
_CURVE = 2_000
"""Characters that a curve takes."""
_SIZE = (280, 84)


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
        _column("main", (measured, shown, told["elements"], told["log"])),
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
