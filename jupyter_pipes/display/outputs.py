"""What steps displayed, as HTML: the richest form of each output that needs no front end's own renderer."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import escape
from typing import Any, TypedDict, cast

from jupyter_pipes.display.ansi import ansi_html, terminal_tail

MimeBundle = Mapping[str, Any]
"""MIME type -> what a front end is to show, as in nbformat's `data`."""


class Output(TypedDict):
    """A rich output as nbformat keeps it: its MIME bundle, and sizes and the like by MIME type."""

    data: MimeBundle
    metadata: Mapping[str, Any]


_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SHOWN = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "text/latex",
    *_IMAGES,
    "application/json",
    "text/plain",
)
_TABLES = frozenset({"application/vnd.dataresource+json"})


def needs_renderer(bundle: MimeBundle) -> bool:
    """Whether a MIME bundle needs a front end's own renderer (vega, plotly, widgets, JavaScript)."""
    return any(
        (mime.startswith("application/vnd.") and mime not in _TABLES)
        or mime in ("application/javascript", "application/geo+json")
        for mime in bundle
    )


def bundle_html(output: Output) -> str:
    """Return a rich output as HTML: the richest of its types that HTML can carry, or "" if it has none.

    HTML that a step displayed stays HTML, as in any output of Lab; everything else is escaped or an image.
    """
    data = output["data"]
    mime = next((mime for mime in _SHOWN if mime in data), None)
    return _embedded(mime, data[mime], output["metadata"].get(mime, {})) if mime else ""


def _embedded(mime: str, value: Any, metadata: Any) -> str:
    text = "".join(cast("list[str]", value)) if isinstance(value, list) else value
    if mime == "text/html":
        return f"<div>{text}</div>"
    if mime == "text/markdown":
        return _markdown(str(text))
    if mime == "text/latex":
        return f"<div>{escape(str(text))}</div>"
    if mime == "image/svg+xml":
        return _image(mime, base64.b64encode(str(text).encode()).decode(), metadata)
    if mime in _IMAGES:
        return _image(mime, re.sub(r"\s", "", str(text)), metadata)
    if mime == "application/json":
        import json

        return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
    return f"<pre>{ansi_html(terminal_tail(str(text)))}</pre>"


def _markdown(source: str) -> str:
    from markdown_it import MarkdownIt

    return f"<div>{MarkdownIt('commonmark', {'html': False}).enable('table').render(source)}</div>"


def _image(mime: str, encoded: str, metadata: Any) -> str:
    sizes = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    sides = {side: sizes.get(side) for side in ("width", "height")}
    attributes = "".join(
        f' {side}="{size}"' for side, size in sides.items() if isinstance(size, (int, float))
    )
    return f'<img alt="output" src="data:{mime};base64,{escape(encoded)}"{attributes}>'
