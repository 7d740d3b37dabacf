"""Dates and times as people write them: `2026-11-22`, `2026-11-22T10:00`, `yesterday`, `now-7d`."""

from __future__ import annotations

import re
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
    if found := _RELATIVE.fullmatch(text):
        start, end = _relative(found["base"], found["shifts"], now)
    elif found := _ISO.fullmatch(text):
        start, end = _absolute(text, found, now)
    else:
        return None
    return start.timestamp(), end.timestamp()


def _relative(base: str, shifts: str, now: datetime) -> tuple[datetime, datetime]:
    length = timedelta(0) if base == "now" else timedelta(days=1)
    start = now if base == "now" else now.replace(hour=0, minute=0, second=0, microsecond=0)
    if base == "yesterday":
        start -= timedelta(days=1)
    for amount, unit in _SHIFT.findall(shifts):
        start = _shifted(start, int(amount), unit)
    return start, start + length


def _shifted(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _UNITS:
        return moment + timedelta(**{_UNITS[unit]: amount})
    return _months_later(moment, amount * _MONTHS[unit])


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day of another month, or that month's last day if it is shorter."""
    years, month = divmod(moment.month - 1 + months, 12)
    first = moment.replace(year=moment.year + years, month=month + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(moment.day, last.day))


def _absolute(text: str, found: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    whole = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
    start = datetime.fromisoformat(whole)
    if start.tzinfo is None:
        start = start.replace(tzinfo=now.tzinfo)
    if not found["month"]:
        return start, _months_later(start, 12)
    if not found["day"]:
        return start, _months_later(start, 1)
    return start, start + _length(found)


def _length(found: re.Match[str]) -> timedelta:
    if found["fraction"]:
        return timedelta(0)
    if found["second"]:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if found["minute"] else timedelta(days=1)
