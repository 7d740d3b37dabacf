"""Dates and times as people write them: `2026-11-22`, `2026-11-22T10:00`, `yesterday`, `now-7d`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

_ISO = re.compile(
    r"\d{4}(?P<month>-\d\d(?P<day>-\d\d(?P<minute>[T ]\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d+)?)?"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_RELATIVE = re.compile(r"(?P<base>now|today|yesterday)(?P<shifts>([+-]\d{1,6}[smhdwMy])*)", re.ASCII)
_SHIFT = re.compile(r"([+-]\d+)([smhdwMy])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MONTHS = {"M": 1, "y": 12}


def span(text: str, now: datetime) -> tuple[float, float] | None:
    """Return when what `text` names begins and ends (not included), in seconds since 1970.

    A year, a month, a day, a minute and a second last as long as they say; `now` and a time with fractions
    are one moment: both ends are the same. A time without a zone is in the zone of `now`, which is the
    machine's own if `now` has none.

    Returns:
        None when the text is no date.

    Raises:
        ValueError, OverflowError: there is no such date (`2026-02-30`).
    """
    if match := _RELATIVE.fullmatch(text):
        start, end = _relative(match["base"], match["shifts"], now)
    elif match := _ISO.fullmatch(text):
        start, end = _absolute(text, match, now)
    else:
        return None
    return start.timestamp(), end.timestamp()


def _relative(base: str, shifts: str, now: datetime) -> tuple[datetime, datetime]:
    length = timedelta(0) if base == "now" else timedelta(days=1)
    start = now if base == "now" else now.replace(hour=0, minute=0, second=0, microsecond=0)
    if base == "yesterday":
        start -= timedelta(days=1)
    for amount, unit in _SHIFT.findall(shifts):
        if unit in _UNITS:
            start += timedelta(**{_UNITS[unit]: int(amount)})
        else:
            start = _months_later(start, int(amount) * _MONTHS[unit])
    return start, start + length


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day of another month, or that month's last day if it is shorter."""
    years, month = divmod(moment.month - 1 + months, 12)
    first = moment.replace(year=moment.year + years, month=month + 1, day=1)
    return first.replace(day=min(moment.day, monthrange(first.year, first.month)[1]))


def _absolute(text: str, match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    whole = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
    start = datetime.fromisoformat(whole)
    if start.tzinfo is None:
        start = start.replace(tzinfo=now.tzinfo)
    if not match["month"]:
        return start, _months_later(start, 12)
    if not match["day"]:
        return start, _months_later(start, 1)
    if match["fraction"]:
        return start, start
    lasts = {"seconds": 1} if match["second"] else {"minutes": 1} if match["minute"] else {"days": 1}
    return start, start + timedelta(**lasts)
