"""The named parts that decide whether a step runs."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

PartKind = Literal[
    "code",
    "helper",
    "setup",
    "parameter",
    "input",
    "file",
    "module",
    "package",
    "python",
    "environment",
    "variable",
    "repository",
    "container",
    "version",
    "name",
    "condition",
    "map",
    "loop",
]

OWN = "the step's environment"
"""The origin of a package that a step has for itself."""


class Part(Struct, frozen=True, gc=False):
    """One named thing that a step's result depends on.

    Attributes:
        kind: what sort of thing; with `name` it identifies the part.
        name: which one ("lr", "clean_text", "data.csv"); "" where there is only one of the kind.
        digest: equal exactly when the thing counts as unchanged.
        text: the thing for people: source code for a diff, a value's repr, a version.
        origin: the producing step of an input, `OWN` of a package of the step's own environment, else "".
        observed: whether it is no part of what finds a result again: each result says what of it was seen.
    """

    kind: PartKind
    name: str
    digest: str
    text: str = ""
    origin: str = ""
    observed: bool = False
