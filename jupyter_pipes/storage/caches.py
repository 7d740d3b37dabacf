"""Whether two states of a value differ only in what objects remember for themselves."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from types import FunctionType
from typing import Any, cast

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage.serializers import serialize

_MADE_BY_CLASS_STATEMENT = 1 << 9
"""`Py_TPFLAGS_HEAPTYPE` of Python's C interface."""

_MAKERS = ("__init__", "__new__", "__post_init__", "__setstate__")


def differs_by_caches_only(before: Any, after: Any) -> bool:
    """Return whether `after` is `before` but for what its objects remember for themselves.

    That is: cached properties; private attributes that were missing or None and that the class sets only
    behind a question for them (`if self._size is None: self._size = …`); what drawing a figure leaves in it.
    """
    return _Comparison().is_same(before, after)


class _Comparison:
    """Goes through two states side by side."""

    def __init__(self) -> None:
        # With the objects: an id is another object's as soon as its own is gone.
        self._met: dict[tuple[int, int], tuple[Any, Any]] = {}

    def is_same(self, before: Any, after: Any) -> bool:
        kind: Any = cast("Any", type(before))
        if kind is not type(after):
            return False
        pair = (id(before), id(after))
        if pair in self._met:
            return True
        self._met[pair] = (before, after)
        if kind in (str, bytes, int, bool, type(None)) or hasattr(before, "__qualname__"):
            return before is after or before == after
        if kind in (list, tuple):
            return len(before) == len(after) and all(map(self.is_same, before, after))
        if kind is dict:
            return list(before) == list(after) and all(map(self.is_same, before.values(), after.values()))
        if _is_drawing(before):
            return _drawn(before) == _drawn(after)
        if _is_plain_instance(kind):
            return self._is_same_state(kind, before.__dict__, after.__dict__)
        if kind.__flags__ & _MADE_BY_CLASS_STATEMENT:
            return self._is_reduced_the_same(before, after)
        return _bytes_of(before) == _bytes_of(after) is not None

    def _is_reduced_the_same(self, before: Any, after: Any) -> bool:
        """Compare what the objects give away of themselves: equal texts may be one object or two there."""
        try:
            old, new = before.__reduce_ex__(4), after.__reduce_ex__(4)
        except Exception:  # a value's own methods may raise anything; then it cannot be told the same
            return False
        if isinstance(old, str) or isinstance(new, str):
            return old == new
        return self.is_same([*old[:3], *_lists(old[3:])], [*new[:3], *_lists(new[3:])])

    def _is_same_state(self, kind: type, before: dict[str, Any], after: dict[str, Any]) -> bool:
        if before.keys() - after.keys():
            return False
        filled = {name for name, value in after.items() if value is not None and before.get(name) is None}
        others = before.keys() - filled
        return all(_is_cache(kind, name) for name in filled) and all(
            self.is_same(before[name], after[name]) for name in others
        )


def _lists(items: Iterable[Any]) -> list[Any]:
    return [list(cast("Iterator[Any]", each)) if isinstance(each, Iterator) else each for each in items]


def _is_plain_instance(kind: Any) -> bool:
    """Return whether all that an instance holds is in its `__dict__`, and pickled from there."""
    own = (kind.__reduce__, kind.__reduce_ex__, getattr(kind, "__getstate__", None))
    plain = (object.__reduce__, object.__reduce_ex__, getattr(object, "__getstate__", None))
    return kind.__dictoffset__ != 0 and kind.__basicsize__ == _Plain.__basicsize__ and own == plain


class _Plain:
    """What a class is that adds nothing to `object` but a dictionary."""


@cache
def _is_cache(kind: type, name: str) -> bool:
    if isinstance(inspect.getattr_static(kind, name, None), cached_property):
        return True
    methods = [method for base in kind.__mro__ for method in _methods(base)]
    return name.startswith("_") and all(_asks_before_setting(method, name) for method in methods)


def _methods(kind: type) -> Iterator[FunctionType]:
    for held in vars(kind).values():
        if isinstance(held, property):
            yield from (each for each in (held.fget, held.fset) if isinstance(each, FunctionType))
        else:
            held = getattr(held, "__func__", held)
            held = held.func if isinstance(held, cached_property) else held
            if isinstance(held, FunctionType) and held.__name__ not in _MAKERS:
                yield held


def _asks_before_setting(method: FunctionType, name: str) -> bool:
    """Return whether a method sets the attribute only where it found it missing, or not at all."""
    if name not in method.__code__.co_names and name not in method.__code__.co_consts:
        return True
    code = method.__code__
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    try:
        tree = ast.parse(textwrap.dedent("".join(inspect.getblock(lines))))
    except SyntaxError:
        return False
    asked = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If | ast.Try) and _asks_for(node, name)
        for inner in ast.walk(node)
    }
    return all(node in asked for node in ast.walk(tree) if _sets(node, name))


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)


def _asks_for(node: ast.If | ast.Try, name: str) -> bool:
    question = [node.test] if isinstance(node, ast.If) else node.body
    return any(
        (isinstance(inner, ast.Attribute) and inner.attr == name)
        or (isinstance(inner, ast.Constant) and inner.value == name)
        for part in question
        for inner in ast.walk(part)
    )


def _is_drawing(value: Any) -> bool:
    artist: Any = sys.modules.get("matplotlib.artist")
    return artist is not None and isinstance(value, artist.Artist) and bool(value.figure)


def _drawn(artist: Any) -> bytes:
    """Return the picture of the figure that an artist is part of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = artist.get_figure(root=True)
    own_canvas = figure.canvas
    canvas: Any = FigureCanvasAgg(figure)
    try:
        canvas.draw()
        return bytes(canvas.buffer_rgba())
    finally:
        figure.set_canvas(own_canvas)


def _bytes_of(value: Any) -> tuple[str, bytes] | None:
    try:
        serializer, serialized = serialize("value", value)
    except SerializationError:
        return None
    return serializer, b"".join(map(bytes, serialized.buffers))
