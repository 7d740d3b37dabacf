"""What is told of one step at length, as HTML in sections that change one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.display.heading import parameter_text
from jupyter_pipes.display.html import (
    error_html,
    log_html,
    metrics_html,
    short_preview,
    stale_html,
    status_html,
    table_html,
    text_html,
)
from jupyter_pipes.display.looks import (
    attempt_reason,
    origin_text,
    progress_text,
    remaining_text,
    running_progress,
    running_share,
    took_text,
    usage_texts,
)
from jupyter_pipes.display.steps.elements import elements_html, elements_title
from jupyter_pipes.display.theme import ink
from jupyter_pipes.model.quantities import bytes_text, duration_text, shape_text
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import PARAMS_OWNER, Status

if TYPE_CHECKING:
    from jupyter_pipes.model.views import AttemptView, RunView, StepView

SECTIONS = ("status", "error", "elements", "log", "metrics", "artifacts", "names", "reasons", "attempts")
"""The sections of `step_sections`, in the order in which they stand."""


class StepFacts(Struct, frozen=True):
    """What a run's view does not hold of a step.

    Attributes:
        log: the tail of its log, with ANSI colours.
        shown: the attempt that it shows; of a cached step, that of the run whose outputs it took.
        why: the reasons why it is stale, or was decided so, as HTML.
        stale: why it is stale, "" when it is not.
        seconds_before: what it took the last time before, 0 if nobody knows.
    """

    log: str = ""
    shown: AttemptView | None = None
    why: str = ""
    stale: str = ""
    seconds_before: float = 0.0


def step_sections(
    view: RunView, step: StepView, facts: StepFacts, preview: Callable[[ArtifactRef], str], now: float
) -> dict[str, str]:
    """Return each of `SECTIONS` as HTML, "" for one with nothing to say.

    Args:
        view: the run.
        step: the step of it.
        facts: what else is known of the step.
        preview: gives a look inside an artifact as HTML, "" where there is none.
        now: the time in seconds since 1970.
    """
    metrics = facts.shown.metrics if facts.shown else step.metrics
    artifacts = "".join(_artifact(ref, preview) for ref in values_among(step.artifacts))
    return {
        "status": _status(step, now, facts),
        "error": error_html(step.error) if step.error else "",
        "elements": titled(escape(elements_title(step)), elements_html(step, now)),
        "log": titled("Log", log_html(facts.log)),
        "metrics": titled("Metrics", metrics_html(metrics)),
        "artifacts": titled("Artifacts", artifacts),
        "names": _names(view, step),
        "reasons": titled("Why", f"<div class='quiet reasons'>{facts.why}</div>" if facts.why else ""),
        "attempts": _attempts(tuple(step.attempts), step.reason, now),
    }


def titled(title: str, body: str) -> str:
    """Return a section below its title; "" for one with nothing in it."""
    return f"<div class='quiet title'>{title}</div>{body}" if body else ""


def _status(step: StepView, now: float, about: StepFacts) -> str:
    taken_over = about.shown.usage.seconds if about.shown and step.status is Status.CACHED else 0.0
    facts = filter(
        None,
        (
            progress_text(step),
            took_text(step, now),
            remaining_text(step, now, about.seconds_before),
            f"{duration_text(taken_over)} saved" if taken_over else "",
        ),
    )
    behind = "".join(f' <span class="quiet">· {fact}</span>' for fact in facts)
    # A cached step's reasons stand below, one by one.
    words = step.reason if step.reason != "; ".join(step.decision_reasons) else ""
    reason = f"<div>{text_html(words)}</div>" if words and step.error is None else ""
    notes = "".join(f"<div class='note'>{text_html(note)}</div>" for note in tuple(step.notes))
    mark = f" {stale_html(about.stale)}" if about.stale else ""
    head = f"<div class='name'><b>{escape(step.name)}</b> {status_html(step.status)}{behind}{mark}</div>"
    return f"{head}{_bar(step)}{reason}{notes}"


def _artifact(ref: ArtifactRef, preview: Callable[[ArtifactRef], str]) -> str:
    """Return an artifact in two lines: what it is, and its value, or a look inside."""
    model = ref.model.words if ref.model else ""
    facts = (ref.short_type, model, shape_text(ref.shape), bytes_text(ref.bytes))
    told = " · ".join(escape(fact) for fact in facts if fact)
    kind = f'<span class="quiet" title="{escape(ref.type)}">{told}</span>'
    # What stands in angle brackets says nothing of the value: a figure has its picture.
    short = "" if ref.preview.startswith("<") else short_preview(ref)
    value = f'<div class="value">{short or preview(ref)}</div>'
    return f"<div><code>{escape(ref.name)}</code> {kind}</div>{value}"


def _bar(step: StepView) -> str:
    progress, share = running_progress(step), running_share(step)
    if progress is None or share is None:
        return ""
    words = f"<span class='quiet'>{escape(progress.text)}</span>" if progress.text else ""
    bar = f"<div style='width:{share:.1%};background:{ink(Status.RUNNING)}'></div>"
    return f"<div class='bar'>{bar}</div>{words}"


def _names(view: RunView, step: StepView) -> str:
    plan = step.planned
    queue = plan.options.queue
    rows = [
        ("reads", f"<code>{escape(name)}</code> {_read_html(view, name, owner)}")
        for name, owner in plan.origins.items()
    ]
    rows += [("waits for", escape(name)) for name in plan.only_after]
    rows += (
        [("writes", ", ".join(f"<code>{escape(name)}</code>" for name in plan.writes))] if plan.writes else []
    )
    rows += [("queue", escape(queue))] if queue != "local" else []
    rows += [("from run", f"<code>{escape(step.source_run)}</code>")] if step.source_run else []
    firsts = [row[0] if not place or rows[place - 1][0] != row[0] else "" for place, row in enumerate(rows)]
    table = table_html(
        (f"<span class='quiet'>{first}</span>", row[1]) for first, row in zip(firsts, rows, strict=True)
    )
    return titled("Reads and writes", table)


def _read_html(view: RunView, name: str, owner: str) -> str:
    """Return where a name that is read comes from, and its value in few letters."""
    if owner == PARAMS_OWNER:
        value = (
            f"<code>{text_html(parameter_text(view.parameters[name]))}</code>"
            if name in view.parameters
            else ""
        )
    else:
        refs = view.steps[owner].artifacts if owner in view.steps else ()
        ref = next((ref for ref in refs if ref.name == name), None)
        value = _value_html(ref) if ref else ""
    return f"<span class='quiet'>{escape(origin_text(owner))}</span> {value}"


def _value_html(ref: ArtifactRef) -> str:
    kind = " · ".join(filter(None, (ref.type.rpartition(".")[2], shape_text(ref.shape))))
    return short_preview(ref) or f"<span class='quiet'>{escape(kind)}</span>"


def _attempts(attempts: Sequence[AttemptView], reason: str, now: float) -> str:
    return table_html(
        (f"attempt {attempt.number}", status_html(attempt.status), _attempt_html(attempt, said, reason, now))
        for attempt, said in zip(attempts, map(attempt_reason, attempts), strict=True)
    )


def _attempt_html(attempt: AttemptView, said: str, reason: str, now: float) -> str:
    """Return what an attempt took, and why it ended so if that is not told above: one cell, which wraps."""
    took = duration_text(attempt.seconds_until(now)) if attempt.started else ""
    cpu, memory = usage_texts(attempt.usage)
    used = " · ".join(filter(None, (took, cpu and f"{cpu} CPU", memory)))
    return used + (f"<div class='quiet'>{text_html(said)}</div>" if said != reason else "")
