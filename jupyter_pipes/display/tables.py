"""Runs, plans, reasons and comparisons as a kernel shows them: tables in HTML, the same as text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct

from jupyter_pipes.display.html import diff_html, status_html, value_html
from jupyter_pipes.display.looks import LOOKS, metric_text
from jupyter_pipes.display.text import (
    comparison_text,
    cut,
    explanation_text,
    plain_metrics,
    runs_text,
    sweep_text,
)
from jupyter_pipes.display.theme import DIFF_CSS, ink, theme_css
from jupyter_pipes.model.quantities import date_text, duration_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.planning.explanation import Explanation, explain
from jupyter_pipes.planning.plan import Plan
from jupyter_pipes.runs.comparing.comparison import Difference, values_text
from jupyter_pipes.runs.listing import ListedRun
from jupyter_pipes.runs.sweeping.lines import SweepLine, SweepLines

if TYPE_CHECKING:
    from jupyter_pipes.planning.preparation import RunOptions
    from jupyter_pipes.runs.pipeline import Pipeline

OPEN_LINES = 12
"""A diff with more lines is folded."""

VALUE_WIDTH = 200
"""Characters of a value in a comparison; the rest is left out."""

_CSS = """
.jupyter-pipes-comparison table.facts :is(td,th){padding:2px 14px 2px 0}
.jupyter-pipes-comparison table.facts th{font-weight:600}
.jupyter-pipes-comparison table.facts td.value{overflow-wrap:anywhere;max-width:22em}
.jupyter-pipes-comparison tr.best>td{background:var(--jp-layout-color2,#eee)}
.jupyter-pipes-comparison tr.first>td{border-top:1px solid var(--jp-border-color2,#e0e0e0)!important}
"""


def _page(content: str) -> str:
    body = f'<div class="jupyter-pipes jupyter-pipes-comparison">{content}</div>'
    return f"<style>{theme_css()}{DIFF_CSS}{_CSS}</style>{body}"


def table_page(heads: Iterable[str], rows: Iterable[str], below: str = "") -> str:
    """Return a page with a table of rows, each already HTML."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(rows)
    return _page(f'<table class="facts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}')


class RunTable(Sequence[ListedRun]):
    """The runs that a query found: a sequence, shown as a table."""

    def __init__(self, runs: Sequence[ListedRun]) -> None:
        self._runs: Sequence[Any] = tuple(runs)

    def __getitem__(self, place: Any) -> Any:
        """Return a line, or several."""
        return self._runs[place]

    def __len__(self) -> int:
        """Return how many runs were found."""
        return len(self._runs)

    def __repr__(self) -> str:
        return runs_text(self._runs, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        if not self._runs:
            return _page("<div class='quiet'>no runs are found</div>")
        heads = ("run", "pipeline", "version", "status", "started", "time", "parameters", "metrics", "tags")
        return table_page(heads, map(_run_row, self._runs))


class SweepTable(Struct, frozen=True):
    """A sweep, shown as a table; as it stood when this was made."""

    sweep: SweepLines

    def __repr__(self) -> str:
        return sweep_text(self.sweep, colour=False).rstrip("\n")

    def html(self) -> str:
        """Return the page with the table."""
        heads = ("run", "", *self.sweep.names, "status", "time", *self.sweep.metrics)
        left = (self.sweep.most or 0) - len(self.sweep.lines)
        waits = f"<div class='quiet'>{left} more to come</div>" if left > 0 else ""
        return table_page(heads, (_sweep_row(line, self.sweep) for line in self.sweep.lines), waits)


def _sweep_row(line: SweepLine, sweep: SweepLines) -> str:
    cells = (
        f"<code>{escape(line.run)}</code>",
        "<span title='the best so far'>★</span>" if line.is_best else "",
        *(value_html(line.params.get(name, "")) for name in sweep.names),
        _status_cell(line.status, line.progress),
        duration_text(line.seconds) if line.status.is_final else "",
        *(escape(metric_text(line.metrics.get(name))) for name in sweep.metrics),
    )
    return f"<tr{' class=best' if line.is_best else ''}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _status_cell(status: Status, progress: float) -> str:
    share = f" <span class='quiet'>{progress:.0%}</span>" if progress < 1 else ""
    return f"{status_html(status)}{share}"


def _run_row(run: ListedRun) -> str:
    cells = (
        f"<code>{escape(run.run)}</code>",
        escape(run.heading),
        escape(run.version),
        _status_cell(run.status, run.progress),
        date_text(run.started),
        duration_text(run.seconds),
        _pairs(run.params),
        _pairs(plain_metrics(run.metrics) | run.monitored),
        escape(", ".join(run.tags)),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{escape(name)}={value_html(value)}" for name, value in values.items())


class Why(Struct, frozen=True):
    """Why a step runs or not, shown with the lines that changed."""

    explanation: Explanation

    def __repr__(self) -> str:
        return explanation_text(self.explanation, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        step, decision = escape(self.explanation.step), escape(self.explanation.decision)
        # Who asks for the reasons wants to see all of them.
        reasons = "".join(reasons_html(self.explanation, open_lines=sys.maxsize))
        return _page(f"<div><b>{step}</b> <span class='quiet'>{decision}</span></div>{reasons}")


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


class PlanTable(Plan, frozen=True):
    """A plan, shown as a table with the lines that changed.

    Attributes:
        explain: gives why each step is decided so, in the order of `steps`.
    """

    explain: Callable[[], Iterable[Explanation]] = tuple

    def _repr_html_(self) -> str:
        return table_page(("step", "decision", "why"), map(_plan_row, self.explain()))


def plan_table(pipeline: Pipeline, *steps: str, **options: Unpack[RunOptions]) -> PlanTable:
    """Return what a run with these arguments would do, as a table; raises as `Pipeline.plan` does."""
    foreseen = pipeline.planned(*steps, **options)
    history = pipeline.workspace.history
    return PlanTable(
        pipeline.name,
        tuple(step for step, _ in foreseen),
        lambda: [explain(step.name, decision, history) for step, decision in foreseen],
    )


_DECISIONS = {"run": Status.RUNNING, "cached": Status.CACHED, "depends": Status.QUEUED}


def _plan_row(explanation: Explanation) -> str:
    status = _DECISIONS[explanation.decision]
    mark = f"<i>{LOOKS[status].icon}</i>{explanation.decision}"
    decision = f'<span class="status" style="color:{ink(status)}">{mark}</span>'
    why = "".join(reasons_html(explanation, open_lines=0))
    return f"<tr><td><b>{escape(explanation.step)}</b></td><td>{decision}</td><td>{why}</td></tr>"


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
        if not self.differences:
            a, b = (f"<code>{escape(run)}</code>" for run in self.runs)
            return _page(f"<div>Runs {a} and {b}: nothing differs</div>")
        return table_page(("step", "what", "name", *self.runs, "how"), _difference_rows(self.differences))


def _difference_rows(differences: Iterable[Difference]) -> Iterator[str]:
    previous: Difference | None = None
    for each in differences:
        yield _difference_row(each, begins=previous is None or previous.step != each.step)
        if "\n" in each.diff:
            yield f'<tr><td></td><td colspan="5"><pre class="diff">{diff_html(each.diff)}</pre></td></tr>'
        previous = each


def _difference_row(each: Difference, *, begins: bool) -> str:
    step = f"<b>{escape(each.step)}</b>" if each.step else '<span class="quiet">run</span>'
    values = (escape(cut(text, VALUE_WIDTH)) for text in values_text(each))
    a, b = (f'<td class="value"><code>{value}</code></td>' for value in values)
    how = escape(each.diff) if "\n" not in each.diff else ""
    return (
        f'<tr class="{"first" if begins else "more"}"><td>{step if begins else ""}</td>'
        f"<td>{escape(each.what)}</td><td><code>{escape(each.name)}</code></td>{a}{b}<td>{how}</td></tr>"
    )
