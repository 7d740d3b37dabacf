"""How functions made inside functions are pickled: what they share in their closures stays shared."""

from __future__ import annotations

from types import CellType, FunctionType, ModuleType
from typing import Any

from cloudpickle import cloudpickle
from msgspec import Struct

from jupyter_pipes.storage.serializers import restoring


class ModuleInCode(Struct, eq=False):
    """Stands for a module that a function uses, which is fine, as a module kept as a value is not."""

    module: ModuleType


def reduced_function(function: FunctionType, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what cloudpickle makes of a function, with its modules marked and the cells of its closure.

    cloudpickle gives each function cells of its own with the same contents: two functions that count in one
    `nonlocal` variable would count apart.
    """
    make, arguments, (attributes, slots), *rest = reduced
    slots["__globals__"] = {name: _marked(value) for name, value in slots["__globals__"].items()}
    slots["_cloudpickle_submodules"] = list(map(_marked, slots["_cloudpickle_submodules"]))
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
    return make, (), (_marked(contents),), None, None, restoring.fill_cell


def _marked(value: Any) -> Any:
    return ModuleInCode(value) if isinstance(value, ModuleType) else value
