"""What a parameter with `${load.df.rows}` comes to, in the process of a step that reads it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from jupyter_pipes.analysis.states import metrics_of
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import CodePiece
from jupyter_pipes.pipelines.arguments import shown
from jupyter_pipes.pipelines.parameter_types import allowed, fit
from jupyter_pipes.pipelines.references import METRICS, Lookup, Reference, fill

ANY = ""
"""The kind of a parameter that takes any value."""

_LABEL = "parameter "

_MOST_KEYS = 10
"""Of a mapping's keys, how many are told to whom it has not the one that was asked for."""


def label_of(parameter: str) -> str:
    """Return how the code is called that makes a parameter's value."""
    return f"{_LABEL}{parameter}"


def parameters_made(piece: CodePiece) -> tuple[str, ...]:
    """Return the parameter whose value a piece of code makes; none for code of the notebook."""
    return piece.names if piece.names and piece.label == label_of(piece.names[0]) else ()


def text_made_of(piece: CodePiece) -> str:
    """Return what was said of the parameter whose value the code makes; "" for code of the notebook."""
    match parameters_made(piece) and ast.parse(piece.source).body:
        case [ast.Assign(value=ast.Call(args=[_, ast.Constant(value=str(text)), *_]))]:
            return text
        case _:
            return ""


def value(parameter: str, text: str, kind: str, **made: Any) -> Any:
    """Return what a parameter's text comes to.

    Args:
        parameter: its name.
        text: what was said of it.
        kind: the name of the built-in type that its value must have, or `ANY`.
        made: outputs of steps by name; last values of metrics by `metrics_of` their step.

    Raises:
        ParameterError: an output has no such fact, item or attribute, or the value does not fit.
    """

    def lookup(reference: Reference) -> Any:
        measured = metrics_of(reference.owner)
        if reference.name == METRICS and measured in made:
            return metric(reference, made[measured])
        return item(reference, made[reference.name])

    return filled(parameter, text, kind, lookup)


def filled(parameter: str, text: str, kind: str, lookup: Lookup) -> Any:
    """Return what a parameter's text comes to, by what its references stand for.

    Raises:
        ParameterError: one stands for nothing, or the value does not fit.
    """
    try:
        made = fill(text, lookup)
    except ValueError as error:
        raise ParameterError(f"parameter {parameter}: {error}") from None
    return made if kind == ANY else _fitted(parameter, text, made, getattr(builtins, kind))


def _fitted(parameter: str, text: str, filled: object, kind: type) -> Any:
    try:
        return fit(filled, kind)
    except (ValueError, TypeError):
        message = f"parameter {parameter}: {text} is {shown(filled)}, which does not fit; use {allowed(kind)}"
        raise ParameterError(message) from None


def metric(reference: Reference, measured: Mapping[str, float] | None) -> Any:
    """Return the last value of a metric, or those of all by name; None is what an ignored failure left.

    Raises:
        ValueError: the step did not report it.
    """
    if not reference.path:
        return dict(measured or {})
    name, *others = reference.path
    if others or name not in (measured or {}):
        reported = f"it reported {', '.join(measured)}" if measured else "it reported none"
        raise ValueError(f"{reference}: step {reference.owner} has no such metric; {reported}")
    return (measured or {})[str(name)]


def item(reference: Reference, held: Any) -> Any:
    """Return what a reference means of an output.

    Raises:
        ValueError: the output has no such fact, item or attribute.
    """
    for key in reference.path:
        held = _item(reference, held, key)
    return held


def _item(reference: Reference, held: Any, key: str | int) -> Any:
    """Return an item of a mapping, else a fact, else an attribute or an item, in this order."""
    if isinstance(cast("object", held), Mapping) and key in held:
        return held[key]
    try:
        if key in FACTS:
            return FACTS[str(key)](held)
        return getattr(held, key) if isinstance(key, str) and hasattr(held, key) else held[key]
    except (LookupError, TypeError, AttributeError):
        message = f"{reference}: {type(held).__name__} {reference.name} has no {key}"
        raise ValueError(f"{message}; {_there_is(held)}") from None


def _there_is(held: Any) -> str:
    facts = f"of any output there are {', '.join(FACTS)}, if it has them"
    if not isinstance(held, Mapping) or not held:
        return facts
    keys = [shown(key) for key in cast("Mapping[object, object]", held)]
    more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return f"it has {', '.join(keys[:_MOST_KEYS])}{more}; {facts}"


def _columns(held: Any) -> list[Any]:
    return list(held.columns)


def _shape(held: Any) -> tuple[int, ...]:
    return tuple(held.shape) if hasattr(held, "shape") else (len(held),)


def _type(held: object) -> str:
    return type(held).__name__


FACTS: Mapping[str, Callable[[Any], int | str | Sequence[Any]]] = {
    "rows": len,
    "columns": _columns,
    "shape": _shape,
    "type": _type,
}
"""What can be asked of an output besides its items and attributes: length, names of columns, sizes, class."""
