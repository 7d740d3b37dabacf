"""Pieces of HTML that cells' cards and the widget's details share: logs, tables, plots, embedded outputs."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypedDict, cast

from jupyter_pipes.display.ansi import ansi_html, plain, terminal_tail
from jupyter_pipes.display.looks import LOOKS, STALE
from jupyter_pipes.model.quantities import bytes_text, shape_text
from jupyter_pipes.model.results import ArtifactRef, StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import MetricPoint

if TYPE_CHECKING:
    pass

MimeBundle = Mapping[str, Any]
"""MIME type -> what a front end is to show, as in nbformat's `data`."""


class Output(TypedDict):
    """A rich output as nbformat keeps it: its MIME bundle, and sizes and the like by MIME type."""

    data: MimeBundle
    metadata: Mapping[str, Any]


_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SHOWN = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "text/latex",
    *_IMAGES,
    "application/json",
    "text/plain",
)
_TABLES = frozenset({"application/vnd.dataresource+json"})


def theme_css() -> str:
    """Return the CSS rules that give each status its colour, in light and in dark themes."""
    looks = {**{str(status): look for status, look in LOOKS.items()}, "stale": STALE}
    light = "".join(f"--jupyter-pipes-{word}:{look.ink};" for word, look in looks.items())
    night = "".join(f"--jupyter-pipes-{word}:{look.night};" for word, look in looks.items())
    ansi = zip(_ANSI, _ANSI_LIGHT, _ANSI_NIGHT, strict=True)
    colours = "".join(
        f".jupyter-pipes .ansi{number}{{color:{day}}}{DARK} .jupyter-pipes .ansi{number}{{color:{dark}}}"
        for number, day, dark in ansi
    )
    return f".jupyter-pipes{{{light}}}{DARK} .jupyter-pipes{{{night}}}{colours}{_BASE_CSS}"


DARK = ':is([data-jp-theme-light="false"],.vscode-dark)'
_ANSI_LIGHT = (
    *("#1f2328", "#c22727", "#1b7a3d", "#8a6100", "#1d65c9", "#9333a8", "#0f766e", "#59636e"),
    *("#59636e", "#d1242f", "#1a7f37", "#9a6700", "#0969da", "#a33bbd", "#0b7c8a", "#6e7781"),
)
_ANSI_NIGHT = (
    *("#9aa4b2", "#ff8a80", "#7ee2a0", "#e6c35c", "#8ab8ff", "#e3a1f2", "#72dbd0", "#d1d7e0"),
    *("#b3bcc9", "#ffa198", "#98efb5", "#f2d57e", "#a8cbff", "#efbcf9", "#93ebe2", "#ffffff"),
)
_BASE_CSS = """
.jupyter-pipes{font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);
 color:var(--jp-ui-font-color1,#1f2328)}
.jupyter-pipes .quiet{color:var(--jp-ui-font-color2,#59636e)}
.jupyter-pipes .status{font-weight:600;white-space:nowrap}
.jupyter-pipes .status i{display:inline-block;width:1.3em;font-style:normal}
.jupyter-pipes pre.log{margin:0;padding:6px 8px;max-height:220px;overflow:auto;display:flex;
 flex-direction:column-reverse;background:var(--jp-cell-editor-background,#f3f4f6);border-radius:4px;
 font:12px/1.4 var(--jp-code-font-family,monospace);color:inherit;white-space:pre-wrap;
 overflow-wrap:anywhere}
.jupyter-pipes .ansi1{font-weight:600}.jupyter-pipes .ansi2{opacity:.75}
.jupyter-pipes .ansi3{font-style:italic}.jupyter-pipes .ansi4{text-decoration:underline}
.jupyter-pipes table.facts{border-collapse:collapse;margin:0;font-size:12px;color:inherit;border:none;
 table-layout:auto}
.jupyter-pipes table.facts :is(td,th){padding:1px 14px 1px 0;text-align:left;vertical-align:top;
 border:none;background:none;font-weight:400;overflow-wrap:break-word;max-width:none}
.jupyter-pipes table.facts td:first-child{min-width:5.5em;overflow-wrap:anywhere}
.jupyter-pipes table.facts tr{background:none!important;border:none}
.jupyter-pipes table.facts td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.jupyter-pipes table.facts td code{font:12px var(--jp-code-font-family,monospace);color:inherit;
 background:none;padding:0}
.jupyter-pipes .error{border-left:3px solid var(--jupyter-pipes-failed);padding-left:8px}
.jupyter-pipes .note{border-left:3px solid var(--jupyter-pipes-queued);padding-left:8px}
.jupyter-pipes summary{cursor:pointer}
.jupyter-pipes img{max-width:100%}
"""


