"""JSON of facts and messages, whatever text is in them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

_encoder = msgspec.json.Encoder()


def encode_json(value: object) -> bytes:
    """Return a struct or JSON data as one JSON document; text that is no Unicode is written escaped."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_printable(msgspec.to_builtins(value)))


def _printable(value: Any) -> Any:
    """Return JSON data with the lone surrogates in it escaped: they come from file names and broken text."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(held) for key, held in cast("dict[str, Any]", value).items()}
    return list(map(_printable, cast("list[Any]", value))) if isinstance(value, list | tuple) else value
