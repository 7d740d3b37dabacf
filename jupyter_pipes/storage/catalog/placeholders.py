"""What stands in braces in the path of a catalog's entry, and what it comes to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.system.patterns import pattern

_BRACES = pattern(r"\{([^{}]*)\}")
_FIXED = ("run", "signature", "step", "name")

Kind = Literal["text", "run", "signature", "step", "name", "params", "env"]

OF_A_RUN: tuple[Kind, ...] = ("run", "signature", "step", "params")
"""What only a run knows."""


class PathPart(Struct, frozen=True):
    """A piece of a path: a text as it is, or what a placeholder stands for.

    Attributes:
        kind: what sort of piece.
        text: the text; of `params` and `env` the name; else "".
    """

    kind: Kind
    text: str = ""


def parts_of(path: str) -> Iterator[PathPart]:
    """Yield the pieces of a path.

    Raises:
        ValueError: there is no such placeholder; the message says what there is.
    """
    for number, piece in enumerate(_BRACES.split(path)):
        if number % 2:
            yield _placeholder(piece)
        elif "{" in piece or "}" in piece:
            raise ValueError(f"the path {path} has a brace without its counterpart")
        elif piece:
            yield PathPart("text", piece)


def _placeholder(text: str) -> PathPart:
    kind, _, name = text.partition(".")
    if kind in _FIXED and not name:
        return PathPart(kind)
    if kind in ("params", "env") and name.isidentifier():
        return PathPart(kind, name)
    meant = f": is {{params.{text}}} meant?" if text.isidentifier() else "."
    raise ValueError(
        f"{{{text}}} is no placeholder{meant} There are {{params.NAME}}, {{name}}, {{step}}, {{run}}, "
        "{signature} and {env.NAME}"
    )


class Filling(Struct, frozen=True):
    """What placeholders of an output's path stand for.

    Attributes:
        run, signature, step, name: of the value that is written.
        params: parameter -> value.
    """

    run: str = ""
    signature: str = ""
    step: str = ""
    name: str = ""
    params: Mapping[str, object] = {}


def filled(path: str, filling: Filling) -> str:
    """Return a path with what its placeholders stand for; those of the environment stay (`with_variables`).

    Raises:
        ConfigurationError: something is not known of this value.
    """
    return "".join(_text_of(part, filling) for part in parts_of(path))


def _text_of(part: PathPart, filling: Filling) -> str:
    if part.kind == "text":
        return part.text
    if part.kind == "env":
        return f"{{env.{part.text}}}"
    if part.kind == "params":
        if part.text not in filling.params:
            there = ", ".join(filling.params) or "none"
            raise ConfigurationError(f"there is no parameter {part.text}; there are: {there}")
        return str(filling.params[part.text])
    values: dict[str, str] = {
        "run": filling.run,
        "signature": filling.signature[:16],
        "step": filling.step,
        "name": filling.name,
    }
    if not values[part.kind]:
        raise ConfigurationError(f"{{{part.kind}}} is not known of this value")
    return values[part.kind]


def with_variables(path: str) -> str:
    """Return a path with the values of environment variables that it names: to be used, never to be told.

    Raises:
        ConfigurationError: one is not set.
    """
    return re.sub(r"\{env\.(\w+)\}", lambda match: _variable(match[1]), path)


def masked(text: str, path: str) -> str:
    """Return a text without the values of the environment variables that a path names."""
    for name in re.findall(r"\{env\.(\w+)\}", path):
        value = os.environ.get(name)
        text = text.replace(value, "***") if value else text
    return text


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ConfigurationError(f"the environment variable {name} is not set")
    return value


def is_any(path: str, *kinds: Kind) -> bool:
    """Return whether a path has a placeholder of one of these kinds."""
    return any(part.kind in kinds for part in parts_of(path))
