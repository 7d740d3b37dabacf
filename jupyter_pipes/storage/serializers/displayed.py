"""Figures as steps displayed them: the very bundle that is kept as an output, read and never written."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.model.results import FIGURE
from jupyter_pipes.storage.serializers.base import Serialized

_PICTURES = {
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
}
"""Form of a picture, the preferred first -> how its files end."""

_CHARTS = ("application/vnd.plotly.", "application/vnd.vega.", "application/vnd.vegalite.")
"""How the forms of charts begin that a front end draws from data."""


def form_of(data: Mapping[str, object]) -> str | None:
    """Return the MIME type by which what was displayed is a figure; None if it is none."""
    charts = (form for form in data if form.startswith(_CHARTS))
    return next((form for form in (*_PICTURES, *charts) if form in data), None)


class DisplayedFigure:
    """A figure as a step displayed it; as the last expression of a cell it is displayed so again.

    Attributes:
        form: its MIME type.
        data: MIME type -> all that was displayed.
        metadata: as Jupyter has it, of size and the like.
    """

    def __init__(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        self.form = form_of(data) or ""
        self.data, self.metadata = data, metadata

    def __repr__(self) -> str:
        return f"<figure, {self.form}>"

    def _repr_mimebundle_(self, **_: object) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return self.data, self.metadata

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, and no chart that a front end draws from data."""
        return self.form in _PICTURES

    @property
    def ending(self) -> str:
        """How a file with its content ends."""
        return _PICTURES.get(self.form, ".json")

    @property
    def content(self) -> bytes:
        """The bytes of the picture, or the chart's data as JSON."""
        shown = self.data[self.form]
        if not self.is_picture:
            return msgspec.json.encode(shown)
        return shown.encode() if self.form == "image/svg+xml" else base64.b64decode(shown)

    def write(self, path: Path) -> None:
        """Write the content to a file."""
        path.write_bytes(self.content)


class DisplayedSerializer:
    """The bundle of an output (`OutputRef`), read as a figure."""

    name = FIGURE

    def accepts(self, value: Any) -> bool:
        """Return False: outputs are kept when they are displayed."""
        return False

    def dump(self, value: DisplayedFigure) -> Serialized:
        """Return the bundle."""
        return Serialized([msgspec.json.encode({"data": value.data, "metadata": value.metadata})])

    def load(self, data: memoryview) -> DisplayedFigure:
        """Return the figure of a bundle."""
        bundle = msgspec.json.decode(data)
        return DisplayedFigure(bundle["data"], bundle["metadata"])
