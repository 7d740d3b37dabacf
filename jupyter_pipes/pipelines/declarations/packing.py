"""Values of parameters -> bytes that any process reads: members of a notebook's enumerations go by name."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import JsonValue
from jupyter_pipes.pipelines import arguments
from jupyter_pipes.pipelines.parameter_types import is_notebooks, member, program, to_json


class Packed(Struct, frozen=True):
    """A value that another process made: what it is of may be known there only.

    Attributes:
        content: the value, pickled.
        shown: the value as JSON carries it.
    """

    content: bytes
    shown: JsonValue = None


def pack(values: Mapping[str, object]) -> dict[str, bytes]:
    """Return name -> pickled value.

    Raises:
        ParameterError: a value cannot be pickled.
    """
    return {name: _packed(name, value) for name, value in values.items()}


def packed(name: str, value: object) -> Packed:
    """Return a value as another process takes it.

    Raises:
        ParameterError: it cannot be pickled.
    """
    return Packed(_packed(name, value), to_json(value))


def _packed(name: str, value: object) -> bytes:
    if isinstance(value, Packed):
        return value.content
    stream = io.BytesIO()
    try:
        _Packer(stream, 5).dump(value)
    except Exception as error:  # a class may raise anything when it is to be pickled
        raise ParameterError(
            f"parameter {name}: {arguments.shown(value)} cannot be handed to the process of a step "
            f"({type(error).__name__}: {error}); give what it is made from, such as a path"
        ) from error
    return stream.getvalue()


def shown(value: object) -> JsonValue:
    """Return the value as events and `--json` carry it."""
    return value.shown if isinstance(value, Packed) else to_json(value)


class _Packer(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if not is_notebooks(obj):
            return NotImplemented
        return member, (type(obj).__qualname__, obj.name, program())


def unpack(values: Mapping[str, bytes]) -> dict[str, Any]:
    """Return name -> value."""
    return {name: pickle.loads(value) for name, value in values.items()}
