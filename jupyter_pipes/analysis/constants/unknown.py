"""What stands for a value that only running code tells."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Unknown(Enum):
    """The type of `UNKNOWN`: a member stays itself when it is copied."""

    UNKNOWN = "computed when a run starts"

    def __str__(self) -> str:
        return self.value


UNKNOWN: Final = Unknown.UNKNOWN
"""The value of a name that is told only by running code."""


class NotConstant(Exception):
    """An expression does more than put together what is known."""
