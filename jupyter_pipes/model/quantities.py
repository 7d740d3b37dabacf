"""Durations, clock times, sizes and shapes: how they are written, and how they are read."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


if TYPE_CHECKING:
    pass


_DURATION_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


_SIZE_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


_BINARY_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


_AMOUNT = r"(\d+(?:\.\d*)?|\.\d+)\s*"


def parse_duration(value: object) -> float:
    """Return seconds from "10s", "30m", "1h30m", "250ms", a number of seconds or a `timedelta`.

    Raises:
        ValueError: it is none of these, negative or not finite.
    """
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        seconds = _seconds(str(value).strip())
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("use a duration such as 10s, 30m, 1.5h or 250ms")
    return seconds


def parse_size(value: object) -> int:
    """Return bytes from "500M" (10**6), "1.5GiB" (2**30) or a plain number of bytes.

    Raises:
        ValueError: it is none of these, or less than one byte.
    """
    text = str(value).strip() if not isinstance(value, bool) else ""
    match = re.fullmatch(_AMOUNT + r"([KMGT]?)(i?)B?", text, re.IGNORECASE)
    if match is None or (match[3] and not match[2]):
        raise ValueError("use a size such as 500M, 4G or 1.5GiB")
    unit = match[2].upper()
    size = int(float(match[1]) * (_BINARY_UNITS[f"{unit}i"] if match[3] else _SIZE_UNITS[unit]))
    if size < 1:
        raise ValueError("use a size of at least one byte, such as 500M, 4G or 1.5GiB")
    return size


def _seconds(text: str) -> float:
    if re.fullmatch(_AMOUNT, text):
        return float(text)
    part = _AMOUNT + f"({'|'.join(_DURATION_UNITS)})"
    if not re.fullmatch(rf"(?:{part}\s*)+", text):
        return math.nan
    return sum(float(number) * _DURATION_UNITS[unit] for number, unit in re.findall(part, text))


TIMES = "\N{MULTIPLICATION SIGN}"
"""Between the lengths of a shape."""


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
