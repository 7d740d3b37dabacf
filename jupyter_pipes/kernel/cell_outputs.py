"""The output areas of step cells: each shows its step live, in the display that the cell opened."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Set
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_pipes.display import cards
from jupyter_pipes.display.outputs import needs_renderer
from jupyter_pipes.kernel.durations import LastTimes
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.model.events import Record, StepEvent
from jupyter_pipes.model.mapping.children import step_of
from jupyter_pipes.model.quantities import counted
from jupyter_pipes.model.results import OutputRef
from jupyter_pipes.model.steps import Diagnostic, Status, Step
from jupyter_pipes.model.views import CellView, RunView
from jupyter_pipes.runs.run import Run

if TYPE_CHECKING:
    from jupyter_pipes.pipelines.graph import Graph

INTERVAL = 0.1
TICK = 1.0
_WORTH_TELLING = 2.0
LOG_TAIL = 16_384
"""Bytes of a log's end that displays show."""

Definition = Callable[[str], dict[str, Any]]
"""Gives the card of a step's definition, from why its kept result no longer fits ("" when it does)."""


def definitions_of(graph: Graph, name: str, key: str, numbers: Mapping[int, str]) -> dict[str, Definition]:
    """Return what defines a step in each of its cells, with the problems that are found there.

    Args:
        graph: the pipeline's.
        name: the step's name.
        key: the id of the cell that runs now.
        numbers: number of a cell as people count -> its id.
    """
    step = next((step for step in graph.steps if step.name == name), None)
    cells = step.cells if step is not None and key in step.cells else (key,)
    by_cell: dict[str, list[Diagnostic]] = {cell: [] for cell in cells}
    for problem in graph.diagnostics:
        if problem.step == name:
            by_cell.get(numbers.get(problem.cell, ""), by_cell[cells[0]]).append(problem)
    return {cell: partial(_definition, step, by_cell[cell], place) for place, cell in enumerate(cells)}


def _definition(step: Step | None, problems: list[Diagnostic], place: int, stale: str) -> dict[str, str]:
    return cards.definition_card(step, problems, place=place, stale=stale)


class CellOutputs:
    """Displays opened by step cells: each shows its definition until a run reaches it, then the run."""

    def __init__(self) -> None:
        self._displays: dict[str, _CellDisplay] = {}
        self._run: Run | None = None
        self._stale: Mapping[str, str] = {}
        self._shown: dict[str, Run] = {}
        self._times: LastTimes | None = None
        self._changed: set[str] = set()
        self._told: dict[str, tuple[int, ...]] = {}
        self._lock = threading.RLock()
        self._pacer = Pacer(self._refresh, interval=INTERVAL, pause=self._pause)

    def open(self, step: str, cell: str, definitions: Mapping[str, Definition]) -> None:
        """Display a step's definition in the output of the cell that runs now, and its other cells anew.

        Args:
            step: the step's name.
            cell: the id of the cell that runs now.
            definitions: id of each of the step's cells, in order -> what defines it there.
        """
        with self._lock:
            others = {of: each for of, each in self._displays.items() if of != cell and each.step == step}
            for of in others:
                del self._displays[of]
            for place, (of, definition) in enumerate(definitions.items()):
                if of == cell:
                    self._displays[of] = _CellDisplay(step, place, definition, self._stale.get(step, ""))
                elif of in others:
                    self._displays[of] = others[of]
                    others[of].define(place, definition)
            self._shown.pop(step, None)
            if len(definitions) > 1:
                self._changed.add(step)
                self._pacer.request()

    def follow(self, run: Run) -> None:
        """Show this run from now on."""
        self._run, self._times = run, LastTimes(run)
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
            self._shown[step_of(event.step)] = run
        self._changed.update([step_of(event.step)] if isinstance(event, StepEvent) else view.steps)
        self._pacer.request()

    def settle(self) -> None:
        """Bring all displays up to date before this returns: a kernel may end right after its last cell.

        All are shown again: some front ends drop what a background thread shows, as it belongs to no cell.
        """
        with self._lock:
            for display in self._displays.values():
                display.forget_shown()
            self._changed.update(display.step for display in self._displays.values())
            self._refresh()

    def _refresh(self) -> None:
        with self._lock:
            going_on = self._going_on()
            self._changed.update(name for name, _ in going_on - self._told.items())
            self._told = dict(going_on)
            changed, self._changed = self._changed, set()
            for cell, display in self._displays.items():
                if display.step in changed:
                    run, stale = self._shown.get(display.step), self._stale.get(display.step, "")
                    display.show(cell, run, stale, self._seconds_before(display.step, run))

    def _going_on(self) -> Set[tuple[str, tuple[int, ...]]]:
        """Return what goes on by itself of each step that has not ended: its time, its run's, and its log."""
        run, now = self._run, time.time()
        if run is None:
            return set()
        shown = {display.step for display in self._displays.values()} & run.view.steps.keys()
        steps = [run.view.steps[name] for name in shown]
        of_run = counted(run.view.seconds_until(now))
        return {
            (step.name, (of_run, counted(step.seconds_until(now)), len(run.log(step.name))))
            for step in steps
            if not step.status.is_final
        }

    def _seconds_before(self, step: str, run: Run | None) -> float:
        """Return what a step that goes on for a while took the last time; 0 if it is not worth looking."""
        if run is None or run is not self._run or self._times is None:
            return 0.0
        state = run.view.steps[step]
        goes_on = state.status is Status.RUNNING and state.seconds_until(time.time()) > _WORTH_TELLING
        return self._times.of_step(step) if goes_on else 0.0

    def _pause(self) -> float | None:
        return None if self._run is None or self._run.has_ended else TICK


