"""The notebook's own classes and functions: what makes two of them the same, and how they come back."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from importlib import import_module
from types import CodeType, FunctionType, GeneratorType, ModuleType
from typing import Any, TypeVar

from blake3 import blake3

from jupyter_pipes.analysis.local_modules import is_installed
from jupyter_pipes.storage.serializers.holdings import (
    IGNORED_ATTRIBUTES,
    attributes_at_first,
    function_at_first,
    functions_of,
)

_NOTEBOOK = "__main__"
_NEVER_CHANGED = (_NOTEBOOK, "jupyter_pipes")
"""Modules whose definitions are written out with the value, or are the same for every reader."""
_MISSING = object()
_OWN_FLAGS = 0xFFFF
"""The flags of a code object but for those of `from __future__`, which depend on the cells run before."""

_SIMPLE = (int, float, complex, str, bytes, bool, type(None))


def notebook_definition(qualname: str) -> object:
    """Return what this notebook defines under a qualified name, or None."""
    definition: object = sys.modules.get(_NOTEBOOK)
    for name in qualname.split("."):
        definition = getattr(definition, name, _MISSING)
    return None if definition is _MISSING else definition


def definition_name(value: object) -> str | None:
    """Return the qualified name under which the notebook defines this class, function or type variable.

    None for what is defined elsewhere, inside a function, or no longer under its name.
    """
    if getattr(value, "__module__", None) != _NOTEBOOK:
        return None
    name = value.__name__ if isinstance(value, TypeVar) else qualified_name(value)
    return name if isinstance(name, str) and notebook_definition(name) is value else None


def import_home(definition: object) -> None:
    """Import the module that a definition says it is from, where its package is loaded: then it can be named.

    Libraries have classes that say they are from a module which they import when it is asked for.
    """
    home: Any = getattr(definition, "__module__", None)
    if isinstance(home, str) and home not in sys.modules and home.partition(".")[0] in sys.modules:
        with suppress(ImportError):
            import_module(home)


def imported(value: object) -> Iterator[str]:
    """Yield what naming a module, class or function makes its reader import, if that is no installed package.

    It is `module:name`, `module:` of a module as a whole. What is defined inside a function is written out.
    """
    is_module = isinstance(value, ModuleType)
    home: Any = value.__name__ if is_module else getattr(value, "__module__", None)
    name = "" if is_module else getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
    top = home.partition(".")[0] if isinstance(home, str) else _NOTEBOOK
    if top not in _NEVER_CHANGED and "<locals>" not in str(name) and not is_installed(top):
        yield f"{home}:{str(name).partition('.')[0]}"


def qualified_name(value: object) -> object:
    """Return a definition's qualified name; None for other values, without asking their `__getattr__`."""
    if isinstance(value, GeneratorType):
        return None
    is_asked = hasattr(type(value), "__getattr__")
    if is_asked and inspect.getattr_static(value, "__qualname__", None) is None:
        return None
    return getattr(value, "__qualname__", None)


def fingerprint(definition: object) -> str:
    """Return a digest of what a class or function does: bases, code and constants.

    Positions, comments, docstrings and file names do not count, and of a class's attributes neither do those
    that its own methods assign: those are state, and a class stays the same class while it counts instances.
    In a step, what it held at first counts (see `holdings`): later changes are handed on apart.
    """
    hasher = blake3()
    for part in _definition_parts(definition, set()):
        hasher.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return hasher.hexdigest()[:32]


def _definition_parts(definition: object, seen: set[int]) -> Iterator[str]:
    if id(definition) in seen:
        yield "again"
        return
    seen.add(id(definition))
    if isinstance(definition, type):
        yield from _class_parts(definition, seen)
    elif isinstance(definition, FunctionType):
        yield from _function_parts(definition, seen)
    else:
        yield repr(definition)


def _class_parts(cls: type, seen: set[int]) -> Iterator[str]:
    yield f"class {cls.__qualname__} of {type(cls).__qualname__}"
    for base in cls.__bases__:
        yield f"base {base.__module__}.{base.__qualname__}"
        if definition_name(base):
            yield from _definition_parts(base, seen)
    attributes = attributes_at_first(cls)
    functions = [function for attribute in attributes.values() for function in functions_of(attribute)]
    assigned = {name for function in functions for name in _assignments(function.__code__)}
    for name, attribute in sorted(attributes.items()):
        if name not in IGNORED_ATTRIBUTES and name not in assigned:
            yield f"attribute {name}"
            yield from _attribute_parts(attribute, seen)


def _attribute_parts(attribute: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(attribute, Enum):
        attribute = attribute.value
    is_own_class = isinstance(attribute, type) and definition_name(attribute)
    parts = list(functions_of(attribute)) or ([attribute] if is_own_class else [])
    for part in parts:
        yield from _definition_parts(part, seen)
    if not parts:
        yield _constant(attribute) if _is_simple(attribute) else type(attribute).__qualname__


def _function_parts(function: FunctionType, seen: set[int]) -> Iterator[str]:
    yield f"function {function.__qualname__}"
    yield from _code_parts(function.__code__)
    first = function_at_first(function)
    yield " ".join(_constant(value) for value in (*first.defaults, *first.named_defaults.items()))
    for content in first.closure:
        if isinstance(content, FunctionType):
            yield from _definition_parts(content, seen)
        else:
            yield _constant(content)


@lru_cache(maxsize=4096)
def _code_parts(code: CodeType) -> tuple[str, ...]:
    """Return what the code does, whatever place its constants have among the others."""
    head = f"code {code.co_name} {code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount}"
    parts = [head, f"{code.co_flags & _OWN_FLAGS} {code.co_varnames}"]
    for instruction in dis.get_instructions(code):
        if isinstance(instruction.argval, CodeType):
            parts.extend(_code_parts(instruction.argval))
        else:
            parts.append(f"{instruction.opname} {_constant(instruction.argval)}")
    return tuple(parts)


@lru_cache(maxsize=4096)
def _assignments(code: CodeType) -> tuple[str, ...]:
    names: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "STORE_ATTR":
            names.append(str(instruction.argval))
        elif isinstance(instruction.argval, CodeType):
            names.extend(_assignments(instruction.argval))
    return tuple(names)


def _is_simple(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_is_simple, value))  # pyright: ignore[reportUnknownArgumentType] - elements are checked
    return type(value) in _SIMPLE


def _constant(value: Any) -> str:
    """Return a text that is the same in every process; of values that are not simple just the type."""
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(_constant, value))}"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"  # pyright: ignore[reportUnknownArgumentType]
    if type(value) in _SIMPLE:
        return repr(value)
    return f"{type(value).__module__}.{type(value).__qualname__}"
