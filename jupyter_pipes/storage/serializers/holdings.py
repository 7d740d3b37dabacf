"""What classes and functions hold besides their code, now and at first: attributes, defaults, closures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from types import CellType, FunctionType
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

IGNORED_ATTRIBUTES = frozenset(
    {
        "__doc__", "__module__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__",
        "__slotnames__", "__abstractmethods__", "_abc_impl", "__annotate__", "__annotate_func__",
        "__annotations_cache__",
    }
)  # fmt: skip
"""Class attributes that Python keeps for itself and that say nothing about what the class does."""

_MADE_WITH_THE_CLASS = IGNORED_ATTRIBUTES | {
    "__annotations__", "__dataclass_fields__", "__dataclass_params__", "__match_args__", "__orig_bases__",
    "__parameters__", "__qualname__", "__slots__", "__wrapped__",
}  # fmt: skip
"""Attributes that say how a class or function was made: nobody changes them later."""

_IN_CLOSURE = " in closure"
_FIRST: WeakKeyDictionary[Any, Mapping[str, Any]] = WeakKeyDictionary()


class Gone(Enum):
    """Stands for what a definition held at first and does not hold any more."""

    GONE = "gone"


def remember(definition: object) -> dict[str, Any]:
    """Keep in mind what a definition and its functions hold now; return it.

    What is remembered of one already stays: its cell made it so, and others registered something there since.
    """
    first: dict[str, Any] = {}
    for path, holder in _holders(definition, "", set()):
        holds = _held_by(holder)
        _FIRST.setdefault(holder, holds)
        first |= {f"{path}{name}": value for name, value in holds.items()}
    return first


class FunctionHoldings(NamedTuple):
    """Values of defaults, by position and by name, and of what a closure keeps."""

    defaults: tuple[Any, ...]
    named_defaults: Mapping[str, Any]
    closure: tuple[Any, ...]


def attributes_at_first(cls: type) -> Mapping[str, Any]:
    """Return the attributes that a class had when its cell had defined it, as far as that is remembered."""
    first = _FIRST.get(cls)
    if first is None:
        return vars(cls)
    return {**{name: value for name, value in vars(cls).items() if name in _MADE_WITH_THE_CLASS}, **first}


def function_at_first(function: FunctionType) -> FunctionHoldings:
    """Return what a function held when its cell had defined it, as far as that is remembered."""
    first = _FIRST.get(function)
    first = _held_by(function) if first is None else first
    named = function.__kwdefaults__ or {}
    defaults = {name[:-1]: value for name, value in first.items() if name.endswith("=")}
    return FunctionHoldings(
        tuple(value for name, value in defaults.items() if name not in named),
        {name: value for name, value in defaults.items() if name in named},
        tuple(value for name, value in first.items() if name.endswith(_IN_CLOSURE)),
    )


def held(definition: object) -> dict[str, Any]:
    """Return what a definition holds, with its methods and with functions that it is made of.

    Names are those of attributes (`count`), of parameters with a default (`memory=`), of variables that a
    closure keeps (`n in closure`), behind the path to the function that has them (`add/memory=`).
    """
    return {
        f"{path}{name}": value
        for path, holder in _holders(definition, "", set())
        for name, value in _held_by(holder).items()
    }


def hold(definition: object, changes: Mapping[str, Any]) -> None:
    """Let a definition hold other things; `Gone.GONE` takes one away. What has no place is left out."""
    # Methods before what they hold: one may be another function now.
    for name, value in sorted(changes.items(), key=lambda change: change[0].count("/")):
        path, _, last = name.rpartition("/")
        holders = dict(_holders(definition, "", set()))
        if (holder := holders.get(f"{path}/" if path else "")) is not None:
            _set(holder, last, value)


def functions_of(attribute: Any) -> list[FunctionType]:
    """Return the functions that a class attribute is made of: a method, a property's accessors, …"""
    if isinstance(attribute, property):
        candidates = (attribute.fget, attribute.fset, attribute.fdel)
    elif isinstance(attribute, cached_property):
        candidates = (attribute.func,)
    else:
        candidates = (inspect.unwrap(getattr(attribute, "__func__", attribute)), attribute)
    return list({id(each): each for each in candidates if isinstance(each, FunctionType)}.values())


def is_method(attribute: object) -> bool:
    """Return whether it is a function, property or the like: code, where it is a class's attribute."""
    return hasattr(type(attribute), "__get__")


def is_code(attribute: object) -> bool:
    """Return whether it is a method whose class is Python's own: one of the notebook's may hold anything."""
    return is_method(attribute) and type(attribute).__module__ != "__main__"


def _holders(definition: object, path: str, met: set[int]) -> Iterator[tuple[str, type | FunctionType]]:
    """Yield a definition and the functions that it is made of, each once, with the paths to them."""
    is_enum = isinstance(definition, type) and issubclass(definition, Enum)
    if not isinstance(definition, type | FunctionType) or is_enum or id(definition) in met:
        return
    met.add(id(definition))
    yield path, definition
    parts: dict[str, Any] = {**vars(definition)} if isinstance(definition, type) else _closure(definition)
    for name, part in parts.items():
        # Other objects may answer anything when they are asked for a function inside.
        for number, function in enumerate(functions_of(part) if is_method(part) else ()):
            if function.__module__ == definition.__module__:
                yield from _holders(function, f"{path}{name}{number or ''}/", met)


def _held_by(holder: type | FunctionType) -> dict[str, Any]:
    attributes = {name: value for name, value in vars(holder).items() if name not in _MADE_WITH_THE_CLASS}
    if isinstance(holder, type):
        return attributes
    return {
        **attributes,
        **_defaults(holder),
        **{f"{n}{_IN_CLOSURE}": v for n, v in _closure(holder).items()},
    }


def _defaults(function: FunctionType) -> dict[str, Any]:
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount][-len(values) or None :]
    positional = zip(names, values, strict=False) if values else ()
    return {f"{name}=": value for name, value in (*positional, *(function.__kwdefaults__ or {}).items())}


def _cells(function: FunctionType) -> dict[str, CellType]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))


def _closure(function: FunctionType) -> dict[str, Any]:
    return {name: cell.cell_contents for name, cell in _cells(function).items() if _is_filled(cell)}


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asking is the only way to know
    except ValueError:
        return False
    return True


def _set(holder: type | FunctionType, name: str, value: Any) -> None:
    if name.endswith(_IN_CLOSURE):
        if (cell := _cells(cast("FunctionType", holder)).get(name.partition(" ")[0])) is not None:
            cell.cell_contents = value
    elif name.endswith("="):
        _set_default(cast("FunctionType", holder), name[:-1], value)
    elif isinstance(holder, type):
        # Not as a metaclass may have it: what it did then is part of the state.
        if value is not Gone.GONE:
            type.__setattr__(holder, name, value)
        elif name in vars(holder):
            type.__delattr__(holder, name)
    elif value is not Gone.GONE:
        setattr(holder, name, value)
    elif name in vars(holder):
        delattr(holder, name)


def _set_default(function: FunctionType, name: str, value: Any) -> None:
    if name in (function.__kwdefaults__ or {}):
        function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), name: value}
        return
    values = {**{key[:-1]: each for key, each in _defaults(function).items()}, name: value}
    count = function.__code__.co_argcount
    names = function.__code__.co_varnames[:count][-len(function.__defaults__ or ()) or None :]
    function.__defaults__ = tuple(values[each] for each in names)
