"""The timeline of a run as a table with bars, drawn without scripts: waits, attempts, the critical path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Final

from jupyter_pipes.display.ansi import one_line
from jupyter_pipes.display.html import status_html
from jupyter_pipes.display.looks import usage_texts
from jupyter_pipes.display.timeline import Phase, Span, Timeline, TimelineStep
from jupyter_pipes.model.quantities import duration_text
from jupyter_pipes.model.results import Usage

PHASES: Final[Mapping[Phase, str]] = {
    "upstream": "waits for earlier steps",
    "decision": "is decided",
    "gate": "waits for approval",
    "queue": "waits for a slot or a queue",
    "imports": "imports",
    "retry": "waits for the next try",
    "running": "runs",
}
_LAST_LABEL = 0.9
"""The share of the axis behind which no label has room."""

_SHORTEST_TOLD = 0.005
_NOTHING = "–"  # noqa: RUF001 - as Lab shows it
_UNITS = ((4 * 3600, 3600), (4 * 60, 60))
_CRITICAL = '<span class="critical" role="img" aria-label="on the critical path"> ◆</span>'


def timeline_html(timeline: Timeline, anchors: Mapping[str, str], now: float) -> str:
    """Return the table: a row for each step, a legend above it.

    Args:
        timeline: the run's time.
        anchors: step -> id of what is told of it on the same page.
        now: the time in seconds since 1970, at which what goes on ends here.
    """
    end = timeline.ended if timeline.ended is not None else now
    length = _length(timeline, end)
    numbers = "".join(f'<th class="number">{word}</th>' for word in ("Ran", "Waited", "CPU", "Memory"))
    head = f'<tr><th>Step</th><th>Status</th><th class="axis">{_axis(length)}</th>{numbers}</tr>'
    rows = "".join(_row(step, timeline.started, end, length, anchors) for step in timeline.steps)
    return f'{_legend(timeline)}<table class="timeline"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def marks(length: float, count: int = 5) -> list[float]:
    """Return round seconds for the marks of an axis: about `count`, in units times 1, 2 or 5."""
    unit = next((unit for least, unit in _UNITS if length >= least), 1)
    rough = length / count / unit
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor for factor in (1, 2, 5, 10) if factor * power >= rough) * power * unit
    return [place * step for place in range(int(length / step) + 1)]


def _length(timeline: Timeline, end: float) -> float:
    ends = (span.end or span.start for step in timeline.steps for span in step.spans)
    return max(max(ends, default=end) - timeline.started, end - timeline.started, 0.001)


def _axis(length: float) -> str:
    shown = (mark for mark in marks(length) if mark <= _LAST_LABEL * length)
    return "".join(
        f'<span style="left:{100 * mark / length:.2f}%">{_mark_text(mark)}</span>' for mark in shown
    )


def _mark_text(seconds: float) -> str:
    return "0" if not seconds else f"{seconds:.3g} s" if seconds < 60 else duration_text(seconds)


def _legend(timeline: Timeline) -> str:
    used = {span.phase for step in timeline.steps for span in step.spans}
    is_lost = any(span.is_lost for step in timeline.steps for span in step.spans)
    keys = [
        f'<li><i class="bar {phase}"></i>{words}</li>' for phase, words in PHASES.items() if phase in used
    ]
    keys += ['<li><i class="bar running lost"></i>ran for nothing</li>'] if is_lost else []
    return f'<ul class="legend">{"".join(keys)}<li><span class="critical">◆</span> critical path</li></ul>'


def _row(step: TimelineStep, started: float, end: float, length: float, anchors: Mapping[str, str]) -> str:
    seconds = [(span.phase, (span.end or max(end, span.start)) - span.start) for span in step.spans]
    ran = sum(took for phase, took in seconds if phase == "running")
    waited = sum(took for phase, took in seconds if phase not in ("running", "upstream"))
    bars = "".join(
        _bar(span, took, started, length) for span, (_, took) in zip(step.spans, seconds, strict=True)
    )
    times = [duration_text(ran) if ran else "", duration_text(waited) if waited >= _SHORTEST_TOLD else ""]
    usage = usage_texts(Usage(step.seconds, step.cpu_seconds, step.peak_memory))
    numbers = "".join(f'<td class="number">{text or _NOTHING}</td>' for text in (*times, *usage))
    name = f'<a href="#{anchors[step.name]}">{escape(step.name)}</a>{_CRITICAL if step.is_critical else ""}'
    track = f'<td class="track">{bars}</td>'
    return f'<tr><th scope="row">{name}</th><td>{status_html(step.status)}</td>{track}{numbers}</tr>'


def _bar(span: Span, seconds: float, started: float, length: float) -> str:
    words = f"{PHASES['running']} {span.words}".strip() if span.phase == "running" else span.words
    told = escape(f"{one_line(words) or PHASES[span.phase]}: {duration_text(seconds)}")
    left = 100 * max(span.start - started, 0.0) / length
    kind = f"bar {span.phase}{' lost' if span.is_lost else ''}"
    place = f"left:{left:.2f}%;width:{100 * seconds / length:.2f}%"
    return f'<span class="{kind}" role="img" title="{told}" aria-label="{told}" style="{place}"></span>'
