"""Pieces of HTML that cards, details and tables share: statuses, logs, tables, errors, plots, diffs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from jupyter_pipes.display.ansi import ansi_html, plain, terminal_tail
from jupyter_pipes.display.looks import LOOKS, STALE, is_maybe, stale_word
from jupyter_pipes.display.theme import ink
from jupyter_pipes.model.quantities import bytes_text, shape_text, time_text
from jupyter_pipes.model.results import ArtifactRef, StepError
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.shown.thinning import drawn_points
from jupyter_pipes.model.steps import Status


def text_html(text: str) -> str:
    """Return users' text as escaped HTML, without what a terminal would obey."""
    return escape(plain(text))


def status_html(status: Status) -> str:
    """Return a status as icon and word in its colour."""
    look = LOOKS[status]
    return f'<span class="status" style="color:{ink(status)}"><i>{look.icon}</i>{look.word}</span>'


def stale_html(reason: str = "", count: int | None = None) -> str:
    """Return the mark of a stale step, or of so many, as icon and word in its colour.

    It is lighter where the reason is that a step above may give other outputs.
    """
    colour = f"var(--jupyter-pipes-stale, {STALE.ink})"
    word = stale_word([reason]) if count is None else f"{count} {STALE.word}"
    kind = "status maybe" if is_maybe(reason) else "status"
    return f'<span class="{kind}" style="color:{colour}"><i>{STALE.icon}</i>{word}</span>'


def silence_html(status: Status, moment: float) -> str:
    """Return what a page shows by itself in place of a status that nobody brings up to date any more.

    A page that was loaded anew gets no more of what an old output should show, nor does one whose kernel is
    gone. So what is shown of a run under way is renewed as long as it goes on; each renewal takes this back.

    Args:
        status: the status: what runs is renewed every ten seconds at least, what waits each minute.
        moment: the time in seconds since 1970.
    """
    if status.is_final:
        return ""
    time, kind = time_text(moment), "silent"
    if status is not Status.RUNNING:
        time, kind = time[:-3], "silent long"
    words = f"{status} at {time}, no news since: %pipeline status tells how it stands"
    return f'<span class="{kind}" style="color:{ink(Status.INTERRUPTED)}">{words}</span>'


def log_html(log: str) -> str:
    """Return log text with ANSI colours as HTML that scrolls and rests at its end; "" for an empty log."""
    text = terminal_tail(log).rstrip("\n")
    return f'<pre class="log"><div>{ansi_html(text)}</div></pre>' if text else ""


def table_html(rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return rows of cells, each already HTML, as a table, columns in `numbers` set right; "" for no rows."""
    lines = "".join(f"<tr>{_cells_html(row, numbers)}</tr>" for row in rows)
    return f'<table class="facts">{lines}</table>' if lines else ""


def _cells_html(row: Sequence[str], numbers: Sequence[int]) -> str:
    return "".join(
        f'<td class="number">{cell}</td>' if place in numbers else f"<td>{cell}</td>"
        for place, cell in enumerate(row)
    )


def artifacts_html(artifacts: Iterable[ArtifactRef]) -> str:
    """Return a table of artifacts: name, type, shape, size, and a value of few letters."""
    return table_html(
        (
            (
                f"<code>{escape(ref.name)}</code>",
                f'<span title="{escape(ref.type)}">{escape(ref.short_type)}</span>',
                shape_text(ref.shape),
                bytes_text(ref.bytes),
                escape(ref.model.words) if ref.model else short_preview(ref),
            )
            for ref in artifacts
        ),
        numbers=(2, 3),
    )


def short_preview(ref: ArtifactRef) -> str:
    """Return a value of few letters as HTML, "" where it needs more than a line."""
    line = ref.preview.strip()
    short = line and "\n" not in line and len(line) <= 60
    return f'<code class="quiet">{escape(line)}</code>' if short else ""


def error_html(error: StepError, label: str = "") -> str:
    """Return an error: type and message, the line of the cell, the traceback to unfold."""
    where = " · ".join(filter(None, (label, f"line {error.line}" if error.line else "")))
    head = (
        f"<b>{escape(error.type)}</b>: {text_html(error.message)}"
        if error.message
        else f"<b>{escape(error.type)}</b>"
    )
    place = f' <span class="quiet">({escape(where)})</span>' if where else ""
    trace = log_html(traceback_text(error))
    folded = f"<details open><summary class='quiet'>Traceback</summary>{trace}</details>" if trace else ""
    return f'<div class="error"><div>{head}{place}</div>{folded}</div>'


def traceback_text(error: StepError) -> str:
    """Return the traceback without the rule above it; "" if it says no more than the message."""
    first, _, rest = error.traceback.partition("\n")
    lines = error.traceback if plain(first).strip("- ") else rest
    return lines if "\n" in plain(lines).strip() else ""


def metrics_html(metrics: Mapping[str, Series]) -> str:
    """Return a table of metrics: name, last value and, for a series, a small plot."""
    return table_html(
        [
            (f"<code>{escape(name)}</code>", value_html(points[-1].value), sparkline(points))
            for name, points in tuple(metrics.items())
            if points
        ],
        numbers=(1,),
    )


def value_html(value: Any) -> str:
    """Return a metric's or parameter's value as escaped text, numbers with four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return escape(str(value))


def sparkline(points: Series, width: int = 140, height: int = 26) -> str:
    """Return a series of at least two numbers as a small inline SVG plot with its range in words, else ""."""
    drawn = drawn_points(points)
    if len(drawn) < 2:
        return ""
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    places = zip(_shares(xs), _shares(ys), strict=True)
    line = " ".join(f"{3 + x * (width - 6):.1f},{height - 3 - y * (height - 6):.1f}" for x, y in places)
    last_x, last_y = line.rpartition(" ")[2].split(",")
    words = _range_text(points, ys)
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{words}"><title>{words}</title>'
        f'<polyline points="{line}" fill="none" stroke="{ink(Status.RUNNING)}" stroke-width="1.5"/>'
        f'<circle cx="{last_x}" cy="{last_y}" r="2.2" fill="{ink(Status.RUNNING)}"/></svg>'
    )


def series_text(points: Series) -> str:
    """Return how many values a series of numbers has, from which to which it goes, and its range."""
    return _range_text(points, [y for _, y in drawn_points(points)])


def _range_text(points: Series, ys: Sequence[float]) -> str:
    """Return the words of `series_text`, given the values that are drawn."""
    return (
        f"{len(points)} values from {ys[0]:.4g} to {ys[-1]:.4g}, lowest {min(ys):.4g}, highest {max(ys):.4g}"
    )


def _shares(values: Sequence[float]) -> list[float]:
    """Return where each value lies between the lowest and the highest, 0 to 1."""
    # Halves: the whole distance of two very large numbers is no number any more.
    low, high = min(values) / 2, max(values) / 2
    return [(value / 2 - low) / ((high - low) or 1.0) for value in values]


def diff_html(diff: str) -> str:
    """Return a unified diff as coloured HTML, for a `<pre class="diff">` where `DIFF_CSS` is present."""
    return "\n".join(_diff_line(line, is_head=number < 2) for number, line in enumerate(diff.splitlines()))


_DIFF_CLASSES = {"+": "added", "-": "removed", "@": "place"}


def _diff_line(line: str, *, is_head: bool) -> str:
    kind = "quiet" if is_head and line.startswith(("--- ", "+++ ")) else _DIFF_CLASSES.get(line[:1])
    return f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line)
