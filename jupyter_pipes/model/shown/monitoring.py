"""What a step's `--monitor` puts on its run as well."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal, get_args

Kind = Literal["metric", "artifact", "model"]


def check_monitored(text: str) -> str:
    """Return what `--monitor` was told, `metric:val_*`.

    Raises:
        ValueError: it is nothing that can be put on a run.
    """
    kind, colon, name = text.partition(":")
    if kind not in get_args(Kind) or not colon or not name:
        raise ValueError("use metric:NAME, artifact:NAME or model:NAME, with wildcards such as val_*")
    return text


def is_monitored(said: Sequence[str], kind: Kind, name: str) -> bool:
    """Return whether `--monitor` puts what has this name on the run."""
    return any(fnmatchcase(f"{kind}:{name}", each) for each in said)
