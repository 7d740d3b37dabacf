"""The steps below the live graph, as buttons that select them; of very many, a field that finds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, cast

from jupyter_pipes.display.looks import LOOKS, STALE, Look, spoken
from jupyter_pipes.model.views import StepView

MOST_BUTTONS = 60
"""More steps than this have a field instead: each button is a widget of its own."""


def _class_of(look: Look) -> str:
    return f"jupyter-pipes-is-{look.word}"


_SELECTED = "jupyter-pipes-selected"
_CLASSES = (*map(_class_of, (*LOOKS.values(), STALE)), _SELECTED)


class StepList:
    """Buttons with each step's status, or a field.

    Neither has keys of its own that a notebook has as well: on a button, arrows and letters stay the
    notebook's, and in a field they are text.

    Args:
        on_select: called with a step's name when it is chosen.
    """

    def __init__(self, on_select: Callable[[str], None]) -> None:
        import ipywidgets

        self._w = cast("Any", ipywidgets)
        self._on_select = on_select
        self._names: tuple[str, ...] = ()
        self._layout = self._w.Layout(width="auto", height="auto", margin="0")
        self._style = self._w.ButtonStyle()
        self.widget: Any = self._w.Box()
        self.widget.add_class("jupyter-pipes-steps")

    def show(self, steps: Iterable[StepView], stale: Mapping[str, str], selected: str | None) -> None:
        """Show the steps as they stand; nothing is sent for one that stays the same."""
        steps = tuple(steps)
        self._name(tuple(step.name for step in steps))
        if len(steps) > MOST_BUTTONS:
            return
        for step, button in zip(steps, self.widget.children, strict=True):
            look = STALE if step.name in stale else LOOKS[step.status]
            classes = {_class_of(look), _SELECTED if step.name == selected else ""}
            with button.hold_sync():
                button.description = f"{look.icon} {step.name}"
                button.tooltip = spoken(step, stale)
                for each in _CLASSES:
                    (button.add_class if each in classes else button.remove_class)(each)

    def _name(self, names: tuple[str, ...]) -> None:
        """Have a button for each of these names."""
        if names == self._names:
            return
        before, self._names = self.widget.children, names
        is_long = len(names) > MOST_BUTTONS
        self.widget.children = [self._field(names)] if is_long else [self._button(name) for name in names]
        for part in before:
            part.close()

    def _button(self, name: str) -> Any:
        button = self._w.Button(layout=self._layout, style=self._style)
        button.on_click(partial(self._pressed, name))
        return button

    def _field(self, names: tuple[str, ...]) -> Any:
        field = self._w.Combobox(
            description="Step", placeholder=f"find one of {len(names)} steps", options=names
        )
        field.observe(self._typed, "value")
        return field

    def _pressed(self, name: str, _button: Any) -> None:
        self._on_select(name)

    def _typed(self, change: Mapping[str, Any]) -> None:
        if change["new"] in self._names:
            self._on_select(change["new"])
