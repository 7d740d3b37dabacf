"""What differs between two runs as a notebook shows it: text, and a table in HTML with coloured diffs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from msgspec import Struct

from jupyter_pipes.comparison import Difference, Side, differences, values_text
from jupyter_pipes.fragments import DIFF_CSS, diff_html, theme_css
from jupyter_pipes.terminal import comparison_text

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
