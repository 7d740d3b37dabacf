"""Runs what reading `%%params` cells does not tell: in a process of a run, or in the notebook's kernel."""

from __future__ import annotations

import builtins
import copy
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.declarations.reading import failed, quoted
from jupyter_pipes.pipelines.declarations.surroundings import failed as failed_statement
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_statements
from jupyter_pipes.pipelines.parameter_types import is_notebooks
from jupyter_pipes.pipelines.parameters import TYPE_NAMES, Parameter, type_of


class Evaluation:
    """Runs types and defaults of parameters: what `parameters.bind` asks for.

    A default is run again only for other values of what it reads.

    Args:
        names_of: returns the names that a parameter's cell uses of earlier cells.
    """

    def __init__(self, names_of: Callable[[Parameter], Mapping[str, Any]]) -> None:
        self._names_of = names_of
        self._defaults: dict[str, tuple[dict[str, Any], Any]] = {}
        self.current: Parameter | None = None

    def __call__(
        self, parameter: Parameter, earlier: Mapping[str, Any], overrides: Mapping[str, object]
    ) -> Any:
        """Return the value of a parameter.

        Raises:
            ParameterError: its type or default fails, or what it is given does not fit.
        """
        return self.typed(parameter, earlier, overrides).default

    def typed(
        self, parameter: Parameter, earlier: Mapping[str, Any], overrides: Mapping[str, object]
    ) -> Parameter:
        """Return the declaration with its type, and with its value as default.

        Raises:
            ParameterError: as for a call.
        """
        self.current = parameter
        names = {**vars(builtins), **TYPE_NAMES, **self._names_of(parameter)}
        names |= {name: _as_here(value, names) for name, value in earlier.items()}
        kind = self._type(parameter, names)
        override = overrides.get(parameter.name)
        default = UNKNOWN
        if kind is UNKNOWN or parameter.name not in overrides:
            default = self._default(parameter, earlier, names)
            kind = type_of(default) if kind is UNKNOWN else kind
        if parameter.name not in overrides:
            return parameter.typed(kind, default)
        typed = parameter.typed(kind, UNKNOWN)
        typed.default = typed.parsed(override) if isinstance(override, str) else typed.fitted(override)
        return typed

    def _type(self, parameter: Parameter, names: dict[str, Any]) -> Any:
        text = parameter.spec.annotation
        if parameter.type is not UNKNOWN or not text:
            return parameter.type
        what = f"the type of parameter {parameter.name}"
        kind = _run(what, text, parameter.spec.line, names)
        return _run(what, kind, parameter.spec.line, names) if isinstance(kind, str) else kind

    def _default(self, parameter: Parameter, earlier: Mapping[str, Any], names: dict[str, Any]) -> Any:
        read = {name: earlier[name] for name in parameter.reads}
        before, value = self._defaults.get(parameter.name, ({}, UNKNOWN))
        if value is UNKNOWN or not all(_are_equal(before[name], each) for name, each in read.items()):
            what = f"the default of parameter {parameter.name}"
            value = _run(what, parameter.spec.default, parameter.spec.line, names)
            self._defaults[parameter.name] = copy.deepcopy(read), value
        return copy.deepcopy(value)


def run_surroundings(cell: Cell, cells: Sequence[Cell]) -> dict[str, Any]:
    """Run the statements of earlier cells that a `%%params` cell needs; return the names that they bind.

    Raises:
        ParameterError: one of them fails.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for statement in surrounding_statements(cell, cells):
        try:
            exec(compile(statement.source, "<notebook>", "exec"), namespace)
        except (Exception, SystemExit) as error:  # user's code may raise anything
            raise failed_statement(statement, error) from error
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def _run(what: str, text: str, line: int, names: dict[str, Any]) -> Any:
    try:
        quoted(text)
        return eval(compile(f"({text}\n)", "%%params", "eval"), dict(names))
    except ParameterError:
        raise
    except (Exception, SystemExit) as error:  # user's code may raise anything
        raise failed(what, line, error) from error


def _as_here(value: Any, names: Mapping[str, Any]) -> Any:
    """Return the member of the enumeration that stands among the names for the one that was read."""
    kind = names.get(type(value).__qualname__)
    if is_notebooks(value) and isinstance(kind, enum.EnumMeta):
        return cast("Any", kind)[value.name]
    return value


def _are_equal(before: Any, now: Any) -> bool:
    try:
        return type(before) is type(now) and bool(before == now)
    except Exception:  # arrays and users' classes have ideas of their own of equality
        return False
