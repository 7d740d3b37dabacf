"""What is bound at one point of a cell: on every path, on some path, and to which outside object."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

_NOWHERE: frozenset[str] = frozenset()


class State(Struct, eq=False):
    """The bindings at one point of the program.

    A key is a module-level name, or `label.name` for a name of an inner scope (see scopes.py).

    Attributes:
        definite: keys bound on every path to this point.
        possible: keys bound on some path to this point (a superset of `definite`).
        origins: key -> names from outside the cell whose object it may be (`y = x`, `for y in x`).
        dead: whether no path leads here.
    """

    definite: set[str] = set()
    possible: set[str] = set()
    origins: dict[str, frozenset[str]] = {}
    dead: bool = False

    def copy(self) -> State:
        """Return a state that can be changed without changing this one."""
        return State(self.definite.copy(), self.possible.copy(), self.origins.copy(), self.dead)

    def bind(self, key: str, origins: frozenset[str] = _NOWHERE) -> None:
        """Bind `key` on this path, to an object that is fresh or comes from `origins`."""
        self.definite.add(key)
        self.possible.add(key)
        if origins:
            self.origins[key] = origins
        else:
            self.origins.pop(key, None)

    def unbind(self, key: str) -> None:
        """Forget `key` on this path."""
        self.definite.discard(key)
        self.possible.discard(key)
        self.origins.pop(key, None)

    def absorb(self, other: State) -> None:
        """Let the paths of `other` lead here as well."""
        if other.dead:
            return
        if self.dead:
            self.definite, self.possible = other.definite.copy(), other.possible.copy()
            self.origins, self.dead = other.origins.copy(), False
            return
        self.definite &= other.definite
        self.possible |= other.possible
        for key, names in other.origins.items():
            self.origins[key] = self.origins.get(key, _NOWHERE) | names


def join(states: Iterable[State]) -> State:
    """Return the state of a point that all of `states` lead to; dead if none is alive."""
    joined = State(dead=True)
    for state in states:
        joined.absorb(state)
    return joined
