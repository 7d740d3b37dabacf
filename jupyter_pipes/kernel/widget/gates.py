"""The steps that wait for approval, above the live graph: what each asks, with buttons to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from jupyter_pipes.display.html import text_html
from jupyter_pipes.model.quantities import time_text
from jupyter_pipes.model.views import Gate

OnAnswer = Callable[[str, bool, str], None]
"""Called with the step, whether it may begin, and why, when a button is pressed."""


class GateBar:
    """A line for each gate; made anew when other steps wait.

    Args:
        on_answer: gives the answer; None leaves the buttons disabled.
    """

    def __init__(self, on_answer: OnAnswer | None) -> None:
        import ipywidgets

        self._w = cast("Any", ipywidgets)
        self._on_answer = on_answer
        self._shown: Mapping[str, Gate] = {}
        self.widget: Any = self._w.VBox(layout={"display": "none"})
        self.widget.add_class("jupyter-pipes-gates")

    def show(self, gates: Mapping[str, Gate]) -> None:
        """Show what is asked now; nothing is sent when it stays the same."""
        if gates == self._shown:
            return
        self._shown = dict(gates)
        before, self.widget.children = self.widget.children, tuple(map(self._line, gates, gates.values()))
        self.widget.layout.display = None if gates else "none"
        for line in before:
            line.close()

    def _line(self, step: str, gate: Gate) -> Any:
        since = f"waits for approval since {time_text(gate.since)}"
        asked = f"<b>{text_html(step)}</b> {since}: {text_html(gate.text)}"
        text = self._w.HTML(asked, layout={"flex": "1 1 100%"})
        why = self._w.Text(placeholder="why (if you like)", layout={"width": "180px"})
        answer = partial(self._answer, step, why)
        approve = self._button("Approve", f"Let {step} begin", partial(answer, approved=True))
        refuse = self._button("Refuse", f"{step} and the run end", partial(answer, approved=False))
        return self._w.HBox([text, why, approve, refuse], layout={"flex_flow": "row wrap"})

    def _button(self, description: str, tooltip: str, press: Callable[[Any], None]) -> Any:
        button = self._w.Button(description=description, tooltip=tooltip, layout={"flex": "none"})
        button.disabled = self._on_answer is None
        button.on_click(press)
        return button

    def _answer(self, step: str, why: Any, _button: Any, *, approved: bool) -> None:
        if self._on_answer is not None and step in self._shown:
            self._on_answer(step, approved, str(why.value).strip())
