"""Parameters: their declarations, those of `params={…}`, and overrides -> checked values."""

from __future__ import annotations

import copy
import datetime
import decimal
import enum
import inspect
import pathlib
import typing
from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError
from typing import Any

import msgspec

from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant
from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.graph.order import in_order
from jupyter_pipes.model.steps import ParameterSpec
from jupyter_pipes.pipelines.arguments import as_shown, shown, written
from jupyter_pipes.pipelines.parameter_types import Range, allowed, annotation_of, choices_of, fit, parse
from jupyter_pipes.pipelines.references import (
    RUN_ID,
    Lookup,
    Reference,
    fill,
    is_whole,
    item_of,
    references,
    refers,
    unknown,
)

TYPE_NAMES: dict[str, Any] = {
    **{name: getattr(typing, name) for name in ("Annotated", "Any", "Literal", "Optional", "Union")},
    **{name: getattr(typing, name) for name in ("Dict", "List", "Set", "Tuple")},
    "Decimal": decimal.Decimal,
    "Enum": enum.Enum,
    "Path": pathlib.Path,
    "Range": Range,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
}


class Parameter:
    """A declared parameter of a pipeline.

    Args:
        type: its Python type, such as `int`, `Literal["a", "b"]` or `Annotated[float, Range(0, 1)]`.
        default: its value when nobody overrides it; it must fit the type.
        computed: instead of `default`, a function of earlier parameters, named as its arguments;
            it is called again when one of them is overridden.
        help: what it is, in words.
        spec: the declaration as data, where it was written as source.
        cell: the number of the cell that declares it; 0 for none.

    Type and default are `UNKNOWN` where only running code of a notebook tells them.

    Raises:
        ParameterError: the default does not fit the type.
    """

    def __init__(
        self,
        type: Any = Any,  # noqa: A002 - the word for it, as in argparse and click
        default: Any = None,
        *,
        computed: Callable[..., object] | None = None,
        help: str = "",  # noqa: A002 - the same
        spec: ParameterSpec | None = None,
        cell: int = 0,
    ) -> None:
        self.type = type
        self.computed = computed
        self.cell = cell
        self.spec = spec or ParameterSpec(
            "", annotation_of(type), written(default), help, choices=choices_of(type)
        )
        self.default = default if computed else self.fitted(default)

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, {annotation_of(self.type)}, {self.default!r})"

    @property
    def name(self) -> str:
        """The name that steps read it by."""
        return self.spec.name

    @property
    def help(self) -> str:
        """What it is, in words."""
        return self.spec.help

    @property
    def reads(self) -> tuple[str, ...]:
        """The earlier parameters that its default is computed from."""
        return tuple(inspect.signature(self.computed).parameters) if self.computed else ()

    def value(self, earlier: Mapping[str, object]) -> Any:
        """Return its value when nobody overrides it, given the values of earlier parameters.

        It is `UNKNOWN` where only running code tells it.
        """
        if self.computed is None:
            # A step may change what it gets; the declaration must not.
            return self.copied()
        try:
            value = self.computed(**{name: earlier[name] for name in self.reads})
        except NotConstant:
            return UNKNOWN
        except Exception as error:  # user's code may raise anything
            reason = f"{type(error).__name__}: {error}"
            message = f"the default of parameter {self.name} cannot be computed: {reason}"
            raise ParameterError(message, line=self.spec.line) from error
        return self.fitted(value)

    def fitted(self, value: object) -> Any:
        """Return the value as the declared type wants it; one with references as it is, until it is bound.

        Raises:
            ParameterError: it does not fit, or has a `${…}` that is no reference.
        """
        if refers(value):
            self.refers_to(value)
            return value
        return self._fitted(value)

    def _fitted(self, value: object) -> Any:
        if self.type is UNKNOWN or value is UNKNOWN:
            return UNKNOWN
        try:
            return fit(value, self.type)
        except (ValueError, TypeError, ArithmeticError):
            raise self._misfit(value) from None

    def parsed(self, text: str) -> Any:
        """Return the value that a text means for the declared type; one with references as it is.

        Raises:
            ParameterError: it means none that fits, or has a `${…}` that is no reference.
        """
        if refers(text):
            self.refers_to(text)
            return text
        return self._parsed(text)

    def filled(self, value: object, lookup: Lookup) -> Any:
        """Return the value that one with references comes to.

        Raises:
            ParameterError: one of them stands for nothing, or what it comes to does not fit.
        """
        try:
            meant = fill(value, lookup)
        except ValueError as error:
            raise self.refused(error) from None
        is_text = isinstance(meant, str) and not is_whole(value)
        return self._parsed(meant) if is_text else self._fitted(meant)

    def _parsed(self, text: str) -> Any:
        if self.type is UNKNOWN:
            return UNKNOWN
        try:
            return parse(text, self.type)
        except (ValueError, TypeError, ArithmeticError):
            raise self._misfit(text) from None

    def named(self, name: str) -> Parameter:
        """Return the same declaration under a name."""
        spec = msgspec.structs.replace(self.spec, name=name)
        return Parameter(self.type, self.default, computed=self.computed, spec=spec)

    def typed(self, type: Any, default: Any) -> Parameter:  # noqa: A002 - as above
        """Return the same declaration with what running it told."""
        parameter = Parameter(type, default, computed=self.computed, spec=self.spec, cell=self.cell)
        parameter.default = parameter.fitted(default)
        return parameter

    def with_default(self, value: object) -> Parameter:
        """Return the same declaration with another default.

        Raises:
            ParameterError: it does not fit.
        """
        kind = type_of(value) if self.type is UNKNOWN and not self.spec.annotation else self.type
        parameter = Parameter(kind, UNKNOWN, spec=self.spec, cell=self.cell)
        parameter.default = parameter.fitted(value)
        text = written(value if parameter.default is UNKNOWN else parameter.default)
        parameter.spec = msgspec.structs.replace(self.spec, default=text)
        return parameter

    def copied(self) -> Any:
        """Return a default of one's own.

        Raises:
            ParameterError: it cannot be copied.
        """
        try:
            return copy.deepcopy(self.default)
        except Exception as error:  # a class may raise anything when it is to be copied
            reason = f"{type(error).__name__}: {error}"
            message = f"parameter {self.name}: the default {shown(self.default)} cannot be copied ({reason})"
            raise ParameterError(message, line=self.spec.line) from error

    def refers_to(self, value: object) -> tuple[str, ...]:
        """Return the parameters that a value of it refers to.

        Raises:
            ParameterError: it has a `${…}` that is no reference.
        """
        try:
            return tuple(each.parameter for each in references(value) if each.parameter is not None)
        except ValueError as error:
            raise self.refused(error) from None

    def refused(self, why: object) -> ParameterError:
        """Return the error that tells of a value of it."""
        name = f"parameter {self.name}" if self.name else "a parameter"
        return ParameterError(f"{name}: {why}", line=self.spec.line)

    def _misfit(self, value: object) -> ParameterError:
        return self.refused(f"{shown(value)} does not fit; use {allowed(self.type)}")


