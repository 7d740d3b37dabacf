"""A function's parameters as keys for their values."""

from __future__ import annotations

import ast
from collections.abc import Callable

from msgspec import Struct

from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.values import PARTS, Value


class Parameters(Struct, frozen=True):
    """Name and key of each parameter: positional ones, others, `*rest` and `**rest_named` ("" if none)."""

    positional: tuple[tuple[str, str], ...]
    keywords: tuple[tuple[str, str], ...]
    rest: str
    rest_named: str


def parameter_keys(arguments: ast.arguments, key: Callable[[str], str]) -> Parameters:
    """Return the parameters of a function; `key` gives the key of a name in its body."""

    def keyed(parameters: list[ast.arg]) -> tuple[tuple[str, str], ...]:
        return tuple((each.arg, key(each.arg)) for each in parameters)

    return Parameters(
        keyed([*arguments.posonlyargs, *arguments.args]),
        keyed(arguments.kwonlyargs),
        key(arguments.vararg.arg) if arguments.vararg else "",
        key(arguments.kwarg.arg) if arguments.kwarg else "",
    )


def parameter_values(parameters: Parameters) -> dict[str, Value]:
    """Return what a function's body knows of its parameters: that they are what somebody hands over."""
    keys = [key for _, key in (*parameters.positional, *parameters.keywords)]
    values = {key: Value(frozenset({key}), frozenset({key + PARTS})) for key in keys}
    for key in filter(None, (parameters.rest, parameters.rest_named)):
        # Made for this call: what is in it is the caller's.
        values[key] = Value(frozenset({key}), frozenset({key + PARTS}), kinds.CONTAINER)
    return values
