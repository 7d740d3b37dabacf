"""What is bound at one point of a cell: on every path, on some path, and to which outside object."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from jupyter_pipes.analysis.effects.values import NOTHING, Value, union


class State(Struct, eq=False):
    """The bindings at one point of the program.

    A key is a module-level name, or `label.name` for a name of an inner scope (see scopes.py).

    Attributes:
        definite: keys bound on every path to this point.
        possible: keys bound on some path to this point (a superset of `definite`).
        values: key -> what is known of its value: whose object it may be (`y = x`, `for y in x`), its kind.
        dead: whether no path leads here.
    """

    definite: set[str] = set()
    possible: set[str] = set()
    values: dict[str, Value] = {}
    dead: bool = False

    def copy(self) -> State:
        """Return a state that can be changed without changing this one."""
        return State(self.definite.copy(), self.possible.copy(), self.values.copy(), self.dead)

    def bind(self, key: str, value: Value = NOTHING) -> None:
        """Bind `key` on this path."""
        self.definite.add(key)
        self.possible.add(key)
        if value == NOTHING:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    def unbind(self, key: str) -> None:
        """Forget `key` on this path."""
        self.definite.discard(key)
        self.possible.discard(key)
        self.values.pop(key, None)

    def absorb(self, other: State) -> None:
        """Let the paths of `other` lead here as well."""
        if other.dead:
            return
        if self.dead:
            self.definite, self.possible = other.definite.copy(), other.possible.copy()
            self.values, self.dead = other.values.copy(), False
            return
        self._absorb_values(other)
        self.definite &= other.definite
        self.possible |= other.possible

    def _absorb_values(self, other: State) -> None:
        for key, value in other.values.items():
            mine = self.values.get(key, NOTHING) if key in self.possible else value
            self.values[key] = union((mine, value))
        for key in self.values.keys() - other.values.keys():
            if key in other.possible:
                self.values[key] = union((self.values[key], NOTHING))


def join(states: Iterable[State]) -> State:
    """Return the state of a point that all of `states` lead to; dead if none is alive."""
    joined = State(dead=True)
    for state in states:
        joined.absorb(state)
    return joined
