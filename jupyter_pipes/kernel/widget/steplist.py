"""The steps below the live graph, as buttons that select and unfold them; of many, a field that finds one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
        on_unfold: called with a step's name when the steps of its pipeline are to be shown, or no longer.
    """

    def __init__(self, on_select: Callable[[str], None], on_unfold: Callable[[str], None]) -> None:
        import ipywidgets

        self._w = cast("Any", ipywidgets)
        self._on_select, self._on_unfold = on_select, on_unfold
        self._names: tuple[str, ...] = ()
        self._buttons: dict[str, Any] = {}
        self._folds: dict[str, Any] = {}
        self._unfolded: Collection[str] = ()
        self._layout = self._w.Layout(width="auto", height="auto", margin="0")
        self._style = self._w.ButtonStyle()
        self.widget: Any = self._w.Box()
        self.widget.add_class("jupyter-pipes-steps")

    def show(
        self,
        steps: Iterable[StepView],
        stale: Mapping[str, str],
        selected: str | None,
        unfolded: Collection[str] = (),
    ) -> None:
        """Show the steps as they stand; nothing is sent for one that stays the same."""
        steps, self._unfolded = tuple(steps), unfolded
        self._arrange(steps)
        if len(steps) > MOST_BUTTONS:
            return
        for step in steps:
            look, button = STALE if step.name in stale else LOOKS[step.status], self._buttons[step.name]
            classes = {_class_of(look), _SELECTED if step.name == selected else ""}
            with button.hold_sync():
                button.description = f"{look.icon} {step.name}"
                button.tooltip = spoken(step, stale)
                for each in _CLASSES:
                    (button.add_class if each in classes else button.remove_class)(each)
        for name, fold in self._folds.items():
            with fold.hold_sync():
                fold.value = name in unfolded
                fold.description = "▾" if fold.value else "▸"

    def _arrange(self, steps: Sequence[StepView]) -> None:
        """Have a button for each of these steps, and one that unfolds it for each that is a pipeline."""
        names = tuple(step.name for step in steps)
        if names == self._names:
            return
        self._names = names
        before = self.widget.children
        if len(names) <= MOST_BUTTONS:
            pipelines = [step.name for step in steps if step.planned.options.pipeline]
            # What stays keeps the focus of the keyboard.
            self._buttons = {name: self._buttons.get(name) or self._button(name) for name in names}
            self._folds = {name: self._folds.get(name) or self._fold(name) for name in pipelines}
            parts = [part for name in names for part in (self._folds.get(name), self._buttons[name]) if part]
        else:
            self._buttons, self._folds = {}, {}
            parts = [self._field(names)]
        self.widget.children = parts
        for part in before:
            if part not in parts:
                part.close()

    def _button(self, name: str) -> Any:
        button = self._w.Button(layout=self._layout, style=self._style)
        button.on_click(partial(self._pressed, name))
        return button

    def _fold(self, name: str) -> Any:
        fold = self._w.ToggleButton(tooltip=f"Steps of {name} in the graph", layout=self._layout)
        fold.add_class("jupyter-pipes-fold")
        fold.observe(partial(self._turned, name), "value")
        return fold

    def _field(self, names: tuple[str, ...]) -> Any:
        field = self._w.Combobox(
            description="Step", placeholder=f"find one of {len(names)} steps", options=names
        )
        field.observe(self._typed, "value")
        return field

    def _pressed(self, name: str, _button: Any) -> None:
        self._on_select(name)

    def _turned(self, name: str, change: Mapping[str, Any]) -> None:
        if change["new"] != (name in self._unfolded):
            self._on_unfold(name)

    def _typed(self, change: Mapping[str, Any]) -> None:
        if change["new"] in self._names:
            self._on_select(change["new"])
