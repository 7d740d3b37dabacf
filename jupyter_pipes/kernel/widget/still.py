"""The still of a run in a cell's output: what saved notebooks and nbconvert show."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from html import escape
from typing import Any, cast

from jupyter_pipes.display.graph.picture import svg
from jupyter_pipes.display.heading import HEADING_CSS, heading_html
from jupyter_pipes.display.looks import NOTHING, spoken
from jupyter_pipes.display.text import steps_text
from jupyter_pipes.display.theme import theme_css
from jupyter_pipes.model.quantities import time_text
from jupyter_pipes.model.views import RunView

_INTERVAL = 1.0
_STEPS_PER_SECOND = 100

# The live widget's output stands right before the still's. While it is on the page, the still is hidden;
# once it is dead ("model not found"), the dead one is. The list is for readers; where a sanitizer takes the
# style and the drawing away, it is all there is, and visible.
_CSS = """
.jp-OutputArea-child:not(:has(.jupyter-pipes-live,.jupyter-pipes-static)):has(+.jp-OutputArea-child
 .jupyter-pipes-static){display:none}
.jupyter-pipes-static>ul{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
 white-space:nowrap;margin:0;padding:0}
.jupyter-pipes-static{position:relative}
.jupyter-pipes-static>.heading{padding:0 0 6px}
"""


def still_bundle(view: RunView, stale: Mapping[str, str] = NOTHING, live: str = "") -> dict[str, str]:
    """Return the run as a MIME bundle that shows its last statuses anywhere, without a kernel or scripts.

    Args:
        view: the run.
        stale: stale step -> why.
        live: class of the live widget that stands for it where there is one.
    """
    picture = svg(view, stale=stale)
    steps = "".join(f"<li>{escape(spoken(step, stale))}</li>" for step in tuple(view.steps.values()))
    marked = len(stale.keys() & view.steps.keys())
    html = (
        f"<style>{theme_css()}{HEADING_CSS}{_CSS}{_instead_css(live) if live else ''}</style>"
        f'<div class="jupyter-pipes jupyter-pipes-static" data-live="{live}">'
        f"{heading_html(view, stale=marked)}"
        f"{picture}<ul>{steps}</ul>{_moment_html(view)}</div>"
    )
    return {"text/html": html, "image/svg+xml": picture, "text/plain": steps_text(view, stale)}


def _instead_css(live: str) -> str:
    """Return the rule that hides the still on a page that has its live widget, in whatever front end."""
    still = f'.jupyter-pipes-static[data-live="{live}"]'
    return f":root:has(.{live}) :is({still},.jp-OutputArea-child:has({still})){{display:none}}"


def _moment_html(view: RunView) -> str:
    """Return when a run under way stood so; a saved notebook may never hear of its end."""
    if not view.started or view.status.is_final:
        return ""
    return f"<div class='quiet'>{view.status} at {time_text(time.time())[:-3]}</div>"


class Still:
    """An output that shows the run's last statuses, brought up to date now and then.

    It stands in the notebook's file, so it is renewed at most once a second, large ones more rarely, and
    always when the run ends.

    Args:
        live: class of the live widget that stands for it where there is one.
    """

    def __init__(self, live: str) -> None:
        self._live = live
        self._id = uuid.uuid4().hex
        self._shown: dict[str, str] | None = None
        self._due = 0.0

    def show(self, view: RunView, stale: Mapping[str, str]) -> None:
        """Display it as an output of the running cell."""
        from IPython import display

        self._shown = still_bundle(view, stale, self._live)
        cast("Any", display).display(self._shown, raw=True, display_id=self._id)

    def update(self, view: RunView, stale: Mapping[str, str]) -> None:
        """Bring the output up to date, if it was shown and is due or no run is going on."""
        goes_on = view.started > 0 and not view.status.is_final
        if self._shown is None or (goes_on and time.monotonic() < self._due):
            return
        bundle = still_bundle(view, stale, self._live)
        if bundle != self._shown:
            self._publish(bundle)
        self._due = time.monotonic() + _INTERVAL * max(len(view.steps) / _STEPS_PER_SECOND, 1.0)

    def settle(self, view: RunView, stale: Mapping[str, str]) -> None:
        """Bring the output up to date whatever was sent before: some front ends drop what a thread sends."""
        if self._shown is not None:
            self._publish(still_bundle(view, stale, self._live))

    def _publish(self, bundle: dict[str, str]) -> None:
        from IPython import display

        self._shown = bundle
        cast("Any", display).update_display(bundle, raw=True, display_id=self._id)
