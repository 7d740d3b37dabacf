"""How functions are pickled and come back: with the cells they share, in the namespace of who reads them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from types import CellType, FunctionType, ModuleType
from typing import Any

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


def reduced_module(module: ModuleType) -> tuple[Any, ...] | None:
    """Return how to import a module again; None for one that was made while code ran."""
    is_imported = module.__spec__ is not None and sys.modules.get(module.__name__) is module
    return (import_module, (module.__name__,)) if is_imported else None


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
