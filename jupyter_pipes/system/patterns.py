"""Regular expressions that are compiled when they are first used: a program uses few of those that it has."""

from __future__ import annotations

import re
from typing import Any, cast


class _Late:
    """Has what a compiled pattern has."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, value)
        return value


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern for its methods: functions of `re` take none that is not compiled."""
    return cast("re.Pattern[str]", _Late(text, flags))
