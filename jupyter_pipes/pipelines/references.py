"""`${params.n}`, `${load.df.rows}`: references; this version refuses them, for nobody wants that text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

_REFERENCE = re.compile(r"\$\{[^{}]*\}")


def refuse_references(value: object) -> None:
    """Refuse a text, or a collection with one, that has a reference in it.

    Raises:
        ValueError: it has one.
    """
    if isinstance(value, str):
        if match := _REFERENCE.search(value):
            raise ValueError(f"references such as {match[0]} are not known to this version; write the value")
    elif isinstance(value, Mapping):
        for pair in cast("Mapping[object, object]", value).items():
            refuse_references(pair)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in cast("Iterable[object]", value):
            refuse_references(item)
