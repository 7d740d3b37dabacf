"""The two lines above a pipeline's graph: how its run stands, and which run with what parameters it is."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.display.ansi import one_line
from jupyter_pipes.display.html import silence_html, stale_html, status_html, text_html
from jupyter_pipes.display.looks import RESUMING
from jupyter_pipes.model.quantities import clock_text, date_text
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_pipes.model.views import RunView

HEADING_CSS = """
.jupyter-pipes .heading>div{display:flex;flex-flow:row wrap;gap:0 14px;align-items:baseline}
.jupyter-pipes .heading>div>*{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.jupyter-pipes .heading>div>:not(.silent){max-width:100%}
.jupyter-pipes .heading>div>.reason{white-space:normal;overflow-wrap:anywhere}
.jupyter-pipes .heading code{font:12px var(--jp-code-font-family,monospace);color:inherit;background:none;
 padding:0}
.jupyter-pipes .heading .clock{font-variant-numeric:tabular-nums}
"""

_MOST_LETTERS = 40


def heading_html(view: RunView, *, stale: int = 0, now: float | None = None, last: float = 0.0) -> str:
    """Return name, status, counts and time of a run, its parameters, id and start, and failed callbacks.

    Args:
        view: the run, or a pipeline before its first (`started` 0).
        stale: how many of its steps are stale.
        now: the time in seconds since 1970; None where nothing is brought up to date, so that no clock runs.
        last: what the run before took, in seconds; 0 if there was none.
    """
    called = [f'<span class="reason">{text_html(each.text)}</span>' for each in tuple(view.called)]
    lines = _line(_standing(view, stale, now, last)), _line(_identity(view), "quiet"), _line(called)
    return f'<div class="heading">{"".join(lines)}</div>'


def counts_text(view: RunView) -> str:
    """Return how many steps came to which end, `3 completed · 1 failed`; `3 of 5 steps` before the end."""
    if not view.started:
        count = len(view.steps)
        return f"{count} steps" if count != 1 else "1 step"
    if not view.status.is_final:
        return view.tally
    statuses = Counter(step.status for step in view.steps.values())
    return " · ".join(f"{statuses[status]} {status}" for status in Status if statuses[status])


def parameter_text(value: Any) -> str:
    """Return a parameter's value as people write it, long ones cut."""
    text = one_line(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _line(facts: Iterable[str], kind: str = "") -> str:
    inside = "".join(filter(None, facts))
    return f'<div class="{kind}">{inside}</div>' if inside else ""


def _standing(view: RunView, stale: int, now: float | None, last: float) -> Iterable[str]:
    yield f"<b>{text_html(view.pipeline)}</b>"
    yield _quiet(escape(view.version))
    if view.started:
        yield status_html(view.status) + (silence_html(view.status, now) if now is not None else "")
    else:
        yield _quiet("not started yet")
    yield f"<span>{counts_text(view)}</span>"
    yield f"<span>{stale_html(count=stale)}</span>" if stale else ""
    if view.started and (now is not None or view.ended is not None):
        yield f'<span class="clock">{clock_text(view.seconds_until(now or 0.0))}</span>'
    yield f'<span class="quiet clock">last time {clock_text(last)}</span>' if last else ""


def _identity(view: RunView) -> Iterable[str]:
    why = RESUMING if view.status is Status.INTERRUPTED else view.reason or view.waits_for
    yield f'<span class="reason">{text_html(why)}</span>' if view.started and why else ""
    for name, value in view.parameters.items():
        text = parameter_text(value)
        yield f"<code>{text_html(name)}={text_html(text)}</code>"
    if view.started:
        yield f"<span>run <code>{escape(view.run)}</code></span>"
        yield f"<span>started {date_text(view.started)[:-3]}</span>"


def _quiet(html: str) -> str:
    return f'<span class="quiet">{html}</span>' if html else ""
