"""How statuses and quantities look everywhere: one source of colours, icons, words and text sizes."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

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

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif"
"""The font family of drawn text: Lab's own."""

TIMES = "\N{MULTIPLICATION SIGN}"
"""Between the lengths of a shape."""

_NARROW = "fijlrtI.,:;'|![](){}/ -"
_WIDE = "mwMW@%"
_ASCII_WIDTHS = {
    **{chr(code): 0.7 if chr(code).isupper() else 0.6 for code in range(128)},
    **dict.fromkeys(_NARROW, 0.38),
    **dict.fromkeys(_WIDE, 0.92),
}


def text_width(text: str, size: float) -> float:
    """Return the width in px of `text` in `FONT` at `size` px, estimated without a font, rather too wide."""
    return size * sum(_ASCII_WIDTHS.get(character) or _other_width(character) for character in text)


def _other_width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.72 if character.isupper() else 0.64


def ellipsised(text: str, size: float, room: float) -> str:
    """Return `text`, cut with an ellipsis so that it fits into `room` px at `size` px."""
    if text_width(text, size) <= room:
        return text
    left = room - text_width("…", size)
    end = 0
    while end < len(text) and (left := left - text_width(text[end], size)) >= 0:
        end += 1
    return text[:end].rstrip() + "…"


def duration_text(seconds: float) -> str:
    """Return a duration as people say it: `0.34 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`."""
    if seconds < 1:
        return f"{max(seconds, 0):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def clock_text(seconds: float) -> str:
    """Return an elapsed time that ticks without changing its form: `0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def bytes_text(size: int) -> str:
    """Return a size in bytes as people say it: `812 B`, `3.4 KiB`, `320 MiB`."""
    amount, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1023.5:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as people say it, thousands and factors marked, or "" for none."""
    return f" {TIMES} ".join(f"{length:,}" for length in shape)


def progress_text(step: StepView) -> str:
    """Return how far a running step is: `45 %`, the count when the total is unknown, or ""."""
    progress = step.latest.progress if step.latest else None
    if progress is None or step.status is not Status.RUNNING:
        return ""
    if progress.fraction is not None:
        return f"{progress.fraction:.0%}".replace("%", " %")
    return f"{progress.done:g}"


def elapsed(step: StepView, now: float) -> float:
    """Return the seconds of all of a step's attempts; `now` (seconds since 1970) ends a running one."""
    latest = step.latest
    running = latest is not None and latest.ended is None and latest.started is not None
    return step.seconds + (now - latest.started if running and latest and latest.started else 0.0)


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
        seconds = step.seconds if now is None else elapsed(step, now)
        detail = duration_text(seconds) if seconds else ""
    return f"{word} · {detail}" if detail else word
