"""What to tell about a value in a line or two: its type, its shape and how it begins. Cheap for any size."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable
from itertools import islice
from reprlib import Repr
from typing import Any

_LONGEST = 300
"""Characters of a preview."""

_ROWS = 5
_ITEMS = 10
_SIZED = (list, tuple, dict, set, frozenset, str, bytes, bytearray)


def describe(value: object) -> tuple[str, tuple[int, ...], str]:
    """Return the value's type name ("pandas.DataFrame"), its shape (() if it has none) and a short text.

    Never raises and imports nothing: a value whose own methods fail is told by its type.
    """
    return _type_name(type(value)), _attempt(_shape, value, ()), _attempt(_preview, value, "")


def _attempt(question: Any, value: Any, otherwise: Any) -> Any:
    try:
        return question(value)
    except Exception:  # a value's own methods may raise anything, and a preview is no reason to fail
        return otherwise


def _type_name(kind: type) -> str:
    package, _, _ = kind.__module__.partition(".")
    if package in ("builtins", "__main__"):
        return kind.__qualname__
    if getattr(sys.modules.get(package), kind.__name__, None) is kind:
        return f"{package}.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"


def _shape(value: object) -> tuple[int, ...]:
    if isinstance(value, _SIZED):
        return (len(value),)  # pyright: ignore[reportUnknownArgumentType] - of whatever items
    sizes: Any = getattr(value, "shape", ()) if _has_shape(value) else ()
    return tuple(size for size in sizes if isinstance(size, int))


def _has_shape(value: object) -> bool:
    return not isinstance(value, type) and hasattr(type(value), "shape")


def _preview(value: Any) -> str:
    text = _texts.repr(_beginning(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _beginning(value: object) -> object:
    head = getattr(type(value), "head", None)
    return head(value, _ROWS) if callable(head) and _has_shape(value) else value


class _Texts(Repr):
    """The reprs of nested values, each cut short before it is made."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Show the first items in their order; `Repr` would sort all keys."""
        if level <= 0:
            return "{...}"
        first = islice(x.items(), _ITEMS)
        parts = [f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}" for key, value in first]
        return f"{{{', '.join(parts)}{', ...' * (len(x) > _ITEMS)}}}"

    def repr_set(self, x: set[Any], level: int) -> str:
        """Show some of the members; `Repr` would sort all of them."""
        return super().repr_set(x, level) if len(x) <= _ITEMS else self._some_of(x, "{", "}")

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        """Show some of the members; `Repr` would sort all of them."""
        return super().repr_frozenset(x, level) if len(x) <= _ITEMS else self._some_of(x, "frozenset({", "})")

    def _some_of(self, members: Iterable[Any], opening: str, closing: str) -> str:
        parts = (self.repr1(member, 1) for member in islice(members, _ITEMS))
        return f"{opening}{', '.join(parts)}, ...{closing}"

    def repr_instance(self, x: Any, level: int) -> str:
        """Look into dataclasses, as their own repr would write out all that they hold."""
        if not dataclasses.is_dataclass(x) or isinstance(x, type):
            return repr(x)
        if level <= 0:
            return f"{type(x).__name__}(…)"
        fields = (field.name for field in dataclasses.fields(x) if field.repr)
        parts = (f"{name}={self.repr1(getattr(x, name), level - 1)}" for name in fields)
        return f"{type(x).__qualname__}({', '.join(parts)})"


_texts = _Texts()
_texts.maxlist = _texts.maxtuple = _texts.maxset = _texts.maxfrozenset = _ITEMS
_texts.maxstring = _texts.maxother = _LONGEST
