"""Declared parameters -> Luigi's."""

from __future__ import annotations

import datetime
import enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from jupyter_pipes.export.luigi.engine import LUIGI, TAKEN_BY_TASKS
from jupyter_pipes.export.plain.parameters import Declared, declared
from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_pipes.pipelines.parameters import Parameter

_CLASSES: dict[type[Any], str] = {
    bool: "BoolParameter",
    int: "IntParameter",
    float: "FloatParameter",
    str: "Parameter",
    list: "ListParameter",
    dict: "DictParameter",
    datetime.date: "DateParameter",
    datetime.datetime: "DateSecondParameter",
    datetime.timedelta: "TimeDeltaParameter",
}
_OPTIONAL = (bool, int, float, str, list, dict)
_FROZEN = (list, dict)
_MODULES = {datetime.date, datetime.datetime, datetime.timedelta}


def luigi_parameter(parameter: Parameter) -> Declared:
    """Return what a parameter is, where Luigi has one like it.

    Raises:
        NotebookError: it has none; the message names the parameter and its cell.
    """
    told = declared(parameter, LUIGI.name)
    why = _why_not(told)
    if why:
        raise NotebookError(
            f"parameter {told.name} (cell {parameter.cell}, line {parameter.spec.line}) cannot be exported "
            f"to Luigi: {why}"
        )
    return told


def _why_not(told: Declared) -> str:
    if told.name in TAKEN_BY_TASKS or told.name.startswith("__"):
        return "a Luigi task has something else under that name; call it otherwise"
    if not _is_known(told.kind) or (told.is_optional and told.kind not in _OPTIONAL):
        return f"Luigi has no parameter for {told.kind.__name__}; declare text, and make the value in a cell"
    if told.is_optional and (told.choices or told.low is not None or told.high is not None):
        return "Luigi's choices and bounds are not for a parameter that may be None"
    if told.kind is datetime.datetime and told.default.microsecond:
        return "Luigi's moments have whole seconds"
    return ""


def _is_known(kind: type[Any]) -> bool:
    return kind in _CLASSES or issubclass(kind, (enum.Enum, PurePath))


def constructor(told: Declared, names: Mapping[str, str], *, is_significant: bool = True) -> str:
    """Return the call that makes the parameter.

    Args:
        told: the parameter.
        names: what the module of the tasks calls what it reads.
        is_significant: whether its value decides where a task keeps its outputs.
    """
    words = {"default": _default(told, names), **_specifics(told, names)}
    if told.help:
        words["description"] = repr(told.help)
    if not is_significant:
        words["significant"] = "False"
    return f"{names['luigi']}.{_class(told)}({', '.join(f'{word}={value}' for word, value in words.items())})"


def argument(told: Declared) -> str:
    """Return how a task gives the parameter's value to a function, as a value of the declared type."""
    value = f"self.{told.name}"
    # Luigi makes tuples and read-only mappings of lists and dictionaries.
    return f"recursively_unfreeze({value})" if told.kind in _FROZEN else value


def needs_thawing(told: Declared) -> bool:
    """Return whether `argument` calls `recursively_unfreeze`."""
    return told.kind in _FROZEN


def modules(told: Declared) -> list[str]:
    """Return the modules of Python that the constructor names."""
    named = ["datetime"] if told.kind in _MODULES else []
    return [*named, *(["operator"] if _has_range(told) else [])]


def _has_range(told: Declared) -> bool:
    return told.low is not None and told.high is not None


def _class(told: Declared) -> str:
    if told.choices:
        return "ChoiceParameter"
    if _has_range(told):
        return "NumericalParameter"
    if issubclass(told.kind, enum.Enum):
        return "EnumParameter"
    if issubclass(told.kind, PurePath):
        return "PathParameter"
    return f"{'Optional' if told.is_optional else ''}{_CLASSES[told.kind]}"


def _default(told: Declared, names: Mapping[str, str]) -> str:
    if isinstance(told.default, enum.Enum):
        return f"{names['steps']}.{told.source}"
    if told.kind in _MODULES:
        return told.source.replace("datetime", names["datetime"], 1)
    return repr(str(told.default)) if isinstance(told.default, PurePath) else told.source


def _specifics(told: Declared, names: Mapping[str, str]) -> dict[str, str]:
    if told.choices:
        kind = {} if told.kind is str else {"var_type": told.kind.__name__}
        return {"choices": repr([*told.choices]), **kind}
    if _has_range(told):
        bounds = {"min_value": repr(told.low), "max_value": repr(told.high)}
        return {"var_type": told.kind.__name__, **bounds, "right_op": f"{names['operator']}.le"}
    if issubclass(told.kind, enum.Enum):
        return {"enum": f"{names['steps']}.{told.kind.__name__}"}
    return {"parsing": f"{names['luigi']}.BoolParameter.EXPLICIT_PARSING"} if told.kind is bool else {}
