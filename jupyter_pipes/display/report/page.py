"""The report of a run: one HTML file that runs no script, loads nothing, and can be printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.graph.picture import svg
from jupyter_pipes.display.heading import heading_html
from jupyter_pipes.display.html import table_html, text_html
from jupyter_pipes.display.report.gantt import timeline_html
from jupyter_pipes.display.report.steps import step_html
from jupyter_pipes.display.report.style import page_css
from jupyter_pipes.display.text import headline
from jupyter_pipes.display.timeline import timeline_of
from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.model.quantities import bytes_text, date_text

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run

_WIDTH, _HEIGHT = 1080.0, 900.0
_ROOM = 300_000
"""Characters for what steps showed and printed: with all else, 200 steps fit into 1 MiB."""

_LEAST_ROOM, _MOST_ROOM = 1_000, 100_000

# Nothing runs and nothing is loaded, whatever a step displayed.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(run: Run) -> str:
    """Return the report of a run as an HTML document; of one that goes on, how it stands now."""
    now = time.time()
    title = text_html(headline(run.view))
    body = "".join(f"<section><h2>{name}</h2>{html}</section>" for name, html in _sections(run, now) if html)
    return (
        f"<!DOCTYPE html>\n<!-- Report of run {run.id} by jupyter_pipes. -->\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        f"<style>{page_css()}</style></head>\n"
        f'<body class="jupyter-pipes"><main><header>{_heading(run, now)}</header>{body}'
        "</main></body></html>\n"
    )


def _heading(run: Run, now: float) -> str:
    view = run.view
    is_over = view.status.is_final
    moment = "" if is_over else f'<div class="quiet">as it stood on {date_text(now)}</div>'
    return f"{heading_html(view)}{moment}"


def _sections(run: Run, now: float) -> Iterator[tuple[str, str]]:
    view = run.view
    anchors = {name: f"step-{place}" for place, name in enumerate(view.steps, 1)}
    steps = [step.planned for step in view.steps.values()]
    yield (
        "Graph",
        f'<div class="graph">{svg(view, arrange_within(steps, _WIDTH, _HEIGHT, frozenset()))}</div>',
    )
    timeline = timeline_of(view, run.workspace.history.records(run.id))
    yield "Timeline", timeline_html(timeline, anchors, now)
    yield "Parameters", _parameters(run)
    room = min(max(_ROOM // max(len(steps), 1), _LEAST_ROOM), _MOST_ROOM)
    yield "Steps", "".join(step_html(run, name, anchor, room, now) for name, anchor in anchors.items())
    yield "Environment", _environment(run)


def _parameters(run: Run) -> str:
    return table_html(
        (f"<code>{text_html(name)}</code>", f"<code>{text_html(str(value))}</code>")
        for name, value in run.params.items()
    )


def _environment(run: Run) -> str:
    content = run.workspace.history.attachment(run.view.environment)
    if content is None:
        return ""
    around = environment.decode(content)
    changes = " with changes that are not committed" if around.diff else ""
    commit = " ".join(filter(None, (around.branch, around.commit))) + changes if around.commit else ""
    machine = f"{around.cpus} cpus, {bytes_text(around.memory)}" if around.memory else ""
    facts = {
        "Python": f"{around.implementation} {around.python}",
        "machine": ", ".join(filter(None, (around.host, around.platform, machine))),
        "user": around.user,
        "git": commit,
    }
    rows = ((f'<span class="quiet">{fact}</span>', text_html(text)) for fact, text in facts.items() if text)
    packages = "".join(f"<li>{text_html(f'{name} {of}')}</li>" for name, of in around.packages.items())
    return f'{table_html(rows)}<ul class="packages">{packages}</ul>'
