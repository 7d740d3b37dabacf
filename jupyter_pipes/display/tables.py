"""Plans, reasons, runs and comparisons as HTML tables and as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct

from jupyter_pipes.display.html import DIFF_CSS, diff_html, ink, status_html, theme_css, value_text
from jupyter_pipes.display.looks import LOOKS
from jupyter_pipes.display.text import comparison_text, explanation_text, plain_metrics, plan_text, runs_text
from jupyter_pipes.model.quantities import date_text, duration_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.planning.explanation import Explanation, explain
from jupyter_pipes.planning.plan import Plan
from jupyter_pipes.runs.comparison import Difference, Side, differences, values_text
from jupyter_pipes.runs.listing import ListedRun

if TYPE_CHECKING:
    from jupyter_pipes.planning.preparation import RunOptions
    from jupyter_pipes.runs.pipeline import Pipeline


VALUE_WIDTH = 200
"""Characters of a value in the table; the rest is left out."""

TABLE_CSS = """
.jupyter-pipes-comparison table.facts :is(td,th){padding:2px 14px 2px 0}
.jupyter-pipes-comparison table.facts th{font-weight:600}
.jupyter-pipes-comparison table.facts td.value{overflow-wrap:anywhere;max-width:22em}
.jupyter-pipes-comparison tr.first>td{border-top:1px solid var(--jp-border-color2,#e0e0e0)!important}
"""


class Comparison(Struct, frozen=True):
    """What differs between two runs, shown as a table.

    Attributes:
        runs: their ids.
        differences: the whole run's first, then step by step.
    """

    runs: tuple[str, str]
    differences: tuple[Difference, ...]

    def __repr__(self) -> str:
        return comparison_text(self.runs, self.differences, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        return comparison_html(self)


def compare(a: Side, b: Side) -> Comparison:
    """Return what differs between two runs."""
    return Comparison((a.view.run, b.view.run), tuple(differences(a, b)))


def comparison_html(comparison: Comparison) -> str:
    """Return a comparison as HTML; names, values and diffs are users' text and shown as text."""
    runs = " and ".join(f"<code>{escape(run)}</code>" for run in comparison.runs)
    if not comparison.differences:
        content = f"<div>Runs {runs}: nothing differs</div>"
    else:
        heads = ("step", "what", "name", *comparison.runs, "how")
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        rows = "".join(_rows(comparison.differences))
        content = f'<table class="facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    body = f'<div class="jupyter-pipes jupyter-pipes-comparison">{content}</div>'
    return f"<style>{theme_css()}{DIFF_CSS}{TABLE_CSS}</style>{body}"


def _rows(found: tuple[Difference, ...]) -> Iterator[str]:
    previous: Difference | None = None
    for one in found:
        begins = previous is None or previous.step != one.step
        yield _row(one, begins)
        if "\n" in one.diff:
            yield f'<tr><td></td><td colspan="5"><pre class="diff">{diff_html(one.diff)}</pre></td></tr>'
        previous = one


def _row(one: Difference, begins: bool) -> str:
    step = (f"<b>{escape(one.step)}</b>" if one.step else '<span class="quiet">run</span>') if begins else ""
    a, b = (f'<td class="value"><code>{escape(_cut(text))}</code></td>' for text in values_text(one))
    how = escape(one.diff) if "\n" not in one.diff else ""
    return (
        f'<tr class="{"first" if begins else "more"}"><td>{step}</td><td>{escape(one.what)}</td>'
        f"<td><code>{escape(one.name)}</code></td>{a}{b}<td>{how}</td></tr>"
    )


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH else f"{text[: VALUE_WIDTH - 1]}…"


OPEN_LINES = 12
"""A diff with more lines is folded."""


class RunTable(Sequence[ListedRun]):
    """The runs that a query found: a sequence, shown as a table."""

    def __init__(self, found: Sequence[ListedRun]) -> None:
        self._found: Sequence[Any] = tuple(found)

    def __getitem__(self, place: Any) -> Any:
        """Return a line, or several."""
        return self._found[place]

    def __len__(self) -> int:
        """Return how many runs were found."""
        return len(self._found)

    def __repr__(self) -> str:
        return runs_text(self._found, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        if not self._found:
            return _page("<div class='quiet'>no runs are found</div>")
        heads = ("run", "pipeline", "version", "status", "started", "time", "parameters", "metrics", "tags")
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        rows = "".join(f"<tr>{''.join(_cells(run))}</tr>" for run in self._found)
        return _page(f'<table class="facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


class Why:
    """Why a step runs or not, shown with the lines that changed."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation

    def __repr__(self) -> str:
        return explanation_text(self.explanation, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        told = self.explanation
        head = f"<div><b>{escape(told.step)}</b> <span class='quiet'>{escape(told.decision)}</span></div>"
        # Who asks for the reasons wants to see all of them.
        return _page(head + "".join(reasons_html(told, open_lines=sys.maxsize)))


class PlanTable(Plan, frozen=True):
    """A plan, shown as a table with the lines that changed.

    Attributes:
        explanations: why each step is decided so, in the order of `steps`.
    """

    explanations: tuple[Explanation, ...] = ()

    def __repr__(self) -> str:
        return plan_text(self, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{text}</th>' for text in ("step", "decision", "why"))
        rows = "".join(map(_plan_row, self.explanations))
        return _page(f'<table class="facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


def plan_table(pipeline: Pipeline, *steps: str, **options: Unpack[RunOptions]) -> PlanTable:
    """Return what a run with these arguments would do, as a table; raises as `Pipeline.plan` does."""
    foreseen = list(pipeline.foreseen(*steps, **options))
    history = pipeline.workspace.history
    explanations = (explain(step.name, decision, history) for step, decision in foreseen)
    return PlanTable(pipeline.name, tuple(step for step, _ in foreseen), tuple(explanations))


_DECISIONS = {"run": Status.RUNNING, "cached": Status.CACHED, "depends": Status.QUEUED}


def _plan_row(told: Explanation) -> str:
    status = _DECISIONS[told.decision]
    mark = f"<i>{LOOKS[status].icon}</i>{told.decision}"
    decision = f'<span class="status" style="color:{ink(status)}">{mark}</span>'
    why = "".join(reasons_html(told, open_lines=0))
    return f"<tr><td><b>{escape(told.step)}</b></td><td>{decision}</td><td>{why}</td></tr>"


def reasons_html(explanation: Explanation, open_lines: int = OPEN_LINES) -> Iterator[str]:
    """Yield each reason, with the diff of what it is about; folded if it has more lines than `open_lines`."""
    diffs = {change.words: change.diff for change in explanation.changes}
    for reason in explanation.reasons:
        diff = diffs.get(reason, "")
        if not diff:
            yield f"<div>{escape(reason)}</div>"
            continue
        state = " open" if len(diff.splitlines()) <= open_lines else ""
        yield f"<details{state}><summary>{escape(reason)}</summary>"
        yield f'<pre class="diff">{diff_html(diff)}</pre></details>'


def _cells(run: ListedRun) -> Iterator[str]:
    progress = f" <span class='quiet'>{run.progress:.0%}</span>" if run.progress < 1 else ""
    yield f"<td><code>{escape(run.run)}</code></td>"
    yield f"<td>{escape(run.title or run.pipeline)}</td>"
    yield f"<td>{escape(run.version)}</td>"
    yield f"<td>{status_html(run.status)}{progress}</td>"
    yield f"<td>{date_text(run.started)}</td>"
    yield f"<td>{duration_text(run.seconds)}</td>"
    yield f"<td>{_pairs(run.params)}</td><td>{_pairs(plain_metrics(run.metrics))}</td>"
    yield f"<td>{escape(', '.join(run.tags))}</td>"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{escape(name)}={escape(value_text(value))}" for name, value in values.items())


def _page(content: str) -> str:
    body = f"<div class='jupyter-pipes jupyter-pipes-comparison'>{content}</div>"
    return f"<style>{theme_css()}{DIFF_CSS}{TABLE_CSS}</style>{body}"