def from_mapping(params: Mapping[str, object]) -> tuple[Parameter, ...]:
    """Return the parameters of `Pipeline(…, params={…})`; a plain value is a default of its own type.

    Raises:
        ParameterError: a name that is none, or a default that does not fit.
    """
    parameters: list[Parameter] = []
    values: dict[str, object] = {}
    for name, value in params.items():
        if not name.isidentifier():
            raise ParameterError(f"{shown(name)} is no name for a parameter; use letters, digits and _")
        parameter = value if isinstance(value, Parameter) else Parameter(type_of(value), value)
        parameter = parameter.named(name)
        if parameter.computed is not None:
            parameter.default = parameter.value(values)
        values[name] = UNKNOWN if refers(parameter.default) else parameter.default
        parameters.append(parameter)
    return tuple(parameters)


Evaluate = Callable[[Parameter, Mapping[str, Any], Mapping[str, object]], Any]
"""Runs what a declaration leaves to running: parameter, earlier values, overrides -> value."""


def bind(
    parameters: Sequence[Parameter],
    overrides: Mapping[str, object],
    evaluate: Evaluate | None = None,
    *,
    run: str = "",
) -> dict[str, Any]:
    """Return the value of every parameter, in order of declaration.

    Args:
        parameters: the declared parameters.
        overrides: name -> value; a text is parsed by the declared type. `UNKNOWN` is what is told later.
        evaluate: tells what only running code tells; without it, such a value is `UNKNOWN`.
        run: what `${run.id}` stands for; without it, such a value is `UNKNOWN`.

    Raises:
        ParameterError: an unknown name, a value that does not fit, or references that go round in a circle;
            the message names both.
    """
    names = [parameter.name for parameter in parameters]
    for name in overrides:
        if name not in names:
            raise ParameterError(_unknown(name, names))
    values: dict[str, Any] = {}
    changed: set[str] = set()
    lookup = lookup_in(values, names, run)
    for parameter in _in_order(parameters, overrides):
        is_moved = not changed.isdisjoint(parameter.reads)
        value = _value(parameter, overrides, values, is_moved=is_moved)
        said = overrides
        if refers(value):
            value = parameter.filled(value, lookup)
            said = {**overrides, parameter.name: value}
        if value is UNKNOWN and evaluate is not None:
            value = evaluate(parameter, values, said)
        values[parameter.name] = value
        changed |= {parameter.name} if is_moved or parameter.name in overrides else set()
    return {name: values[name] for name in names}


