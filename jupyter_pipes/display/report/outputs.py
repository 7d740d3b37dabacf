"""What a step displayed, in a page that runs no scripts and loads nothing: sanitised, or its plain form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.display.html import text_html
from jupyter_pipes.display.kept.opened import displayed
from jupyter_pipes.display.outputs import Output, bundle_html
from jupyter_pipes.model.quantities import bytes_text

if TYPE_CHECKING:
    from jupyter_pipes.model.views import AttemptView
    from jupyter_pipes.runs.run import Run

_LONGEST = 100_000
"""Characters of one output that is no picture."""

_SCRIPT = re.compile("<script", re.IGNORECASE)
_TAG = re.compile("<[^>]*>")
_PICTURE = "image/"
_STYLE = frozenset(
    (
        *("color", "background", "background-color", "border", "font-weight", "font-style", "font-size"),
        *("text-align", "text-decoration", "vertical-align", "white-space", "width", "padding", "margin"),
    )
)
_ATTRIBUTES = {"class", "title", "style", "open", "colspan", "rowspan", "scope", "align", "valign"}


def outputs_html(run: Run, attempt: AttemptView, room: int) -> str:
    """Return what an attempt displayed, in order.

    Args:
        run: the run that shows it.
        attempt: the attempt.
        room: characters for all outputs that are no pictures; of those that find none, it is said so.
    """
    return "".join(_outputs(run, attempt, room))


def _outputs(run: Run, attempt: AttemptView, room: int) -> Iterator[str]:
    for output in displayed(run, attempt.outputs):
        html = output_html(output)
        size = 0 if _is_picture(output) else len(html)
        if size > min(room, _LONGEST):
            yield _left_out(f"an output of {bytes_text(size)} is too large for this report")
        else:
            room -= size
            yield f'<div class="output">{html}</div>'


def output_html(output: Output) -> str:
    """Return an output as HTML that runs nothing and loads nothing; words where nothing is left of it."""
    data = {mime: content for mime, content in output["data"].items() if not _needs_renderer(mime)}
    if _SCRIPT.search(_text(data.get("text/html", ""))) and _says_something(data):
        del data["text/html"]
    html = bundle_html({"data": data, "metadata": output["metadata"]})
    if any(mime in data for mime in ("text/html", "text/markdown")):
        html = sanitised(html)
    is_seen = "<img" in html or _TAG.sub("", html).strip()
    return html if is_seen else _left_out("an output that needs scripts: JupyterLab shows it")


def sanitised(html: str) -> str:
    """Return HTML with neither scripts, style sheets nor what is loaded from elsewhere, and with all ends."""
    import nh3

    attributes = {**nh3.ALLOWED_ATTRIBUTES, "*": _ATTRIBUTES}
    return nh3.clean(
        html,
        attributes=attributes,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=set(_STYLE),
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href" and value.lower().lstrip().startswith("data:"):
        return None
    is_loaded = tag == "img" and name == "src" and not value.startswith("data:image/")
    # Colours of a page may be loaded as well: `background:url(…)`.
    return None if is_loaded or (name == "style" and "url(" in value.lower()) else value


def _needs_renderer(mime: str) -> bool:
    return mime.startswith("application/") and mime != "application/json"


def _says_something(data: Mapping[str, Any]) -> bool:
    """Return whether an output that is HTML with scripts has another form that tells what it is."""
    text = _text(data.get("text/plain", ""))
    is_repr = text.startswith("<") and text.endswith(">")
    return any(mime.startswith(_PICTURE) for mime in data) or (bool(text) and not is_repr)


def _is_picture(output: Output) -> bool:
    data: Mapping[str, Any] = output["data"]
    return any(mime.startswith(_PICTURE) for mime in data) or "<img" in _text(data.get("text/html", ""))


def _text(content: Any) -> str:
    return "".join(cast("list[str]", content)) if isinstance(content, list) else str(content)


def _left_out(words: str) -> str:
    return f'<div class="output quiet">({text_html(words)})</div>'
