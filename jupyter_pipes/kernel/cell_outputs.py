"""The output areas of step cells: each shows its step live, in the display that the cell opened."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jupyter_pipes.display import cards
from jupyter_pipes.display.outputs import needs_renderer
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.model.events import Record, StepEvent
from jupyter_pipes.model.results import OutputRef
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.run import Run

INTERVAL = 0.1
TICK = 1.0
LOG_TAIL = 16_384
"""Bytes of a log's end that displays show."""


class CellOutputs:
    """Displays opened by step cells: each shows its definition until a run reaches it, then the run."""

    def __init__(self) -> None:
        self._displays: dict[str, _StepDisplay] = {}
        self._run: Run | None = None
        self._stale: Mapping[str, str] = {}
        self._shown: dict[str, Run] = {}
        self._changed: set[str] = set()
        self._lock = threading.RLock()
        self._pacer = Pacer(self._refresh, interval=INTERVAL, tick=TICK, ticking=self._is_running)

    def open(self, step: str, definition: Callable[[str], dict[str, Any]]) -> None:
        """Display a step's definition in the output of the cell that runs now.

        Args:
            step: the step's name.
            definition: gives its card, from why its kept result no longer fits ("" when it does).
        """
        self._displays[step] = _StepDisplay(definition, self._stale.get(step, ""))
        self._shown.pop(step, None)

    def follow(self, run: Run) -> None:
        """Show this run from now on."""
        self._run = run
        self._shown |= dict.fromkeys(run.view.steps, run)
        run.subscribe(partial(self._take, run))
        self._changed.update(run.view.steps)
        self._pacer.request()

    def mark(self, stale: Mapping[str, str]) -> None:
        """Show these steps as stale, with the reason, and no others."""
        before, self._stale = self._stale, stale
        self._changed.update(name for name in {*before, *stale} if before.get(name) != stale.get(name))
        self._pacer.request()

    def _take(self, run: Run, view: RunView, record: Record) -> None:
        event = record.event
        if isinstance(event, StepEvent) and run is self._run:
            self._shown[event.step] = run
        self._changed.update([event.step] if isinstance(event, StepEvent) else view.steps)
        self._pacer.request()

    def settle(self) -> None:
        """Bring all displays up to date before this returns: a kernel may end right after its last cell.

        All are shown again: some front ends drop what a background thread shows, as it belongs to no cell.
        """
        with self._lock:
            for display in self._displays.values():
                display.forget_shown()
            self._changed.update(self._displays)
            self._refresh()

    def _refresh(self) -> None:
        with self._lock:
            steps = self._run.view.steps if self._run is not None else {}
            running = {name for name, step in steps.items() if not step.status.is_final}
            changed, self._changed = self._changed | running, set()
            for name in changed & self._displays.keys():
                self._displays[name].show(self._shown.get(name), name, self._stale.get(name, ""))

    def _is_running(self) -> bool:
        return self._run is not None and not self._run.has_ended


class _StepDisplay:
    """Two displays of one cell: the card, and outputs that only the front end's own renderers can show."""

    def __init__(self, definition: Callable[[str], dict[str, Any]], stale: str) -> None:
        self._definition = definition
        self._card = _Display(definition(stale))
        # A display can be updated later but not made later in this cell, so its place is taken now.
        self._extra = _Display(cards.no_output())
        self._bundles: dict[str, Any] = {}

    def show(self, run: Run | None, step: str, stale: str) -> None:
        """Bring the cell's output up to date with the run, or with the definition when there is none."""
        if run is None:
            self._card.show(self._definition(stale))
            self._extra.show(cards.no_output())
            return
        _, attempt = run.shown_attempt(step)
        shown = attempt.outputs if attempt else []
        # What an earlier run displayed goes.
        self._bundles = {each.digest: self._bundle(run, each) for each in shown}
        outputs = [self._bundles[each.digest] for each in shown]
        plain = [output for output in outputs if not needs_renderer(output["data"])]
        special = [output for output in outputs if needs_renderer(output["data"])]
        log = run.logs(step, tail=LOG_TAIL)
        self._card.show(cards.step_card(run.view, step, plain, log, shown=attempt, stale=stale))
        self._extra.show(**special[-1] if special else {"data": cards.no_output()})

    def forget_shown(self) -> None:
        """Publish at the next showing even what was shown already."""
        self._card.forget_shown()
        self._extra.forget_shown()

    def _bundle(self, run: Run, output: OutputRef) -> Any:
        return self._bundles.get(output.digest) or run.bundle(output)


class _Display:
    """A display in the output of the cell that makes it, updated when its content changes."""

    def __init__(self, data: dict[str, Any]) -> None:
        # Kept, because the inline executor lends the shell's own to the step that runs.
        self._publisher = _publisher()
        self._id = f"jupyter-pipes-{uuid.uuid4().hex}"
        self._shown: Any = (data, None)
        self._publisher.publish(data, transient={"display_id": self._id})

    def forget_shown(self) -> None:
        """Publish at the next showing even what was shown already."""
        self._shown = None

    def show(self, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Show the bundle in place of what was shown before."""
        if (data, metadata) != self._shown:
            self._shown = (data, metadata)
            self._publisher.publish(data, metadata, transient={"display_id": self._id}, update=True)


def publish(bundle: dict[str, Any]) -> None:
    """Display a MIME bundle in the cell that runs now."""
    _publisher().publish(bundle)


def _publisher() -> Any:
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    return shell.display_pub