def lookup_in(values: Mapping[str, Any], names: Sequence[str], run: str = "") -> Lookup:
    """Return what finds the value of a reference among those of parameters.

    Args:
        values: parameter -> its value; more may come to it.
        names: the declared parameters.
        run: the id of the run, "" while there is none.
    """

    def lookup(reference: Reference) -> Any:
        if reference.text == RUN_ID:
            return run or UNKNOWN
        if reference.is_of_step:
            return UNKNOWN
        if reference.parameter is None or reference.parameter not in names:
            raise unknown(reference, names)
        return item_of(reference, values[reference.parameter])

    return lookup


def _in_order(parameters: Sequence[Parameter], overrides: Mapping[str, object]) -> list[Parameter]:
    """Return the parameters so that each stands behind those that it refers to, else as declared."""
    said = {each.name: overrides.get(each.name, each.default) for each in parameters}
    if not any(map(refers, said.values())):
        return list(parameters)
    by_name = {parameter.name: parameter for parameter in parameters}
    upstream = {name: (*by_name[name].reads, *by_name[name].refers_to(value)) for name, value in said.items()}
    try:
        return [by_name[name] for name in in_order(upstream)]
    except CycleError as error:
        cycle: list[str] = error.args[1]
        first = by_name[cycle[0]]
        raise first.refused(f"refers to itself: {' → '.join(reversed(cycle))}") from None


def _value(
    parameter: Parameter, overrides: Mapping[str, object], earlier: Mapping[str, Any], *, is_moved: bool
) -> Any:
    """Return a parameter's value; `is_moved`: it is computed from something that is overridden."""
    override = overrides.get(parameter.name)
    if override is UNKNOWN:
        return UNKNOWN
    if parameter.name in overrides:
        return parameter.parsed(override) if isinstance(override, str) else parameter.fitted(override)
    value = parameter.value(earlier)
    # What was told by running it once holds as long as it would come to the same.
    return parameter.copied() if value is UNKNOWN and not is_moved else value


def split_overrides(
    overrides: Mapping[str, object],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Return the overrides for all steps, and those for one step (`STEP.NAME`) by step."""
    for_all: dict[str, object] = {}
    by_step: dict[str, dict[str, object]] = {}
    for key, value in overrides.items():
        # A step's name may have dots, a parameter's cannot.
        step, dot, name = key.rpartition(".")
        (by_step.setdefault(step, {}) if dot else for_all)[name] = value
    return for_all, by_step


def split_assignment(text: str, flag: str = "-p") -> tuple[str, str]:
    """Return name and value of `-p NAME=VALUE`, or of another option that is written like it.

    Raises:
        UsageError: there is no `=` or no name.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{flag} {text}: write NAME=VALUE or STEP.NAME=VALUE")
    return name.strip(), value


def type_of(default: object) -> Any:
    """Return the type that a parameter has by its default alone; `UNKNOWN` if that is, any by a reference."""
    return Any if default is None or refers(default) else UNKNOWN if default is UNKNOWN else type(default)


def _unknown(name: str, names: list[str]) -> str:
    near = nearest(name, names)
    there_are = f"there are {', '.join(names)}" if names else "the pipeline has none"
    hint = f"did you mean {near}?" if near else there_are
    return f"there is no parameter {as_shown(name)}; {hint}"
