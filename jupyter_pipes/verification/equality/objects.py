"""All other objects: by how they would be made again, which is their class and state."""

from __future__ import annotations

import functools
from typing import Any, cast

from jupyter_pipes.verification.equality.base import Incomparable, Walk
from jupyter_pipes.verification.equality.containers import check_dicts

Made = tuple[Any, Any, Any, list[Any], list[tuple[Any, Any]]]
"""What makes an object again: maker, arguments, state, items, pairs."""


def knows(value: object) -> bool:
    """Return that it is compared here: what nobody else knows comes here."""
    return True


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two objects of one type against each other."""
    one, other = _made(a), _made(b)
    if isinstance(one, str) or isinstance(other, str):
        walk.expect(one == other, a, b, where)
        return
    for part in (0, 1, 3, 4):
        walk.check(one[part], other[part], where)
    _check_states(walk, _without_caches(a, one[2]), _without_caches(b, other[2]), where)


def _made(value: Any) -> str | Made:
    try:
        made: Any = value.__reduce_ex__(4)
    except Exception as error:  # a class's own method may raise anything
        raise Incomparable(f"a {type(value).__qualname__} cannot be looked into: {error}") from error
    if isinstance(made, str):
        return made
    maker, arguments, state, items, pairs = (*cast("tuple[Any, ...]", made), None, None, None)[:5]
    return maker, arguments, state, list(items or ()), list(pairs or ())


def _check_states(walk: Walk, a: Any, b: Any, where: str) -> None:
    if isinstance(a, tuple) and isinstance(b, tuple):
        parts = cast("tuple[Any, ...]", a), cast("tuple[Any, ...]", b)
        walk.expect(len(parts[0]) == len(parts[1]), a, b, where)
        for one, other in zip(*parts, strict=True):
            _check_states(walk, one, other, where)
    elif isinstance(a, dict) and isinstance(b, dict):
        _check_attributes(walk, cast("dict[Any, Any]", a), cast("dict[Any, Any]", b), where)
    else:
        walk.check(a, b, where)


def _check_attributes(walk: Walk, a: dict[Any, Any], b: dict[Any, Any], where: str) -> None:
    if not all(isinstance(name, str) for name in a):
        check_dicts(walk, a, b, where)
        return
    walk.expect(a.keys() == b.keys(), list(a), list(b), f"vars({where or '…'})")
    for name in a:
        walk.check(a[name], b[name], f"{where}.{name}")


def _without_caches(value: Any, state: Any) -> Any:
    """Return a state without what the object keeps only to be quick: values of cached properties."""
    if not isinstance(state, dict):
        return state
    kind = cast("Any", type(value))
    rest = {
        name: held
        for name, held in cast("dict[Any, Any]", state).items()
        if not (isinstance(name, str) and isinstance(getattr(kind, name, None), functools.cached_property))
    }
    return rest or None
