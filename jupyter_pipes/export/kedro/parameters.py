"""Declared parameters -> `parameters.yml`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.export.kedro.engine import KEDRO
from jupyter_pipes.export.plain.parameters import declared
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.parameter_types import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_pipes.pipelines.parameters import Parameter

_WORDS = ("yes", "no", "on", "off", "true", "false", "null")
"""What YAML takes for something else than text."""

_KINDS = (bool, int, float, str, list, dict)


def parameters_text(parameters: Iterable[Parameter], origin: str) -> str:
    """Return the file: each parameter with its help and what is allowed as comments, and its default.

    Args:
        parameters: the declared parameters.
        origin: where the file comes from, in words.

    Raises:
        NotebookError: YAML has no such value; the message names the parameter and its cell.
    """
    entries = [_entry(parameter) for parameter in parameters]
    return "\n".join([f"# {origin}", *entries])


def key(name: str) -> str:
    """Return a name as YAML takes it for a key."""
    return json.dumps(name) if name.lower() in _WORDS else name


def _entry(parameter: Parameter) -> str:
    told = declared(parameter, KEDRO.name)
    value = _yaml(told.default) if told.kind in _KINDS else None
    if value is None:
        raise NotebookError(
            f"parameter {told.name} (cell {parameter.cell}, line {parameter.spec.line}) cannot be exported "
            f"to Kedro: YAML has no {told.kind.__name__}; declare text, and make the value in a cell"
        )
    comments = [*(["# " + told.help] if told.help else []), f"# {allowed(parameter.type)}"]
    return "\n".join([*comments, f"{key(told.name)}: {value}", ""])


def _yaml(value: Any) -> str | None:
    """A value as YAML in one line; None for what YAML has not."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return _number(value)
    return _collection(value)


def _collection(value: Any) -> str | None:
    if type(value) is list:
        items = [_yaml(each) for each in cast("list[Any]", value)]
        return None if None in items else f"[{', '.join(filter(None, items))}]"
    if type(value) is dict:
        pairs = [(_yaml(key), _yaml(each)) for key, each in cast("dict[Any, Any]", value).items()]
        return (
            None
            if any(None in pair for pair in pairs)
            else f"{{{', '.join(f'{key}: {each}' for key, each in pairs)}}}"
        )
    return None


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    # Without a dot YAML takes it for text.
    return text if not e or "." in mantissa else f"{mantissa}.0e{exponent}"
