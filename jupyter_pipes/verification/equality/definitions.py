"""Functions and classes: a notebook's own by what they do, all others by being the same."""

from __future__ import annotations

import functools
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
)
from typing import Any, cast

from jupyter_pipes.verification.equality.base import Walk
from jupyter_pipes.verification.equality.containers import check_dicts

_WRAPPER = type(functools.lru_cache(lambda: None))
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType, type(int.__add__), type(str.join))
_CODE = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_argcount")
_CODE_COUNTS = ("co_posonlyargcount", "co_kwonlyargcount", "co_exceptiontable")
_UNTOLD = frozenset(
    {
        "__dict__",
        "__weakref__",
        "__slotnames__",
        "__firstlineno__",
        "__static_attributes__",
        "_abc_impl",
        "__abstractmethods__",
        "__subclasshook__",
        "__getstate__",
    }
)
"""Members of a class that Python keeps for itself."""


def same_type(a: type, b: type) -> bool:
    """Return whether two types are one, or stand under one name in a notebook."""
    return a is b or (is_local(a) and is_local(b) and a.__qualname__ == b.__qualname__)


def knows(value: Any) -> bool:
    """Return whether it is compared here."""
    kinds = (FunctionType, MethodType, BuiltinFunctionType, CodeType, CellType, type, _WRAPPER)
    others = (property, staticmethod, classmethod, functools.cached_property, *_DESCRIPTORS)
    return isinstance(value, (*kinds, *others))


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two definitions of one kind against each other."""
    if isinstance(a, FunctionType):
        _check_functions(walk, a, cast("FunctionType", b), where)
    elif isinstance(a, CodeType):
        _check_code(walk, a, cast("CodeType", b), where)
    elif isinstance(a, type):
        _check_classes(walk, cast("type[Any]", a), b, where)
    elif isinstance(a, CellType):
        _check_cells(walk, a, b, where)
    elif isinstance(a, MethodType):
        walk.check(a.__func__, b.__func__, f"{where}.__func__")
        walk.check(a.__self__, b.__self__, f"{where}.__self__")
    elif isinstance(a, (BuiltinFunctionType, *_DESCRIPTORS)):
        walk.expect(a.__qualname__ == b.__qualname__, a, b, where)
        walk.check(getattr(a, "__self__", None), getattr(b, "__self__", None), f"{where}.__self__")
    else:
        for part in ("fget", "fset", "fdel", "__func__", "func", "__wrapped__"):
            walk.check(getattr(a, part, None), getattr(b, part, None), f"{where}.{part}")


def is_local(kind: type) -> bool:
    """Return whether a class is a notebook's own: what is imported has one identity in each process."""
    return kind.__module__ == "__main__" or "<locals>" in kind.__qualname__


def _check_functions(walk: Walk, a: FunctionType, b: FunctionType, where: str) -> None:
    walk.expect(a.__qualname__ == b.__qualname__, a, b, where)
    walk.check(a.__code__, b.__code__, f"{where}.__code__")
    walk.check(a.__defaults__, b.__defaults__, f"{where}.__defaults__")
    walk.check(a.__kwdefaults__, b.__kwdefaults__, f"{where}.__kwdefaults__")
    walk.check(a.__closure__, b.__closure__, f"{where}.__closure__")
    walk.check(a.__dict__, b.__dict__, f"{where}.__dict__")


def _check_code(walk: Walk, a: CodeType, b: CodeType, where: str) -> None:
    for part in (*_CODE, *_CODE_COUNTS):
        walk.expect(getattr(a, part) == getattr(b, part), a, b, f"{where}.{part}")
    walk.check(a.co_consts, b.co_consts, f"{where}.co_consts")


def _check_cells(walk: Walk, a: CellType, b: CellType, where: str) -> None:
    contents: list[Any] = []
    for cell in (a, b):
        try:
            contents.append(cell.cell_contents)
        except ValueError:  # nothing is bound yet
            contents.append(...)
    walk.check(contents[0], contents[1], f"{where}.cell_contents")


def _check_classes(walk: Walk, a: type[Any], b: type[Any], where: str) -> None:
    walk.expect(same_type(a, b), a, b, where)
    walk.check(a.__bases__, b.__bases__, f"{where}.__bases__")
    members = [
        {name: member for name, member in kind.__dict__.items() if name not in _UNTOLD} for kind in (a, b)
    ]
    # In which order a class got its members says nothing.
    one, other = (dict(sorted(each.items())) for each in members)
    check_dicts(walk, one, other, where)
