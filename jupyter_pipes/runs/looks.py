"""A look inside a kept value, as a notebook shows values; the value itself is loaded and let go."""

from __future__ import annotations

import base64
import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_pipes.storage.previews import PATIENCE, within

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.results import ArtifactRef

_SHOWN_WHOLE = ("pandas", "polars", "numpy", "pyarrow")
"""Packages whose values are cheap to load and cut themselves short when they are shown."""

_FIGURE = "matplotlib.figure.Figure"


def preview(artifact: ArtifactRef, workspace: Workspace) -> dict[str, Any]:
    """Return a look inside an artifact as a MIME bundle: frames and figures as IPython shows them.

    Of a store that others could have written, nothing is loaded: what was noted of the value is all there is.
    """
    noted = {"text/plain": artifact.preview}
    if not workspace.is_trusted:
        return noted
    if artifact.type == _FIGURE:
        with _no_new_figures():
            return {"image/png": _as_png(workspace.store.get(artifact))}
    return _formatted(workspace.store.get(artifact)) or noted if _is_shown_whole(artifact) else noted


def _is_shown_whole(artifact: ArtifactRef) -> bool:
    return artifact.type.split(".")[0] in _SHOWN_WHOLE


def _formatted(value: object) -> dict[str, Any]:
    """Return a value as IPython shows it; nothing if elements of a class of the notebook's take too long."""
    from IPython.core.formatters import DisplayFormatter

    formatter: Any = DisplayFormatter()
    try:
        data: dict[str, Any] = within(PATIENCE, lambda: formatter.format(value))[0]
    except TimeoutError:
        return {}
    return {kind: content for kind, content in data.items() if kind in ("text/html", "text/plain")}


@contextmanager
def _no_new_figures() -> Generator[None]:
    """Leave the list of figures of pyplot as it is: one that was made by it puts itself there when loaded."""
    import matplotlib.pyplot as plt

    plot: Any = plt

    before = plot.get_fignums()
    try:
        # Else it would be drawn, in a window or under the cell.
        with plot.ioff():
            yield
    finally:
        for number in set(plot.get_fignums()) - set(before):
            plot.close(number)


def _as_png(figure: Any) -> str:
    """Return a matplotlib figure as base64 text of a PNG, drawn without a window."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    return base64.b64encode(picture.getvalue()).decode("ascii")
