"""The cards in step cells' output areas, as MIME bundles: what a step is, and how its run goes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.display.ansi import plain, terminal_tail
from jupyter_pipes.display.html import (
    artifacts_html,
    error_html,
    log_html,
    metrics_html,
    silence_html,
    stale_html,
    status_html,
    table_html,
    text_html,
)
from jupyter_pipes.display.looks import (
    LOOKS,
    STALE,
    origin_text,
    progress_text,
    remaining_text,
    running_share,
    spoken,
    took_text,
    tries,
    why_text,
)
from jupyter_pipes.display.outputs import Output, bundle_html
from jupyter_pipes.display.theme import ink, theme_css
from jupyter_pipes.model.quantities import bytes_text, duration_text, shape_text
from jupyter_pipes.model.steps import Diagnostic, Status, Step, StepInterface

if TYPE_CHECKING:
    from jupyter_pipes.model.results import StepError
    from jupyter_pipes.model.views import AttemptView, CellView, RunView, StepView
    from jupyter_pipes.pipelines.parameters import Parameter

_CSS = """
.jupyter-pipes-card{padding:2px 0 4px}
.jupyter-pipes-card>div{margin-top:5px}
.jupyter-pipes-card>.line{display:flex;gap:10px;align-items:baseline;margin-top:0;min-height:1.5em;
 white-space:nowrap}
