"""What every document is: a struct that is encoded as JSON."""

from __future__ import annotations

import json
from typing import Any, Self

import msgspec
from msgspec import Struct

from jupyter_pipes.pipelines.parameter_types import finite


class Document(Struct, frozen=True):
    """What `--json` prints, or a part of it."""

    @classmethod
    def of(cls, source: Any, **fields: Any) -> Self:
        """Return the document with these fields, and all others as `source` has them under the same name."""
        others = {name: getattr(source, name) for name in cls.__struct_fields__ if name not in fields}
        return cls(**others, **fields)

    def json(self) -> str:
        """Return it as JSON text; numbers that JSON lacks are words."""
        data = msgspec.to_builtins(self)
        try:
            # Many times as fast as what is told below, which few documents need.
            return msgspec.json.format(json.dumps(data, allow_nan=False), indent=2) + "\n"
        except (ValueError, msgspec.DecodeError):
            # Numbers that JSON lacks, or what a file name that is no UTF-8 becomes in Python.
            return json.dumps(finite(data), indent=2, allow_nan=False) + "\n"
