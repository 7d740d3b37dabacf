"""Which names of a notebook hold one object, or have one inside that another name holds as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.values import Value

_NOBODY: frozenset[str] = frozenset()
_NEVER_SHARED = frozenset({kinds.SCALAR, kinds.ITERATOR})
"""Kinds that nobody changes through another name, or that cannot be handed on."""


class Shared(Struct, frozen=True):
    """What a name has in common with other names.

    Attributes:
        along: names whose values a change of its object changes as well.
        inside: names whose objects it has inside: a change of such a part is a change of theirs.
    """

    along: frozenset[str] = _NOBODY
    inside: frozenset[str] = _NOBODY

    def __or__(self, other: Shared) -> Shared:
        if other is NOT_SHARED:
            return self
        return Shared(self.along | other.along, self.inside | other.inside)

    def without(self, names: frozenset[str]) -> Shared:
        """Return what is left when these names stand for something else."""
        if names.isdisjoint(self.along) and names.isdisjoint(self.inside):
            return self
        return Shared(self.along - names, self.inside - names)


NOT_SHARED = Shared()
Sharing = tuple[tuple[str, Shared], ...]
"""What each name that has something in common with others shares."""


def shared_by(values: Mapping[str, Value]) -> Sharing:
    """Return what is shared among the names that a cell leaves, and with those from outside.

    Args:
        values: the names, with what is known of their values.
    """
    alive = {name: value for name, value in values.items() if value.kind not in _NEVER_SHARED}
    sharing: dict[str, Shared] = {}
    for name, value in alive.items():
        for key in value.reached:
            for other in _names_of(key, alive) - {name}:
                is_inside = key in value.holds and key not in value.names
                this, that = frozenset({name}), frozenset({other})
                mine = Shared(inside=that) if is_inside else Shared(along=that)
                # A part changes when parts of the whole do, not when the whole gets longer; what the whole
                # has inside may be the part itself.
                is_only_part = value.is_part and key not in value.holds
                theirs = Shared(inside=this) if is_only_part else Shared(along=this)
                sharing[name] = sharing.get(name, NOT_SHARED) | mine
                sharing[other] = sharing.get(other, NOT_SHARED) | theirs
    return tuple(sharing.items())


def _names_of(key: str, alive: Mapping[str, Value]) -> set[str]:
    """Return the names that hold the object of a key; a name from outside is a key itself."""
    names = {name for name, value in alive.items() if key in value.names and not value.is_part}
    return names | {key} if key.isidentifier() else names


def behind(before: Sharing, bound: frozenset[str], news: Sharing) -> Sharing:
    """Return what is shared behind a cell that binds names."""
    added = dict(news)
    sharing: list[tuple[str, Shared]] = []
    for pair in before:
        name, shared = pair
        if name in bound:
            continue
        left = shared.without(bound) | added.pop(name, NOT_SHARED)
        if left.along or left.inside:
            sharing.append(pair if left is shared else (name, left))
    return (*sharing, *added.items())


def of(sharing: Sharing, words: Iterable[str]) -> Sharing:
    """Return the part of it that is about names among these words."""
    wanted = frozenset(words)
    return tuple(pair for pair in sharing if pair[0] in wanted)
