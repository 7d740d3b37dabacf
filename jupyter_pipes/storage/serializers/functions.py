"""How functions, and generators of theirs, are pickled and come back: in the namespace of who reads them."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from types import CellType, CodeType, FunctionType, GeneratorType, ModuleType
from typing import Any, NamedTuple, cast

from cloudpickle import cloudpickle
from msgspec import Struct

from jupyter_pipes.storage.serializers import restoring

_NOTEBOOK = "__main__"
_namespaces: list[dict[str, Any]] = []
_stored: dict[str, Any] = {}


class ModuleInCode(Struct, eq=False):
    """Stands for a module that a function uses, which is fine, as a module kept as a value is not."""

    module: ModuleType


def reduced_function(function: FunctionType, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what cloudpickle makes of a function, with its modules marked and the cells of its closure.

    cloudpickle gives each function cells of its own with the same contents: two functions that count in one
    `nonlocal` variable would count apart.
    """
    make, arguments, (attributes, slots), *rest = reduced
    slots["__globals__"] = {name: marked(value) for name, value in slots["__globals__"].items()}
    slots["_cloudpickle_submodules"] = list(map(marked, slots["_cloudpickle_submodules"]))
    if function.__closure__:
        *others, _ = arguments
        arguments = (*others, function.__closure__)
        slots["__closure__"] = None
    return make, arguments, (attributes, slots), *rest


def reduced_cell(cell: CellType) -> tuple[Any, ...]:
    """Return how to pickle a cell: empty first, as what it holds may lead back to its function."""
    make: Any = cloudpickle._make_empty_cell  # pyright: ignore[reportPrivateUsage]
    try:
        contents = cell.cell_contents
    except ValueError:  # nothing was bound to the variable yet
        return make, ()
    return make, (), (marked(contents),), None, None, restoring.fill_cell


def marked(value: Any) -> Any:
    """Return a value that code uses, a module so that it can be pickled."""
    return ModuleInCode(value) if isinstance(value, ModuleType) else value


def reduced(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle a module or a generator; None for one that cannot be, and for other values."""
    if isinstance(value, ModuleType):
        return _reduced_module(value)
    if isinstance(value, GeneratorType):
        return _reduced_generator(cast("GeneratorType[Any, Any, Any]", value))
    return None


def _reduced_module(module: ModuleType) -> tuple[Any, ...] | None:
    """Return how to import a module again; None for one that was made while code ran."""
    is_imported = module.__spec__ is not None and sys.modules.get(module.__name__) is module
    return (import_module, (module.__name__,)) if is_imported else None


class Continued(NamedTuple):
    """What makes a generator that goes on where another one stands.

    Attributes:
        function: makes it when it is called.
        arguments: what it is called with, by name.
        names: how it is called, and qualified.
    """

    function: FunctionType
    arguments: dict[str, Any]
    names: tuple[str, str]


def continued(generator: GeneratorType[Any, Any, Any]) -> Continued | None:
    """Return how a generator is made again; None where that is not told: its code has begun.

    One that has not begun is made of its arguments. A generator expression with one `for` begins anew with
    each element: it is made of its iterator, wherever that stands.
    """
    frame, code = generator.gi_frame, generator.gi_code
    has_begun = inspect.getgeneratorstate(generator) != inspect.GEN_CREATED
    if frame is None or generator.gi_running or (has_begun and not _has_one_loop(code)):
        return None
    held = frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    closure = tuple(CellType(*_bound(held, name)) for name in code.co_freevars)
    function = FunctionType(code, frame.f_globals, _OF_GENERATOR, None, closure)
    function.__qualname__ = _OF_GENERATOR
    arguments = {name: held[name] for name in code.co_varnames[:count]}
    return Continued(function, arguments, (generator.__name__, generator.__qualname__))


def _reduced_generator(generator: GeneratorType[Any, Any, Any]) -> tuple[Any, ...] | None:
    """Return how to make a generator again; None for one that has begun."""
    if generator.gi_frame is None:
        return _used_up, (generator.__name__, generator.__qualname__)
    made = continued(generator)
    return None if made is None else (_begun, tuple(made))


_OF_GENERATOR = "<generator>"
"""How functions are called that make generators again: no definition's name."""


@lru_cache(maxsize=4096)
def _has_one_loop(code: CodeType) -> bool:
    loops = sum(instruction.opname == "FOR_ITER" for instruction in dis.get_instructions(code))
    return code.co_name == "<genexpr>" and loops == 1


def _bound(held: dict[str, Any], name: str) -> tuple[Any, ...]:
    return (held[name],) if name in held else ()


def _begun(function: FunctionType, arguments: dict[str, Any], names: tuple[str, str]) -> Any:
    code, values = function.__code__, list(arguments.values())
    named = dict(zip(code.co_varnames[code.co_argcount :], values[code.co_argcount :], strict=False))
    rest: tuple[Any, ...] = ()
    if code.co_flags & inspect.CO_VARKEYWORDS:
        named |= named.pop(list(arguments)[-1])
    if code.co_flags & inspect.CO_VARARGS:
        rest = named.pop(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
    made: Any = function(*values[: code.co_argcount], *rest, **named)
    made.__name__, made.__qualname__ = names
    return made


def _used_up(*names: str) -> Any:
    made: Any = (nothing for nothing in ())
    made.__name__, made.__qualname__ = names
    return made if next(made, None) is None else None


@contextmanager
def shared_with(namespace: dict[str, Any]) -> Generator[None]:
    """Let functions that are loaded meanwhile see `namespace` as their globals.

    What a function saw when it was stored counts only for names that the namespace does not have.
    """
    _namespaces.append(namespace)
    try:
        yield
    finally:
        _namespaces.pop()


def settle() -> None:
    """Give the namespace what functions saw when they were stored; to be called when a value is whole.

    Not before: a class that is only half made would count as the notebook's own.
    """
    for name, value in _stored.items():
        _namespaces[-1].setdefault(name, value)
    _stored.clear()


def _make(code: Any, base: dict[str, Any], name: str | None, defaults: Any, closure: Any) -> FunctionType:
    if _namespaces and base.get("__name__") == _NOTEBOOK:
        return FunctionType(code, _namespaces[-1], name, defaults, closure)
    return cloudpickle._make_function(code, base, name, defaults, closure)  # pyright: ignore


def _fill(function: FunctionType, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    namespace = _namespaces[-1] if _namespaces else None
    if namespace is None or function.__globals__ is not namespace:
        cloudpickle._function_setstate(function, state)  # pyright: ignore
        return
    attributes, slots = state
    for name, value in slots["__globals__"].items():
        _stored.setdefault(name, value)
    builtins = namespace.get("__builtins__")
    cloudpickle._function_setstate(function, (attributes, {**slots, "__globals__": {}}))  # pyright: ignore
    if builtins is not None:
        namespace["__builtins__"] = builtins


MAKERS: dict[tuple[str, str], Callable[..., Any]] = {
    (cloudpickle.__name__, "_make_function"): _make,
    (cloudpickle.__name__, "_function_setstate"): _fill,
}
"""Module and name of what pickles name to make functions -> what does it here."""
