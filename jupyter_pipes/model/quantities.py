"""Durations, clock times, sizes and shapes: how they are read and written, nowhere else.

What was measured is rounded (`duration_text`, `bytes_text`). What somebody said, such as a limit, stays as it
is: `exact_duration_text` and `exact_size_text` for people, `duration_option` and `size_option` for an option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_DURATIONS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_LARGEST = 2**63 - 1
_SIZES = {
    f"{letter}{binary}B": base**power
    for power, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "K"))
    for binary, base in (("i", 1024), ("", 1000))
} | {"B": 1}
_AMOUNT = r"(\d+(?:\.\d*)?|\.\d+)\s*"

TIMES = "\N{MULTIPLICATION SIGN}"
"""Between the lengths of a shape."""


def parse_duration(value: object) -> float:
    """Return seconds from "10s", "30m", "1h30m", "250ms", a number of seconds or a `timedelta`.

    Raises:
        ValueError: it is none of these, negative or not finite.
    """
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(min(value, math.inf))
    else:
        seconds = _seconds(value.strip()) if isinstance(value, str) else math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("use a duration such as 10s, 30m, 1.5h or 250ms")
    return seconds


def _seconds(text: str) -> float:
    if re.fullmatch(_AMOUNT, text):
        return float(text)
    part = _AMOUNT + f"({'|'.join(_DURATIONS)})"
    if not re.fullmatch(rf"(?:{part}\s*)+", text):
        return math.nan
    return sum(float(number) * _DURATIONS[unit] for number, unit in re.findall(part, text))


def duration_text(seconds: float) -> str:
    """Return a measured duration as people say it: `0.34 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`."""
    if seconds < 1:
        return f"{max(seconds, 0):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def exact_duration_text(seconds: float) -> str:
    """Return a said duration, to be read back the same: `300 ms`, `2.5 s`, `1 min 30 s`, `2 h`."""
    if 0.001 <= seconds < 1:
        text = f"{seconds * 1000:g} ms"
    else:
        parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
        text = " ".join(f"{number:02.0f} {unit}" for number, unit in parts if number).removeprefix("0")
    return text if text and parse_duration(text) == seconds else f"{_digits(seconds)} s"


def duration_option(seconds: float) -> str:
    """Return a duration as an option takes it: `300ms`, `2.5s`, `1m30s`, `2h`."""
    return exact_duration_text(seconds).replace(" ", "").replace("min", "m")


def _digits(number: float) -> str:
    """Return a number with all its digits and no exponent."""
    from decimal import Decimal

    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def clock_text(seconds: float) -> str:
    """Return an elapsed time that ticks without changing its form: `0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(seconds: float) -> int:
    """Return an elapsed time as what is dear to renew counts it: each second up to ten, then tens."""
    whole = int(seconds)
    return whole if whole < 10 else whole - whole % 10


def until_next(seconds: float) -> float:
    """Return in how many seconds `counted` returns another one."""
    return counted(seconds) + (1 if seconds < 10 else 10) - seconds


def date_text(moment: float) -> str:
    """Return a moment (seconds since 1970) in this machine's zone: `2026-01-31 17:04:05`."""
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"


def time_text(moment: float) -> str:
    """Return a moment (seconds since 1970) of today in this machine's zone: `17:04:05`."""
    return date_text(moment).partition(" ")[2]


def iso_text(moment: float) -> str:
    """Return a moment (seconds since 1970) for programs, in ISO 8601 with its zone."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def parse_size(value: object) -> int:
    """Return bytes from "500M" (10**6), "1.5GiB" (2**30) or a plain number of bytes.

    Raises:
        ValueError: it is none of these, or less than one byte or more than any machine has.
    """
    is_amount = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    text = str(value).strip() if is_amount else ""
    match = re.fullmatch(_AMOUNT + r"([KMGT]i?|)B?", text, re.IGNORECASE)
    if match is None:
        raise ValueError("use a size such as 500M, 4G or 1.5GiB")
    unit = match[2].upper().replace("I", "i")
    size = float(match[1]) * _SIZES[f"{unit}B"]
    if not 1 <= size <= _LARGEST:
        raise ValueError("use a size of at least one byte, and less than 8 EiB, such as 500M, 4G or 1.5GiB")
    return int(size)


def bytes_text(size: int) -> str:
    """Return a measured size in bytes as people say it: `812 B`, `3.4 KiB`, `320 MiB`."""
    amount, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1023.5:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def exact_size_text(size: int) -> str:
    """Return a said size in bytes, to be read back the same: `300 MB`, `1.5 GiB`, `4097 B`."""
    unit = next(unit for unit, factor in _SIZES.items() if size >= factor and 2 * size % factor == 0)
    whole, half = divmod(2 * size // _SIZES[unit], 2)
    return f"{whole}{'.5' * half} {unit}"


def size_option(size: int) -> str:
    """Return a size in bytes as an option takes it: `300M`, `1.5GiB`, `4097`."""
    return re.sub(r"(?<!i)B", "", exact_size_text(size).replace(" ", ""))


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as people say it, thousands and factors marked, or "" for none."""
    return f" {TIMES} ".join(f"{length:,}" for length in shape)