class _CellDisplay:
    """Two displays of one cell: the card, and outputs that only the front end's own renderers can show."""

    def __init__(self, step: str, place: int, definition: Definition, stale: str) -> None:
        self.step = step
        self._place, self._definition = place, definition
        self._card = Display(definition(stale))
        # A display can be updated later but not made later in this cell, so its place is taken now.
        self._extra = Display(cards.no_output())
        self._bundles: dict[str, Any] = {}

    def define(self, place: int, definition: Definition) -> None:
        """Take what defines the step in this cell now, which is at this place among its cells."""
        self._place, self._definition = place, definition

    def show(self, cell: str, run: Run | None, stale: str, before: float) -> None:
        """Bring the output of this cell up to date with the run, or with the definition if there is none.

        Args:
            cell: the cell's id.
            run: the run that its step is shown of.
            stale: why what is shown no longer fits, "" when it does.
            before: what the step took the last time before, in seconds; 0 if nobody knows.
        """
        cells = run.view.steps[self.step].planned.cells if run is not None else ()
        place = cells.index(cell) if cell in cells else self._place
        if run is None or place >= len(cells):
            self._card.show(self._definition(stale))
            self._extra.show(cards.no_output())
            return
        _, attempt = run.shown_attempt(self.step)
        shown = attempt.under(place, len(cells)) if attempt else None
        # What an earlier run displayed goes.
        self._bundles = {each.digest: self._bundle(run, each) for each in shown.outputs} if shown else {}
        outputs = [self._bundles[each.digest] for each in shown.outputs] if shown else []
        plain = [output for output in outputs if not needs_renderer(output["data"])]
        special = [output for output in outputs if needs_renderer(output["data"])]
        log = self._log(run, shown) if shown else ""
        if place:
            state = run.view.steps[self.step]
            card = cards.continuing_card(state, plain, log, shown, place=place, of=len(cells))
        else:
            has_error = shown is None or shown.has_error
            card = cards.step_card(
                run.view,
                self.step,
                plain,
                log,
                shown=attempt,
                has_error=has_error,
                stale=stale,
                before=before,
            )
        self._card.show(card)
        self._extra.show(**special[-1] if special else {"data": cards.no_output()})

    def forget_shown(self) -> None:
        """Publish at the next showing even what was shown already."""
        self._card.forget_shown()
        self._extra.forget_shown()

    def _log(self, run: Run, shown: CellView) -> str:
        return run.log(self.step).stretch(shown.start, shown.end).end(LOG_TAIL)

    def _bundle(self, run: Run, output: OutputRef) -> Any:
        return self._bundles.get(output.digest) or run.bundle(output)


class Display:
    """A display in the output of the cell that makes it, updated when its content changes.

    Args:
        data: the MIME bundle that it begins with.
    """

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
