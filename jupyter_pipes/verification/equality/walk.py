"""The walk through two values at once: where they first differ, or that it cannot be told."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, cast

from msgspec import Struct

from jupyter_pipes.verification.equality import arrays, containers, definitions, drawings, frames, objects
from jupyter_pipes.verification.equality.base import Incomparable, Mismatch, Walk

__all__ = ["Difference", "Incomparable", "difference"]

_LONGEST = 200

_KINDS = (containers, definitions, arrays, frames, drawings, objects)
"""Who knows which values; the first that does compares them, and `objects` knows all."""


class Difference(Struct, frozen=True):
    """Where two values differ first.

    Attributes:
        where: the place inside them, as Python writes it (`['x'][3].balance`); "" for the whole.
        a, b: what stands there, in short.
    """

    where: str
    a: str
    b: str


def difference(a: Any, b: Any) -> Difference | None:
    """Return where two values differ first, in content, types, order or shared parts; None if nowhere.

    Raises:
        Incomparable: there is something inside that cannot be looked into.
    """
    return _Walker().difference(a, b)


def joint_difference(pairs: Iterable[tuple[str, Any, Any]]) -> str | None:
    """Return which names are one object on one side only, in words; None if the same ones on both."""
    firsts: dict[int, tuple[str, Any]] = {}
    for name, a, b in pairs:
        earlier = firsts.setdefault(id(a), (name, b))
        if earlier[1] is not b:
            return f"{earlier[0]} and {name} are one object in the notebook, and two in the pipeline"
    return None


class _Walker(Walk):
    """Holds what was met: cycles end, and what is one object on one side must be one on the other."""

    def __init__(self, *, is_of_copy: bool = False) -> None:
        self._is_of_copy = is_of_copy
        self._partners: dict[int, int] = {}
        self._origins: dict[int, int] = {}
        self._met: set[tuple[int, int]] = set()
        self._alive: list[Any] = []

    def difference(self, a: Any, b: Any) -> Difference | None:
        try:
            self.check(a, b, "")
        except Mismatch as mismatch:
            return Difference(mismatch.where, *mismatch.texts)
        except RecursionError:
            raise Incomparable("it is nested too deeply") from None
        return None

    def check(self, a: Any, b: Any, where: str) -> None:
        if a is b:
            return
        kinds = cast("Any", (type(a), type(b)))
        if not definitions.same_type(*kinds):
            raise Mismatch(where, f"{type_name(a)} {short(a)}", f"{type_name(b)} {short(b)}")
        kind = next(kind for kind in _KINDS if kind.knows(a))
        if type(a) in containers.ATOMS:
            kind.check(self, a, b, where)
            return
        if (id(a), id(b)) in self._met:
            return
        self._pair(a, b, where)
        kind.check(self, a, b, where)

    def copy_agrees(self, a: Any, b: Any) -> bool:
        # All parts of a copy are copies: to copy them again, on every level, would take for ever.
        if self._is_of_copy:
            return False
        try:
            return _Walker(is_of_copy=True).difference(_copied(a), b) is None
        except Incomparable:
            return False

    def expect(self, is_equal: bool, a: Any, b: Any, where: str) -> None:
        if not is_equal:
            raise Mismatch(where, short(a), short(b))

    def _pair(self, a: Any, b: Any, where: str) -> None:
        self._met.add((id(a), id(b)))
        # Their ids stay theirs while they are alive.
        self._alive += (a, b)
        if not containers.has_identity(a):
            return
        if self._partners.setdefault(id(a), id(b)) != id(b):
            raise Mismatch(where, "an object that stands elsewhere, too", "an object of its own")
        if self._origins.setdefault(id(b), id(a)) != id(a):
            raise Mismatch(where, "an object of its own", "an object that stands elsewhere, too")


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # a class's own method may raise anything; then there is no other way to look at it
        return None


def type_name(value: Any) -> str:
    """Return the qualified name of a value's type; builtins by their short one."""
    kind = cast("Any", type(value))
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def short(value: Any) -> str:
    """Return a value's repr, cut where it gets long; or why there is none."""
    try:
        text = repr(value)
    except Exception as error:  # a user's __repr__ may raise anything
        return f"<{type_name(value)} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