def text_html(text: str) -> str:
    """Return users' text as escaped HTML, without what a terminal would obey."""
    return escape(plain(text))


def status_html(status: Status) -> str:
    """Return a status as icon and word in its colour."""
    look = LOOKS[status]
    return f'<span class="status" style="color:{ink(status)}"><i>{look.icon}</i>{look.word}</span>'


def stale_html(count: int | None = None) -> str:
    """Return the mark of a stale step, or of so many, as icon and word in its colour."""
    colour = f"var(--jupyter-pipes-stale, {STALE.ink})"
    word = STALE.word if count is None else f"{count} {STALE.word}"
    return f'<span class="status" style="color:{colour}"><i>{STALE.icon}</i>{word}</span>'


def ink(status: Status) -> str:
    """Return the CSS colour of a status, right in light and dark themes where `theme_css` is present."""
    return f"var(--jupyter-pipes-{status}, {LOOKS[status].ink})"


def log_html(log: str) -> str:
    """Return log text with ANSI colours as HTML that scrolls and rests at its end; "" for an empty log."""
    text = terminal_tail(log).rstrip("\n")
    return f'<pre class="log"><div>{ansi_html(text)}</div></pre>' if text else ""


def table_html(rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return rows of cells, each already HTML, as a table, columns in `numbers` set right; "" for no rows."""
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td class="number">{cell}</td>' if place in numbers else f"<td>{cell}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="facts">{lines}</table>' if lines else ""


def artifacts_html(
    artifacts: Iterable[ArtifactRef], preview: Callable[[ArtifactRef], str] | None = None
) -> str:
    """Return a table of artifacts: name, type, shape, size and, where `preview` gives one, a look inside."""
    return table_html(
        [
            (
                f"<code>{escape(ref.name)}</code>",
                f'<span title="{escape(ref.type)}">{escape(ref.type.rpartition(".")[2])}</span>',
                shape_text(ref.shape),
                bytes_text(ref.bytes),
                preview(ref) if preview else _short_preview(ref),
            )
            for ref in artifacts
        ],
        numbers=(2, 3),
    )


def _short_preview(ref: ArtifactRef) -> str:
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
    # One line says no more than the message above it.
    trace = log_html(error.traceback) if "\n" in plain(error.traceback).strip() else ""
    folded = f"<details open><summary class='quiet'>Traceback</summary>{trace}</details>" if trace else ""
    return f'<div class="error"><div>{head}{place}</div>{folded}</div>'


def metrics_html(metrics: Mapping[str, Sequence[MetricPoint]]) -> str:
    """Return a table of metrics: name, last value and, for a series, a small plot."""
    series = [(name, list(points)) for name, points in tuple(metrics.items()) if points]
    return table_html(
        [
            (f"<code>{escape(name)}</code>", value_html(points[-1].value), sparkline(points))
            for name, points in series
        ],
        numbers=(1,),
    )


def value_html(value: Any) -> str:
    """Return a metric's or parameter's value as escaped text, numbers with four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return escape(str(value))


def sparkline(points: Sequence[MetricPoint], width: int = 140, height: int = 26) -> str:
    """Return a series of at least two numbers as a small inline SVG plot with its range in words, else ""."""
    drawn = _finite(points)
    if len(drawn) < 2:
        return ""
    drawn = drawn[:: max(len(drawn) // 300, 1)]
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    places = zip(_shares(xs), _shares(ys), strict=True)
    line = " ".join(f"{3 + x * (width - 6):.1f},{height - 3 - y * (height - 6):.1f}" for x, y in places)
    last_x, last_y = line.rpartition(" ")[2].split(",")
    words = (
        f"{len(points)} values from {ys[0]:.4g} to {ys[-1]:.4g}, lowest {min(ys):.4g}, highest {max(ys):.4g}"
    )
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{words}"><title>{words}</title>'
        f'<polyline points="{line}" fill="none" stroke="{ink(Status.RUNNING)}" stroke-width="1.5"/>'
        f'<circle cx="{last_x}" cy="{last_y}" r="2.2" fill="{ink(Status.RUNNING)}"/></svg>'
    )


def _shares(values: Sequence[float]) -> list[float]:
    """Return where each value lies between the lowest and the highest, 0 to 1."""
    # Halves: the whole distance of two very large numbers is no number any more.
    low, high = min(values) / 2, max(values) / 2
    return [(value / 2 - low) / ((high - low) or 1.0) for value in values]


def _finite(points: Sequence[MetricPoint]) -> list[tuple[float, float]]:
    placed = all(point.at is not None for point in points)
    numbers = (
        (point.at if placed and point.at is not None else float(place), point.value)
        for place, point in enumerate(points)
    )
    return [
        (x, float(y))
        for x, y in numbers
        if isinstance(y, (int, float)) and math.isfinite(y) and math.isfinite(x)
    ]


def needs_renderer(bundle: MimeBundle) -> bool:
    """Whether a MIME bundle needs a front end's own renderer (vega, plotly, widgets, JavaScript)."""
    return any(
        (mime.startswith("application/vnd.") and mime not in _TABLES)
        or mime in ("application/javascript", "application/geo+json")
        for mime in bundle
    )


def bundle_html(output: Output) -> str:
    """Return a rich output as HTML: the richest of its types that HTML can carry, or "" if it has none.

    HTML that a step displayed stays HTML, as in any output of Lab; everything else is escaped or an image.
    """
    data = output["data"]
    mime = next((mime for mime in _SHOWN if mime in data), None)
    return _embedded(mime, data[mime], output["metadata"].get(mime, {})) if mime else ""


def _embedded(mime: str, value: Any, metadata: Any) -> str:
    text = "".join(cast("list[str]", value)) if isinstance(value, list) else value
    if mime == "text/html":
        return f"<div>{text}</div>"
    if mime == "text/markdown":
        return _markdown(str(text))
    if mime == "text/latex":
        return f"<div>{escape(str(text))}</div>"
    if mime == "image/svg+xml":
        return _image(mime, base64.b64encode(str(text).encode()).decode(), metadata)
    if mime in _IMAGES:
        return _image(mime, re.sub(r"\s", "", str(text)), metadata)
    if mime == "application/json":
        import json

        return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
    return f"<pre>{ansi_html(terminal_tail(str(text)))}</pre>"


def _markdown(source: str) -> str:
    from markdown_it import MarkdownIt

    return f"<div>{MarkdownIt('commonmark', {'html': False}).enable('table').render(source)}</div>"


def _image(mime: str, encoded: str, metadata: Any) -> str:
    sizes = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    sides = {side: sizes.get(side) for side in ("width", "height")}
    given = "".join(f' {side}="{size}"' for side, size in sides.items() if isinstance(size, (int, float)))
    return f'<img alt="output" src="data:{mime};base64,{escape(encoded)}"{given}>'


def diff_html(diff: str) -> str:
    """Return a unified diff as coloured HTML, for a `<pre class="diff">` where `DIFF_CSS` is present."""
    return "\n".join(_diff_line(line, is_head=number < 2) for number, line in enumerate(diff.splitlines()))


_DIFF_CLASSES = {"+": "added", "-": "removed", "@": "place"}


def _diff_line(line: str, *, is_head: bool) -> str:
    kind = "quiet" if is_head and line.startswith(("--- ", "+++ ")) else _DIFF_CLASSES.get(line[:1])
    return f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line)


DIFF_CSS = f"""
.jupyter-pipes pre.diff{{margin:2px 0 6px;padding:6px 8px;max-height:400px;overflow:auto;
 background:var(--jp-cell-editor-background,#f3f4f6);border-radius:4px;
 font:12px/1.4 var(--jp-code-font-family,monospace);color:var(--jp-ui-font-color1,#1f2328);
 white-space:pre-wrap;overflow-wrap:anywhere}}
.jupyter-pipes pre.diff .added{{color:{ink(Status.COMPLETED)}}}
.jupyter-pipes pre.diff .removed{{color:{ink(Status.FAILED)}}}
.jupyter-pipes pre.diff .place{{color:{ink(Status.RUNNING)}}}
"""


_ANSI = (*range(30, 38), *range(90, 98))
