"""Declared parameters -> arguments of the pipeline's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.export.clearml.engine import CLEARML
from jupyter_pipes.export.plain.parameters import Declared, declared
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.parameter_types import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_pipes.pipelines.parameters import Parameter

_KINDS = (bool, int, float, str, list, dict)


def clearml_parameter(parameter: Parameter) -> Declared:
    """Return what a parameter is, where ClearML keeps its type.

    Raises:
        NotebookError: it keeps none such; the message names the parameter and its cell.
    """
    told = declared(parameter, CLEARML.name)
    if told.kind not in _KINDS or told.is_optional:
        kind = f"{told.kind.__name__}{' or None' if told.is_optional else ''}"
        raise NotebookError(
            f"parameter {told.name} (cell {parameter.cell}, line {parameter.spec.line}) cannot be exported "
            f"to ClearML: it hands on no {kind} as such; declare text, and make the value in a cell"
        )
    return told


def signature(parameters: Iterable[Declared]) -> str:
    """Return the arguments, with the types that ClearML casts texts of its form to."""
    return ", ".join(f"{each.name}: {each.kind.__name__} = {each.source}" for each in parameters)


def described(parameters: Iterable[Parameter]) -> str:
    """Return what each parameter is and what is allowed, as lines."""
    words = {each.name: "; ".join(filter(None, (each.help, allowed(each.type)))) for each in parameters}
    return "\n".join(f"- {name}: {text}" for name, text in words.items())
