"""How statuses look everywhere: one source of their colours, icons and words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.quantities import bytes_text, duration_text
from jupyter_pipes.model.steps import CATALOG_OWNER, HANGING, PARAMS_OWNER, Status

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from jupyter_pipes.model.results import Usage
    from jupyter_pipes.model.views import AttemptView, Progress, StepView


class Look(Struct, frozen=True):
    """How one status is shown.

    Attributes:
        icon: one character of the common symbol fonts (never an emoji).
        word: the status in words; with the icon it says all that the colour says.
        ink: colour of icon and border on a light ground; at least 4.5:1 against white.
        fill: quiet ground for a light theme, on which `ink` and black text are legible.
        night: colour of icon and border on a dark ground; at least 4.5:1 against #212121.
    """

    icon: str
    word: str
    ink: str
    fill: str
    night: str


LOOKS: dict[Status, Look] = {
    Status.PENDING: Look("○", "pending", "#6b7280", "#f9fafb", "#9ca3af"),
    Status.QUEUED: Look("◔", "queued", "#6d5bd0", "#f5f3ff", "#b1a5f7"),
    Status.RUNNING: Look("▶\ufe0e", "running", "#1d65c9", "#eff6ff", "#7fb4ff"),
    Status.COMPLETED: Look("✓", "completed", "#1b7a3d", "#f0fdf4", "#6fcf8f"),
    Status.CACHED: Look("↺", "cached", "#0f766e", "#f0fdfa", "#5fcfc4"),
    Status.FAILED: Look("✕", "failed", "#c22727", "#fef2f2", "#ff9090"),
    Status.SKIPPED: Look("↷", "skipped", "#7a6a3a", "#fdfbf3", "#cbb876"),
    Status.CANCELLED: Look("⊘", "cancelled", "#a8510f", "#fff7ed", "#f0a35e"),
    Status.INTERRUPTED: Look("⊘", "interrupted", "#a8510f", "#fff7ed", "#f0a35e"),
}

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No step is stale."""

RESUMING = "%pipeline resume takes it up"
"""What to do about a run whose controller was gone before its end."""

MAYBE = "may be stale"
"""For a step whose kept result fits unless a step above it gives other outputs."""

STALE = Look("△", "stale", "#8a6100", "#fffbeb", "#e6bf55")
"""For a step whose kept result no longer fits."""


def is_maybe(stale: str) -> bool:
    """Return whether a stale step hangs on what a step above it gives, by why it is stale."""
    return stale.startswith(HANGING)


def stale_word(reasons: Iterable[str]) -> str:
    """Return how steps that are stale for these reasons are called together."""
    return MAYBE if all(map(is_maybe, reasons)) else STALE.word


def running_progress(step: StepView) -> Progress | None:
    """Return how far a running step says that it is; None if it says nothing or does not run."""
    return step.latest.progress if step.latest and step.status is Status.RUNNING else None


def running_share(step: StepView) -> float | None:
    """Return the share of a running step that is done, 0 to 1; None if nobody knows or it does not run."""
    if step.children:
        return step.progress if step.status is Status.RUNNING else None
    progress = running_progress(step)
    return progress.fraction if progress else None


def progress_text(step: StepView) -> str:
    """Return how far a running step is: `45 %`, the count when the total is unknown, or "".

    Of a step with a `--map`, how many of its elements are done: `37/100, 1 failed`; of one with a
    `--repeat-while`, `round 3 of at most 10`.
    """
    if step.count:
        return step.count
    progress, share = running_progress(step), running_share(step)
    if progress and step.planned.options.repeat_while and progress.text.startswith("round "):
        return progress.text
    if share is not None:
        return f"{share:.0%}".replace("%", " %")
    return f"{progress.done:g}" if progress else ""


def tries(attempts: Sequence[AttemptView]) -> list[AttemptView]:
    """Return a step's attempts as people count them.

    One that found the elements of a `--map` and the one that makes lists of their results are one try.
    """
    return [each for each in attempts if each is attempts[-1] or not _went_on_to_elements(each)]


def _went_on_to_elements(attempt: AttemptView) -> bool:
    return attempt.finds_elements and attempt.status is Status.COMPLETED


def attempt_reason(attempt: AttemptView) -> str:
    """Return why an attempt stands as it does, or what it did if that was only to find elements."""
    return attempt.reason or ("found the elements" if _went_on_to_elements(attempt) else "")


def usage_texts(usage: Usage) -> tuple[str, str]:
    """Return CPU time and peak memory as people say them, "" for what was not measured."""
    cpu = duration_text(usage.cpu_seconds) if usage.cpu_seconds else ""
    return cpu, bytes_text(usage.peak_memory) if usage.peak_memory else ""


def metric_text(value: object) -> str:
    """Return a metric's value in few digits; "" for none."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def metrics_text(step: StepView) -> str:
    """Return the last values of a step's metrics; "" where it told none."""
    return ", ".join(f"{name}={metric_text(value)}" for name, value in step.last_metrics.items())


def took_text(step: StepView, now: float | None = None) -> str:
    """Return what a step's attempts took, "" for nothing; `now` (seconds since 1970) ends a running one."""
    seconds = step.seconds if now is None else step.seconds_until(now)
    return duration_text(seconds) if seconds > 0 else ""


def remaining_text(step: StepView, now: float, before: float) -> str:
    """Return how long a running step takes yet, judged by its progress, else by the last time.

    Args:
        step: the step.
        now: the time in seconds since 1970.
        before: what it took the last time, in seconds; 0 if nobody knows.
    """
    if step.status is not Status.RUNNING or step.latest is None:
        return ""
    # A loop may end long before its last round.
    share = None if step.planned.options.repeat_while else running_share(step)
    elapsed = step.latest.seconds_until(now)
    whole = elapsed / share if share else before
    if whole > elapsed:
        return f"about {duration_text(whole - elapsed)} left"
    return f"{duration_text(before)} last time" if before else ""


def spoken(step: StepView, stale: Container[str] = ()) -> str:
    """Return a step's accessible name: `STEP, STATUS`, with `, stale` behind it if it is one of `stale`."""
    name = f"{step.name}, {LOOKS[step.status].word}"
    return f"{name}, {STALE.word}" if step.name in stale else name


def why_text(step: StepView) -> str:
    """Return why a step stands as it does, or else why it was decided so."""
    return step.reason or "; ".join(step.decision_reasons)


def origin_text(owner: str) -> str:
    """Return where a name that a step reads comes from: `a parameter`, `from load`."""
    return {PARAMS_OWNER: "a parameter", CATALOG_OWNER: "from the catalog"}.get(owner, f"from {owner}")


def status_line(step: StepView) -> str:
    """Return a node's second line: `completed · 1.2 s`, `running · 45 %`, `round 3 of ≤ 10`."""
    took = took_text(step) if step.status is not Status.QUEUED else ""
    progress = progress_text(step).replace("at most", "≤")
    # There is no room for more words.
    if step.status is Status.RUNNING and any(map(str.isalpha, progress)):
        return progress
    return " · ".join(filter(None, (LOOKS[step.status].word, progress.partition(", ")[0] or took)))
