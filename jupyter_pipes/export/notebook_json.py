"""A notebook's JSON: checked by nbformat's schema and written as nbformat writes it, without importing that.

Its import brings jsonschema with the checkers of all its formats: a second, several times the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

_TRANSIENT = ("orig_nbformat", "orig_nbformat_minor", "signature")
_TEXTS = ("application/javascript", "image/svg+xml")
"""MIME types beside `text/…` that are written line by line."""


def check(content: dict[str, Any]) -> None:
    """Make sure that a notebook of nbformat version 4 keeps to nbformat's schema.

    Raises:
        Exception: it does not; nbformat lets errors of all kinds through, where the structure is wrong.
    """
    if not _is_valid(content):
        # It says where and why, and it knows what a version that is newer than its schemas may hold.
        nbformat: Any = import_module("nbformat")
        nbformat.validate(nbformat.reads(json.dumps(content), as_version=4))


def _is_valid(content: dict[str, Any]) -> bool:
    schema_check = _schema_check(content.get("nbformat_minor"))
    if schema_check is None:
        return False
    failure: Any = import_module("fastjsonschema").JsonSchemaException
    try:
        schema_check(content)
    except failure:
        return False
    return True


@cache
def _schema_check(minor: Any) -> Callable[[Any], object] | None:
    """Return what checks a notebook of version 4 and this minor one; None if there is no schema for it."""
    package = find_spec("nbformat")
    assert package is not None
    assert package.origin is not None
    schema = Path(package.origin).parent / "v4" / f"nbformat.v4.{minor}.schema.json"
    if not schema.is_file():
        return None
    compiler: Any = import_module("fastjsonschema")
    return compiler.compile(json.loads(schema.read_text(encoding="utf-8")))


def text_of(content: dict[str, Any]) -> str:
    """Return the text of the file of a notebook, as nbformat writes it; the notebook itself is changed.

    Raises:
        TypeError, ValueError: it holds what JSON does not.
    """
    _drop(content["metadata"], *_TRANSIENT)
    for cell in content["cells"]:
        _drop(cell["metadata"], "trusted")
        cell["source"] = _lines(cell["source"])
        for bundle in _bundles(cell):
            bundle |= {kind: _lines(value) for kind, value in bundle.items() if _is_text(kind)}
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                output["text"] = _lines(output["text"])
    written = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": "))
    return f"{written}\n"


def _drop(metadata: dict[str, Any], *names: str) -> None:
    for name in names:
        metadata.pop(name, None)


def _bundles(cell: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what the cell holds by MIME type: attachments, and what its outputs show."""
    yield from cell.get("attachments", {}).values()
    for output in cell.get("outputs", ()):
        if output["output_type"] in ("execute_result", "display_data"):
            yield output["data"]


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind in _TEXTS


def _lines(text: Any) -> object:
    """Return a text, whole or in pieces, line by line."""
    pieces: list[Any] = cast("list[Any]", text) if isinstance(text, list) else [text]
    if not all(isinstance(piece, str) for piece in pieces):
        return cast("object", text)
    return "".join(pieces).splitlines(keepends=True)
