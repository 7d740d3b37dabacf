"""What the widget says about one selected step, as HTML in sections that change one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from jupyter_pipes.display.html import (
    artifacts_html,
    error_html,
    log_html,
    metrics_html,
    stale_html,
    status_html,
    table_html,
    text_html,
)
from jupyter_pipes.display.looks import (
    origin_text,
    progress_text,
    running_progress,
    running_share,
    took_text,
    usage_texts,
)
from jupyter_pipes.display.theme import ink
from jupyter_pipes.model.quantities import duration_text
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from jupyter_pipes.model.views import AttemptView, StepView

SECTIONS = ("status", "reasons", "names", "attempts", "error", "log", "metrics", "artifacts")
"""The sections of `step_sections`, in the order in which they stand."""


def step_sections(
    step: StepView,
    log: str,
    preview: Callable[[ArtifactRef], str],
    now: float,
    *,
    why: str,
    stale: str,
) -> dict[str, str]:
    """Return each of `SECTIONS` as HTML, "" for one with nothing to say.

    Args:
        step: the step.
        log: the tail of its latest attempt's log, with ANSI colours.
        preview: gives a look inside an artifact as HTML, "" where there is none.
        now: the time in seconds since 1970.
        why: the reasons why it is stale, or was decided so, as HTML.
        stale: why it is stale, "" when it is not.
    """
    attempts = tuple(step.attempts)
    return {
        "status": _status(step, now, is_stale=bool(stale)),
        "reasons": f"<div class='quiet reasons'>{why}</div>" if why else "",
        "names": _names(step),
        "attempts": _attempts(attempts, step.reason, now),
        "error": error_html(step.error) if step.error else "",
        "log": _titled("Log", log_html(log)),
        "metrics": _titled("Metrics", metrics_html(step.metrics)),
        "artifacts": _titled("Artifacts", artifacts_html(step.artifacts, preview)),
    }


def _titled(title: str, body: str) -> str:
    return f"<div class='quiet title'>{title}</div>{body}" if body else ""


def _status(step: StepView, now: float, *, is_stale: bool) -> str:
    facts = filter(None, (progress_text(step), took_text(step, now)))
    behind = "".join(f' <span class="quiet">· {fact}</span>' for fact in facts)
    # A cached step's reasons stand below, one by one.
    words = step.reason if step.reason != "; ".join(step.decision_reasons) else ""
    reason = f"<div>{text_html(words)}</div>" if words else ""
    notes = "".join(f"<div class='note'>{text_html(note)}</div>" for note in tuple(step.notes))
    mark = f" {stale_html()}" if is_stale else ""
    head = f"<div><b>{escape(step.name)}</b> {status_html(step.status)}{behind}{mark}</div>"
    return f"{head}{_bar(step)}{reason}{notes}"


def _bar(step: StepView) -> str:
    progress, share = running_progress(step), running_share(step)
    if progress is None or share is None:
        return ""
    words = f"<span class='quiet'>{escape(progress.text)}</span>" if progress.text else ""
    bar = f"<div style='width:{share:.1%};background:{ink(Status.RUNNING)}'></div>"
    return f"<div class='bar'>{bar}</div>{words}"


def _names(step: StepView) -> str:
    plan = step.planned
    queue = plan.options.queue
    rows = [
        ("reads", f"<code>{escape(name)}</code>", f"<span class='quiet'>{escape(origin_text(owner))}</span>")
        for name, owner in plan.origins.items()
    ]
    rows += [("waits for", escape(name), "") for name in plan.only_after]
    rows += [("writes", f"<code>{escape(name)}</code>", "") for name in plan.writes]
    rows += [("queue", escape(queue), "")] if queue != "local" else []
    rows += [("from run", f"<code>{escape(step.source_run)}</code>", "")] if step.source_run else []
    firsts = [row[0] if not place or rows[place - 1][0] != row[0] else "" for place, row in enumerate(rows)]
    return table_html(
        (f"<span class='quiet'>{first}</span>", *row[1:]) for first, row in zip(firsts, rows, strict=True)
    )


def _attempts(attempts: Sequence[AttemptView], reason: str, now: float) -> str:
    rows = [
        (
            f"attempt {attempt.number}",
            status_html(attempt.status),
            duration_text(attempt.seconds_until(now)) if attempt.started else "",
            *usage_texts(attempt.usage),
            f"<span class='quiet'>{text_html(attempt.reason)}</span>" if attempt.reason != reason else "",
        )
        for attempt in attempts
    ]
    return table_html(rows, numbers=(2, 3, 4))
