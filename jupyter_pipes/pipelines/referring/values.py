"""What options with references come to: before a run by its parameters, the rest when steps have ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from numbers import Real
from typing import Any, cast

from msgspec.structs import replace

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.options.table import BY_FIELD, Option
from jupyter_pipes.pipelines.parameters import lookup_in
from jupyter_pipes.pipelines.references import (
    Lookup,
    Reference,
    escaped,
    fill,
    is_whole,
    references,
    rewritten,
)
from jupyter_pipes.pipelines.step_options import checked

_NO_TEXTS: Mapping[str, str] = {}


def resolved(
    options: StepOptions, values: Mapping[str, Any], step: str, made: Mapping[str, str] = _NO_TEXTS
) -> StepOptions:
    """Return the options of a step for these values of parameters.

    Those that refer to what steps make keep their texts, in `made`, with the parameters filled in.

    Args:
        options: as they were said.
        values: parameter -> its value.
        step: the step's name.
        made: parameter -> what was said of it, of those whose values steps make.

    Raises:
        UsageError: a reference stands for what is not known before a run, or for what does not fit.
    """
    lookup = lookup_in(values, tuple(values))
    known: dict[str, Any] = {}
    opened: dict[str, tuple[str, ...]] = {}
    for field, said in options.referring.items():
        option = BY_FIELD[field]
        if any(each.is_of_step or each.parameter in made for each in references(said)):
            opened[field] = checked(option, said, step, partial(_opened, option, lookup, made))
        else:
            known[field] = checked(option, said, step, partial(converted, option, lookup))
    return replace(options, **known, made=opened)


def converted(option: Option, lookup: Lookup, said: object) -> Any:
    """Return the value of an option by what was said of it.

    Raises:
        ValueError: a reference stands for what is not known yet, for nothing, or for what does not fit.
    """
    filled = fill(said, lookup)
    if filled is UNKNOWN:
        raise _not_known(references(said))
    values = [_as_said(each) for item in _items(filled) for each in _items(item)]
    if option.many and not isinstance(values[0] if len(values) == 1 else None, Mapping):
        return option.convert(values)
    return option.convert(values[0] if len(values) == 1 else filled)


def _opened(option: Option, lookup: Lookup, made: Mapping[str, str], said: object) -> tuple[str, ...]:
    """Return the texts of an option in which only what steps make is yet to be filled in."""
    if option.before_run:
        first = next(each for each in references(said) if each.is_of_step or each.parameter in made)
        raise ValueError(f"{first} is known only when a step has ended, and {option.before_run}")
    rewrite = partial(_known, lookup, made)
    values = [each for text in _items(said) for each in _items(rewritten(text, rewrite))]
    return tuple(map(str, values))


def _known(lookup: Lookup, made: Mapping[str, str], reference: Reference) -> Any:
    """Return what a reference comes to, or the text that it stands for where steps make that."""
    if reference.is_of_step:
        return str(reference)
    if reference.parameter in made:
        return _inside(made[reference.name], reference)
    value = lookup(reference)
    if value is UNKNOWN:
        raise _not_known([reference])
    return (
        [escaped(str(each)) for each in _items(value)]
        if isinstance(value, (list, tuple))
        else escaped(str(value))
    )


def _inside(text: str, reference: Reference) -> str:
    """Return the text of a parameter, with what a reference to it wants of its value."""
    if not reference.path:
        return text
    if not is_whole(text):
        raise ValueError(f"{reference}: {reference.name} is a text: {text}")
    keys = (f".{key}" if str(key).isidentifier() else f"[{key!r}]" for key in reference.path)
    return f"{text[:-1]}{''.join(keys)}}}"


def _not_known(found: Iterator[Reference] | list[Reference]) -> ValueError:
    names = " and ".join(map(str, found))
    return ValueError(f"{names} is known only when a run starts, and options before: give the value (-p)")


def _items(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, (list, tuple)) else [value]


def _as_said(value: object) -> object:
    """Return a number as it would be written in a cell: options that are texts take it so."""
    return str(value) if not isinstance(value, bool) and isinstance(value, Real) else value
