"""All other objects: by how they would be made again, which is their class and state."""

from __future__ import annotations

import copyreg
import functools
from typing import Any, cast

from jupyter_pipes.storage.serializers.restoring import reduced_handler
from jupyter_pipes.verification.equality.base import Incomparable, Mismatch, Walk
from jupyter_pipes.verification.equality.containers import check_dicts
from jupyter_pipes.verification.equality.definitions import is_local

Made = tuple[Any, Any, Any, list[Any], list[tuple[Any, Any]]]
"""What makes an object again: maker, arguments, state, items, pairs."""


def knows(value: object) -> bool:
    """Return that it is compared here: what nobody else knows comes here."""
    return True


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two objects of one type against each other."""
    try:
        _check_made(walk, a, b, where)
    except Mismatch:
        # A library's class may leave out of its copies what only the original needs.
        kind = cast("Any", type(a))
        if is_local(kind) or not walk.copy_agrees(a, b):
            raise


def _check_made(walk: Walk, a: Any, b: Any, where: str) -> None:
    one, other = _made(a), _made(b)
    if isinstance(one, str) or isinstance(other, str):
        walk.expect(one == other, a, b, where)
        return
    for part in (0, 1, 3, 4):
        walk.check(one[part], other[part], where)
    states = _without_caches(a, one[2]), _without_caches(b, other[2])
    kind = cast("Any", type(a))
    _check_states(walk, *states, where, lazy=not is_local(kind))


def _made(value: Any) -> str | Made:
    try:
        kind = cast("Any", type(value))
        reducer = copyreg.dispatch_table.get(kind)
        made: Any = reduced_handler(value) or (reducer(value) if reducer else value.__reduce_ex__(4))
    except Exception as error:  # a class's own method may raise anything
        raise Incomparable(f"a {type(value).__qualname__} cannot be looked into: {error}") from error
    if isinstance(made, str):
        return made
    maker, arguments, state, items, pairs = (*cast("tuple[Any, ...]", made), None, None, None)[:5]
    if maker is iter:
        # An iterator at its start, or at its end, may say so or not.
        state = state or 0
    return maker, arguments, state, list(items or ()), list(pairs or ())


def _check_states(walk: Walk, a: Any, b: Any, where: str, *, lazy: bool) -> None:
    if isinstance(a, tuple) and isinstance(b, tuple):
        parts = cast("tuple[Any, ...]", a), cast("tuple[Any, ...]", b)
        walk.expect(len(parts[0]) == len(parts[1]), a, b, where)
        for one, other in zip(*parts, strict=True):
            _check_states(walk, one, other, where, lazy=lazy)
    elif isinstance(a, dict) and isinstance(b, dict):
        _check_attributes(walk, cast("dict[Any, Any]", a), cast("dict[Any, Any]", b), where, lazy=lazy)
    else:
        walk.check(a, b, where)


def _check_attributes(walk: Walk, a: dict[Any, Any], b: dict[Any, Any], where: str, *, lazy: bool) -> None:
    """Hold attributes against each other; of a library's object, private ones may come when it is used."""
    if not all(isinstance(name, str) for name in a):
        check_dicts(walk, a, b, where)
        return
    if lazy:
        a = {name: held for name, held in a.items() if name in b or not name.startswith("_")}
        b = {name: held for name, held in b.items() if name in a or not name.startswith("_")}
    walk.expect(a.keys() == b.keys(), list(a), list(b), f"vars({where or '…'})")
    for name in a:
        walk.check(a[name], b[name], f"{where}.{name}")


def _without_caches(value: Any, state: Any) -> Any:
    """Return a state without what the object keeps only to be quick."""
    if not isinstance(state, dict):
        return state
    kind = cast("Any", type(value))
    attributes = cast("dict[Any, Any]", state)
    rest = {name: held for name, held in attributes.items() if not _is_cache(kind, name)}
    return rest or None


def _is_cache(kind: type[Any], name: Any) -> bool:
    """Return whether an attribute is a cached property's value, or called a cache by a library."""
    if not isinstance(name, str):
        return False
    is_property = isinstance(getattr(kind, name, None), functools.cached_property)
    return is_property or (not is_local(kind) and "cache" in name)
