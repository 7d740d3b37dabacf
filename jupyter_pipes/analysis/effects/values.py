"""Whose object the value of an expression may be, what it holds, and of what kind it is."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

_NOBODY: frozenset[str] = frozenset()

PARTS = "*"
"""Behind the key of a parameter or of a call's result: what that holds, apart from itself."""

GLOBAL = "@"
"""In front of a module-level name, as functions see it: whatever it is when they are called."""

FUNCTION = "&"
"""In front of the key of a function: the value is that function."""

OBJECT = "!"
"""In front of the number of an object that the cell makes."""

RESULT = "?"
"""In front of the number of a call inside a function: the value is what that call gives."""


class Value(Struct, frozen=True):
    """What is known of a value.

    Attributes:
        names: the names from outside whose very object it may be, or whose object it is a part of. Inside a
            function also keys of parameters, marked names of the module, and results of calls.
        holds: names whose objects it may have inside, without being one of them (`[xs, ys]`).
        kind: what sort of object it is, "" if that is unknown (see kinds.py).
        is_part: whether it is only a part of what its names are.
    """

    names: frozenset[str] = _NOBODY
    holds: frozenset[str] = _NOBODY
    kind: str = ""
    is_part: bool = False

    @property
    def is_traced(self) -> bool:
        """Whether it leads to any name."""
        return bool(self.names or self.holds)

    @property
    def reached(self) -> frozenset[str]:
        """All names that it leads to."""
        return self.names | self.holds

    def part(self, kind: str = "") -> Value:
        """Return an item or attribute of this value."""
        is_whole = kind and kind == self.kind
        return Value(self.reached, self.holds, kind, not is_whole) if self.is_traced or kind else NOTHING

    def of_kind(self, kind: str) -> Value:
        """Return the same object, known to be of a kind."""
        return structs.replace(self, kind=kind) if kind and kind != self.kind else self

    def identified(self, key: str) -> Value:
        """Return the same object; if it is a fresh one, `key` tells it from all others."""
        return self if self.names else structs.replace(self, names=frozenset({key}))


NOTHING = Value()
"""A fresh object, or one that nobody can know."""


def union(values: Iterable[Value]) -> Value:
    """Return what is known of a value that may be any of these."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) <= 1:
        return distinct[0] if distinct else NOTHING
    kinds = {value.kind for value in distinct}
    return Value(
        _NOBODY.union(*(value.names for value in distinct)),
        _NOBODY.union(*(value.holds for value in distinct)),
        kinds.pop() if len(kinds) == 1 else "",
        any(value.is_part for value in distinct),
    )


def holding(values: Iterable[Value], kind: str = "") -> Value:
    """Return a fresh object that has these inside."""
    return Value(_NOBODY, _NOBODY.union(*(value.reached for value in values)), kind)
