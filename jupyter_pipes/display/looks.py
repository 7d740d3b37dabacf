"""How statuses and quantities look everywhere: one source of colours, icons, words and text sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.quantities import bytes_text, duration_text
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from collections.abc import Container

    from jupyter_pipes.model.results import Usage
    from jupyter_pipes.model.views import StepView


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

STALE = Look("△", "stale", "#8a6100", "#fffbeb", "#e6bf55")
"""For a step whose kept result no longer fits."""


def progress_text(step: StepView) -> str:
    """Return how far a running step is: `45 %`, the count when the total is unknown, or ""."""
    progress = step.latest.progress if step.latest else None
    if progress is None or step.status is not Status.RUNNING:
        return ""
    if progress.fraction is not None:
        return f"{progress.fraction:.0%}".replace("%", " %")
    return f"{progress.done:g}"


def usage_texts(usage: Usage) -> tuple[str, str]:
    """Return CPU time and peak memory as people say them, "" for what was not measured."""
    cpu = duration_text(usage.cpu_seconds) if usage.cpu_seconds else ""
    return cpu, bytes_text(usage.peak_memory) if usage.peak_memory else ""


def spoken(step: StepView, stale: Container[str] = ()) -> str:
    """Return a step's accessible name: `STEP, STATUS`, with `, stale` behind it if it is one of `stale`."""
    name = f"{step.name}, {LOOKS[step.status].word}"
    return f"{name}, {STALE.word}" if step.name in stale else name


def status_line(step: StepView, now: float | None = None) -> str:
    """Return a node's second line: `completed · 1.2 s`, `running · 45 %`, `pending`.

    A running step shows its seconds only when `now` (seconds since 1970) is given.
    """
    word = LOOKS[step.status].word
    detail = progress_text(step)
    if not detail and step.attempts and step.status is not Status.QUEUED:
        seconds = step.seconds if now is None else step.seconds_until(now)
        detail = duration_text(seconds) if seconds else ""
    return f"{word} · {detail}" if detail else word