.jupyter-pipes-card .reason{overflow:hidden;text-overflow:ellipsis}
.jupyter-pipes-card>.line>.told:has(.reason){overflow:hidden;text-overflow:ellipsis}
.jupyter-pipes-card .seconds{font-variant-numeric:tabular-nums}
.jupyter-pipes-card>.track{height:2px;margin-top:2px;border-radius:1px;background:transparent}
.jupyter-pipes-card>.track.on{background:var(--jp-layout-color2,#e5e7eb)}
.jupyter-pipes-card>.track>div{height:100%;border-radius:1px;transition:width .2s}
.jupyter-pipes-card .output{overflow-x:auto}
.jupyter-pipes-card .output>pre{margin:0;font:13px/1.4 var(--jp-code-font-family,monospace);
 color:inherit;background:none;white-space:pre-wrap;overflow-wrap:anywhere}
.jupyter-pipes-card .problem{display:flex;gap:8px}
.jupyter-pipes-card .problem>b{white-space:nowrap}
"""

# What the header that the Lab extension draws above the cell tells as well is left out of the card below it.
_HEADED = ".jp-Cell:has(>.jp-pipes-header):not(.jp-pipes-without-headers *) .jupyter-pipes-card"
_UNSAID = f"{_HEADED}>:is(.track,.line:not(:has(>:not(.told)))),{_HEADED}>.line>.told{{display:none}}"

_SEVERITIES = {"error": Status.FAILED, "warning": Status.CANCELLED, "note": Status.QUEUED}


def definition_card(
    step: Step | None, problems: Sequence[Diagnostic] = (), *, place: int = 0, stale: str = ""
) -> dict[str, str]:
    """Return the card of a step that was defined: what it reads from where, what it writes, problems.

    Args:
        step: the step; None when it could not be understood.
        problems: what was found in its cell.
        place: the cell's place among those of the step; behind the first, it says only that it continues it.
        stale: the reason why its kept result no longer fits, "" when it does or when there is none.
    """
    if step is not None and place:
        words = _place_text(place, len(step.cells))
        head, text = f'<b>{escape(step.name)}</b><span class="quiet">{words}</span>', f"{step.name} ({words})"
        names = ""
    else:
        head, text = _told(f"<b>{escape(step.name)}</b>") if step else "", _definition_text(step, stale)
        is_right = not any(problem.severity == "error" for problem in problems)
        head += _stale_parts(stale) if stale else _NOT_RUN if step and is_right else ""
        names = _names_html(step) if step else ""
    line = f'<div class="line">{head}</div>' if head else ""
    problem_texts = (f"  {p.severity} {p.code} line {p.line}: {p.message}" for p in problems)
    return _bundle(
        line + names + "".join(map(problem_html, problems)), "\n".join(filter(None, (text, *problem_texts)))
    )


def params_card(parameters: Iterable[Parameter]) -> dict[str, str]:
    """Return the card of a `%%params` cell: each parameter's type, default, choices and help."""
    specs = [parameter.spec for parameter in parameters]
    rows = [
        (
            f"<code>{escape(spec.name)}</code>",
            f'<code class="quiet">{escape(spec.annotation)}</code>',
            f"<code>{escape(spec.default)}</code>",
            f'<span class="quiet">{escape(spec.help)}</span>',
        )
        for spec in specs
    ]
    lines = (
        f"  {spec.name}{f': {spec.annotation}' if spec.annotation else ''} = {spec.default}"
        f"{f'  # {spec.help}' if spec.help else ''}"
        for spec in specs
    )
    return _bundle(f"<div>{table_html(rows)}</div>", "\n".join(["Parameters", *lines]))


def no_output() -> dict[str, str]:
    """Return a bundle that takes a place in an output area and shows nothing."""
    return {"text/plain": "", "text/html": _EMPTY}


# An output takes some room even when it is empty.
_EMPTY = (
    "<style>.jp-OutputArea-child:has(.jupyter-pipes-nothing){display:none}</style>"
    '<div class="jupyter-pipes-nothing" hidden></div>'
)


def step_card(
    view: RunView,
    step: str,
    outputs: Sequence[Output],
    log: str,
    *,
    shown: AttemptView | None = None,
    has_error: bool = True,
    stale: str = "",
    now: float | None = None,
    before: float = 0.0,
) -> dict[str, str]:
    """Return the card of a step in a run: status, log tail, outputs, error, artifacts, metrics, notes, reads.

    Args:
        view: the run.
        step: the step's name.
        outputs: what it displayed, in order; those that `needs_renderer` have no place in a card.
        log: the tail of its log, with ANSI colours.
        shown: the attempt that it shows; by default its latest (a cached step shows an earlier run's).
        has_error: whether what the step failed with belongs here, and not below a cell that continues it.
        stale: the reason why what it shows no longer fits, "" when it does.
        now: the time in seconds since 1970, for a running step; by default the present.
        before: what it took the last time before, in seconds; 0 if nobody knows.
    """
    state = view.steps[step]
    attempt = shown or state.latest
    metrics = attempt.metrics if attempt else {}
    notes = [*state.notes_of_callbacks, *(attempt.notes if attempt else [])]
    moment = time.time() if now is None else now
    error = state.error if has_error else None
    parts = (
        _status_html(state, stale, moment, _time_html(state, attempt, moment, before)),
        *_shown_html(outputs, log, error),
        _divided(metrics_html(metrics)),
        _divided(artifacts_html(values_among(state.artifacts))),
        *(f'<div class="note">{text_html(note)}</div>' for note in notes),
        _divided(table_html(_read_rows(state.planned))),
        *(problem_html(problem) for problem in view.diagnostics if problem.step == step),
    )
    return _bundle("".join(parts), _step_text(state, outputs, log, error, stale, moment))


def continuing_card(
    state: StepView, outputs: Sequence[Output], log: str, shown: CellView | None, *, place: int, of: int
) -> dict[str, str]:
    """Return the card of a cell that continues a step: its status, and what came from that cell.

    Args:
        state: the step.
        outputs: what the cell displayed, in order, as for `step_card`.
        log: the tail of what it printed.
        shown: what is shown of it; None when the step did not come to it.
        place: the cell's place among those of the step, from 0.
        of: how many cells the step has.
    """
    status = _status_of_cell(state.status, shown)
    error = state.error if shown is not None and shown.has_error else None
    words = _place_text(place, of)
    facts = (
        f"<b>{escape(state.name)}</b>",
        status_html(status) + silence_html(status, time.time()),
        f'<span class="quiet">{words}</span>',
    )
    line = f'<div class="line">{"".join(facts)}</div>'
    html = "".join((line, *_shown_html(outputs, log, error, f"step {state.name}")))
    head = f"{state.name} ({words}), {LOOKS[status].word}"
    return _bundle(html, "\n".join(filter(None, (head, *_shown_texts(outputs, log, error)))))


def _status_of_cell(status: Status, shown: CellView | None) -> Status:
    """Return how one cell of a step stands: the step's own status is that of the cell it came to."""
    if status in (Status.CACHED, Status.COMPLETED):
        return status
    if shown is None:
        return Status.SKIPPED if status.is_final else Status.PENDING
    return status if shown.has_error else Status.COMPLETED


def _bundle(html: str, text: str) -> dict[str, str]:
    body = f'<div class="jupyter-pipes jupyter-pipes-card">{html}</div>'
    return {"text/html": f"<style>{theme_css()}{_CSS}{_UNSAID}</style>{body}", "text/plain": text}


def _divided(html: str) -> str:
    return f"<div>{html}</div>" if html else ""


def _names_html(step: Step) -> str:
    writes = ", ".join(_code(name) for name in (*step.writes, *step.options.out_files))
    rows = [('<span class="quiet">writes</span>', writes)] if writes else []
    return _divided(table_html([*_read_rows(step), *rows]))


def _read_rows(step: StepInterface) -> Iterator[tuple[str, str]]:
    reads = (
        f'{_code(name)} <span class="quiet">{escape(origin_text(owner))}</span>'
        for name, owner in step.origins.items()
    )
    facts = {"reads": ", ".join(reads), "waits for": ", ".join(escape(name) for name in step.only_after)}
    yield from ((f'<span class="quiet">{fact}</span>', names) for fact, names in facts.items() if names)


def _code(name: str) -> str:
    return f"<code>{escape(name)}</code>"


def problem_html(problem: Diagnostic) -> str:
    """Return what was found in a step's cell."""
    colour = ink(_SEVERITIES[problem.severity])
    return (
        f'<div class="problem"><b style="color:{colour}">{problem.severity} {escape(problem.code)}</b>'
        f'<span class="quiet">line {problem.line}</span><span>{escape(problem.message)}</span></div>'
    )


def _definition_text(step: Step | None, stale: str) -> str:
    lines = [f"Step {step.name}{f' ({STALE.word}: {stale})' if stale else ''}"] if step else []
    read = step.origins if step else {}
    if read:
        reads = (f"{name} ({origin_text(owner)})" for name, owner in read.items())
        lines.append(f"  reads {', '.join(reads)}")
    if step and (step.writes or step.options.out_files):
        lines.append(f"  writes {', '.join((*step.writes, *step.options.out_files))}")
    return "\n".join(lines)


def _told(html: str) -> str:
    """Return a fact that the header of the step's cell tells as well, where the Lab extension draws one."""
    return f'<span class="told">{html}</span>' if html else ""


_NOT_RUN = _told(
    '<span class="quiet">defined, not run yet in this kernel: <code>%pipeline run</code> runs it</span>'
)


def _status_html(state: StepView, stale: str, now: float, time_html: str) -> str:
    reason, tried = "" if stale else why_text(state), len(tries(state.attempts))
    facts = [
        _told(f"<b>{escape(state.name)}</b>"),
        _told(status_html(state.status) + silence_html(state.status, now)),
        time_html,
        _told(progress_text(state)),
        f'<span class="quiet">attempt {tried}</span>' if tried > 1 else "",
        _stale_parts(stale) if stale else "",
        _reason_html(reason) if reason else "",
    ]
    return f'<div class="line">{"".join(facts)}</div>{_track(state)}'


def _time_html(state: StepView, shown: AttemptView | None, now: float, before: float) -> str:
    """Return what the step took, what it takes yet, or what was saved as it did not run."""
    took, left = took_text(state, now), remaining_text(state, now, before)
    saved = shown.usage.seconds if shown and state.status is Status.CACHED else 0.0
    return "".join(
        (
            _told(f'<span class="quiet seconds">{took}</span>') if took else "",
            f'<span class="quiet seconds">{left}</span>' if left else "",
            f'<span class="quiet seconds">{duration_text(saved)} saved</span>' if saved else "",
        )
    )


def _stale_parts(stale: str) -> str:
    return _told(stale_html(stale)) + _told(_reason_html(stale))


def _reason_html(reason: str) -> str:
    return f'<span class="quiet reason" title="{text_html(reason)}">{text_html(reason)}</span>'


def _track(state: StepView) -> str:
    """Return the progress bar; its line is there in every state, so that nothing below it jumps."""
    share = running_share(state)
    if share is None:
        return '<div class="track"></div>'
    return (
        f'<div class="track on"><div style="width:{share:.1%};background:{ink(Status.RUNNING)}"></div></div>'
    )


def _place_text(place: int, of: int) -> str:
    return f"continued, {place + 1} of {of}"


def _shown_html(
    outputs: Sequence[Output], log: str, error: StepError | None, where: str = ""
) -> Iterator[str]:
    yield _divided(log_html(log))
    yield from (f'<div class="output">{bundle_html(output)}</div>' for output in outputs)
    yield error_html(error, where) if error else ""


def _shown_texts(outputs: Sequence[Output], log: str, error: StepError | None) -> Iterator[str]:
    yield terminal_tail(log).rstrip("\n")
    yield from ("".join(output["data"].get("text/plain", "")) for output in outputs)
    if error:
        place = f" (line {error.line})" if error.line else ""
        yield f"{error.type}: {plain(error.message)}{place}"


def _step_text(
    state: StepView, outputs: Sequence[Output], log: str, error: StepError | None, stale: str, now: float
) -> str:
    name = spoken(state, (state.name,) if stale else ())
    head = (name, progress_text(state), took_text(state, now), stale or why_text(state))
    lines = ["  ".join(filter(None, head)), *_shown_texts(outputs, log, error)]
    lines += [
        "  ".join(filter(None, (f"  {ref.name}", ref.type, shape_text(ref.shape), bytes_text(ref.bytes))))
        for ref in values_among(state.artifacts)
    ]
    return "\n".join(line for line in lines if line)
