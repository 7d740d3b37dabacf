"""What a kind of values needs to hold two of them against each other."""

from __future__ import annotations

from typing import Any, Protocol


class Incomparable(Exception):
    """Something inside two values cannot be looked into; the message says what and why."""


class Mismatch(Exception):
    """Two values differ.

    Args:
        where: the place inside them.
        a, b: what stands there, in short.
    """

    def __init__(self, where: str, a: str, b: str) -> None:
        super().__init__(where)
        self.where = where
        self.texts = (a, b)


class Walk(Protocol):
    """The walk that a kind of values goes on with."""

    def check(self, a: Any, b: Any, where: str) -> None:
        """Hold two parts against each other.

        Raises:
            Mismatch: they differ.
            Incomparable: that cannot be told.
        """
        ...

    def copy_agrees(self, a: Any, b: Any) -> bool:
        """Return whether a copy of one value equals the other, whatever was met before."""
        ...

    def expect(self, is_equal: bool, a: Any, b: Any, where: str) -> None:
        """Raise `Mismatch` with these two unless they are equal."""
        ...
