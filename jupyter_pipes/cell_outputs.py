"""The output areas of step cells: each shows its step live, in the display that the cell opened."""

from __future__ import annotations

import threading
import uuid
from typing import Any

from jupyter_pipes import cards
from jupyter_pipes.events import Record
from jupyter_pipes.fragments import needs_renderer
from jupyter_pipes.model import OutputRef
from jupyter_pipes.pacing import Pacer
from jupyter_pipes.run import Run
from jupyter_pipes.views import RunView

INTERVAL = 0.1
TICK = 1.0
LOG_TAIL = 16_384


class CellOutputs:
    """Displays opened by step cells, and the run that they show."""

    def __init__(self) -> None:
        self._displays: dict[str, _StepDisplay] = {}
        self._run: Run | None = None
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._pacer = Pacer(self._refresh, interval=INTERVAL, tick=TICK, ticking=self._is_running)

    def open(self, step: str, bundle: dict[str, Any]) -> None:
        """Display a step's card in the output of the cell that runs now."""
        self._displays[step] = _StepDisplay(bundle)

    def follow(self, run: Run) -> None:
        """Show this run from now on."""
        self._run = run
        run.subscribe(self._take)
        self._changed.update(run.view.steps)
        self._pacer.request()

    def _take(self, view: RunView, record: Record) -> None:
        step = getattr(record.event, "step", None)
        self._changed.update([step] if step is not None else view.steps)
        self._pacer.request()

    def settle(self) -> None:
        """Bring all displays up to date before this returns: a kernel may end right after its last cell.

        All are shown again: some front ends drop what a background thread shows, as it belongs to no cell.
        """
        with self._lock:
            for display in self._displays.values():
                display.forget_shown()
            if self._run is not None:
                self._changed.update(self._run.view.steps)
                self._show_changed(self._run)

    def _refresh(self) -> None:
        with self._lock:
            if self._run is not None:
                self._show_changed(self._run)

    def _show_changed(self, run: Run) -> None:
        running = {name for name, step in run.view.steps.items() if not step.status.is_final}
        changed, self._changed = self._changed | running, set()
        for name in changed:
            display = self._displays.get(name)
            if display is not None and name in run.view.steps:
                display.show(run, name)

    def _is_running(self) -> bool:
        return self._run is not None and not self._run.has_ended


class _StepDisplay:
    """Two displays of one cell: the card, and outputs that only the front end's own renderers can show."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._card = _Display(bundle)
        # A display can be updated later but not made later in this cell, so its place is taken now.
        self._extra = _Display(cards.no_output())
        self._bundles: dict[str, Any] = {}

    def show(self, run: Run, step: str) -> None:
        """Bring the cell's output up to date with the run."""
        _, attempt = run.shown_attempt(step)
        outputs = [self._bundle(run, output) for output in attempt.outputs] if attempt else []
        plain = [output for output in outputs if not needs_renderer(output["data"])]
        special = [output for output in outputs if needs_renderer(output["data"])]
        self._card.show(cards.step_card(run.view, step, plain, run.logs(step, tail=LOG_TAIL), shown=attempt))
        if special:
            self._extra.show(special[-1]["data"], special[-1]["metadata"])
        else:
            self._extra.show(cards.no_output())

    def forget_shown(self) -> None:
        """Publish at the next showing even what was shown already."""
        self._card.forget_shown()
        self._extra.forget_shown()

    def _bundle(self, run: Run, output: OutputRef) -> Any:
        if output.digest not in self._bundles:
            self._bundles[output.digest] = run.bundle(output)
        return self._bundles[output.digest]


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
