"""One pipeline of a kernel: the cells run so far that it is made of, its runs, and what displays them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.display import cards
from jupyter_pipes.display.board.standing import shows_result
from jupyter_pipes.display.looks import NOTHING
from jupyter_pipes.display.text import steps_text, warnings
from jupyter_pipes.kernel.cell_outputs import CellOutputs, definitions_of, publish
from jupyter_pipes.kernel.graphs import LiveGraphs
from jupyter_pipes.kernel.idle import going_on_elsewhere, idle_view, interrupted
from jupyter_pipes.kernel.notebook import whereabouts
from jupyter_pipes.kernel.notebook.cells import KernelCells, is_same_state
from jupyter_pipes.kernel.notebook.computed import ComputedDefaults
from jupyter_pipes.kernel.notebook.edits import Edit, changed, edits
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.kernel.stale import Marks
from jupyter_pipes.kernel.transcript import Transcript
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.pipelines.declarations.cells import PARAMETER_PROBLEM
from jupyter_pipes.pipelines.sections.division import OWN
from jupyter_pipes.planning.explanation import explain, explain_kept
from jupyter_pipes.runs.nesting.views import NestedViews
from jupyter_pipes.runs.pipeline import FIRST_VERSION, Pipeline
from jupyter_pipes.runs.repeat import given_parameters
from jupyter_pipes.runs.run import Run

if TYPE_CHECKING:
    from jupyter_pipes.kernel.notebook.saved import LiveCell
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.runs.sweeping.sweep import Sweep


_WATCHING = 2.0
"""Seconds between two looks whether the notebook was saved."""


class Session:
    """One pipeline of a kernel.

    Args:
        directory: the notebook's folder.
        path: the notebook's file, if the front end names it.
        namespace: the kernel's variables.
        live: whether a front end can show widgets and update outputs.
        beside: the notebook's own pipeline, whose cells and watchers it shares.
        used_as: what `%pipeline use` calls it; "" for the notebook's own.
    """

    def __init__(
        self,
        directory: Path,
        path: Path | None,
        namespace: dict[str, Any],
        *,
        live: bool,
        beside: Session | None = None,
        used_as: str = OWN,
    ) -> None:
        self.directory = directory
        self.namespace = namespace
        self.live = live
        self.version = FIRST_VERSION
        self.cells = beside.cells if beside is not None else KernelCells(path)
        self.used_as = self._name = used_as
        self.run: Run | None = None
        self.sweep: Sweep | None = None
        self.beginning = threading.Lock()
        """Held from the start of a run until it is followed here: nobody else is to take it up meanwhile."""
        self._settled: Run | None = None
        self._outputs = CellOutputs()
        self._transcript: Transcript | None = None
        self.nested = NestedViews(self.upcoming, Pipeline.load, self._changed)
        self.unfolded: frozenset[str] = frozenset()
        """Steps whose pipelines front ends draw unfolded."""
        self._graphs = LiveGraphs(why=self.why, on_run=self._run_again, nested=self.nested)
        self._again: Callable[[], Run] | None = None
        self.parameters: Mapping[str, object] = {}
        self._computed = ComputedDefaults(namespace)
        self._stale: Mapping[str, Decision] = {}
        self._edits: list[Edit] = []
        self._saved_seen = 0.0
        self._watchers: list[Callable[[], None]] = beside._watchers if beside is not None else []
        self._upcoming: tuple[tuple[object, ...], Pipeline] | None = None
        self._watch = Pacer(self._look_at_file, interval=_WATCHING, pause=self._until_next_look)
        self._marks = Marks(self.upcoming, lambda: self.parameters, self._mark)

    @property
    def name(self) -> str:
        """The pipeline's name: as it was named, as the notebook's file, or one that no other notebook has."""
        path = self.cells.path
        if self._name or path is None:
            return self._name or whereabouts.name_of_unknown(self.cells.executions)
        return whereabouts.name_of(path, self.directory)

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    def identify(self) -> None:
        """Look which notebook this is, if nobody said so, or if its file is not there any more."""
        path = self.cells.path
        if path is None or not path.exists():
            place = whereabouts.find(self.cells.executions, self.directory, self.namespace)
            self.cells.path = place or path

    def settle_name(self) -> str:
        """Keep the name of a notebook that nobody knows, for all its runs; return what is to be said."""
        self.identify()
        if self._name or self.cells.path is not None:
            return ""
        self._name = self.name
        return (
            f"which file this notebook is could not be told, so its runs are kept as {self._name}; "
            "%pipeline name NAME names it"
        )

    def pipeline(self) -> Pipeline:
        """Return the pipeline that the cells define now."""
        return self._pipeline_of(self.cells)

    def upcoming(self) -> Pipeline:
        """Return the pipeline that a run from a front end's button takes: of the cells as they are shown."""
        state = (*self.cells.state, self.name, self.version)
        if self._upcoming is None or not is_same_state(self._upcoming[0], state):
            self._upcoming = (state, self._pipeline_of(self.cells.upcoming()))
        return self._upcoming[1]

    def _pipeline_of(self, notebook: KernelCells) -> Pipeline:
        cells, problems = notebook.ordered().of(self.used_as)
        pipeline = Pipeline.from_cells(
            self.name, cells, self.directory, problems, in_file=False, version=self.version
        )
        pipeline.origin = str(self.cells.path or "")
        pipeline.parameters = tuple(map(self._computed.applied, pipeline.parameters))
        file = self.cells.saved()
        own, used = changed(self.cells.ran, file), changed(notebook.ran, file)
        self._edits = list(edits(pipeline.graph.steps, cells, own, used))
        # A button takes steps as they are shown.
        told = [edit.diagnostic for edit in self._edits if notebook is self.cells or not edit.is_own]
        diagnostics = (*pipeline.graph.diagnostics, *told)
        pipeline.graph = msgspec.structs.replace(pipeline.graph, diagnostics=diagnostics)
        return pipeline

    def show_cells(self, cells: Sequence[LiveCell]) -> None:
        """Take the notebook as a front end shows it now, all its cells in order."""
        self.cells.show(cells)
        self.look_again()

    def look_again(self) -> None:
        """Look at the notebook as a front end shows it now."""
        self.join()
        self._changed()
        self.look_for_stale()

    def join(self) -> None:
        """Follow the run of this notebook that another process drives, if one goes on and none was here."""
        if not self.beginning.acquire(blocking=False):
            # Another thread starts a run, or joins one.
            return
        try:
            run = going_on_elsewhere(self.upcoming()) if self.run is None else None
            if run is not None:
                self.follow(run, show=False)
        finally:
            self.beginning.release()

    def start_shown(self, steps: Iterable[str], options: Mapping[str, Any]) -> Run:
        """Start a run of the cells as a front end shows them; they are defined by that.

        Args:
            steps, options: as for `start`.
        """
        self.refuse_second_run()
        self.adopt_shown()
        return self.start(steps, options)

    def adopt_shown(self) -> None:
        """Define the pipeline's cells as a front end shows them."""
        self.cells.adopt(self.cells.upcoming(), self.used_as)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called, from any thread, when something that a front end shows may have changed."""
        self._watchers.append(watcher)

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()

    def define(self, cell_id: str | None, source: str, count: int) -> str:
        """Take the text of a cell that the kernel is about to run; return the cell's key."""
        if self.cells.path is None and cell_id:
            self.cells.path = whereabouts.path_of_cell(cell_id)
        key = self.cells.define(cell_id, source, count)
        self._changed()
        return key

    def look_for_stale(self) -> None:
        """Have the steps marked whose kept results no longer fit, where it can be shown; returns at once."""
        if self.live:
            self._marks.request()
            if self.cells.path is not None:
                self._watch.request()

    def show_step(self, name: str, key: str) -> None:
        """Display the card of the step that this cell defines, and keep it for the runs to come.

        Args:
            name: the step's name.
            key: the cell's key.
        """
        pipeline = self.pipeline()
        numbers = {cell.number: cell.id for cell in pipeline.cells}
        self._outputs.open(name, key, definitions_of(pipeline.graph, name, key, numbers))
        pipeline.warm_up()
        self._graphs.replace_idle(lambda: idle_view(pipeline))

    def show_params(self, key: str) -> None:
        """Give the kernel the parameters' defaults as variables, and display them.

        What reading the cells does not tell is computed here, with the kernel's variables.

        Args:
            key: the key of the `%%params` cell that runs.

        Raises:
            ParameterError: a declaration does not fit.
        """
        number = next((cell.number for cell in self.cells.ordered().cells if cell.id == key), 0)
        self._computed.forget(number)
        pipeline = self.pipeline()
        for problem in pipeline.graph.errors:
            if problem.code == PARAMETER_PROBLEM:
                raise ParameterError(problem.message, line=problem.line)
        self._computed.set(pipeline.parameters)
        publish(cards.params_card(pipeline.parameters))

    def start(self, steps: Iterable[str], options: Mapping[str, Any], *, show: bool = False) -> Run:
        """Start a run in the background and show it wherever its steps are shown.

        Args:
            steps: names of the steps, none for all.
            options: `params`, `force`, `fail_fast` as for `Pipeline.start`.
            show: whether to display the live DAG in the cell that runs now.
        """
        names = tuple(steps)
        return self.drive(lambda: self.pipeline().start(*names, **options), show=show, again=True)

    def drive(
        self, start: Callable[[], Run], *, show: bool = True, again: bool = False, of: Sweep | None = None
    ) -> Run:
        """Start a run and follow it.

        Args:
            start: starts it.
            show: whether to display the live DAG in the cell that runs now.
            again: whether the widget's "Run" shall start runs in this way from now on.
            of: the sweep that it is a run of.
        """
        self.refuse_second_run(of)
        self.settle_name()
        with self.beginning:
            self.refuse_second_run(of)
            run = start()
            self.follow(run, show=show)
        if again:
            self._again = lambda: self.drive(start, show=False, again=True)
        return run

    def show(self, kept: Run | None = None) -> None:
        """Display the DAG: of a kept run, the current one, one that a dead kernel left, or of the steps."""
        run = kept or self.run or interrupted(self.pipeline())
        view = run.view if run is not None else idle_view(self.pipeline())
        if self.live:
            self._graphs.show(run, view, self.stale_words() if run is self.run else NOTHING)
            # What was found while the graph was made was told to those before it.
            self._marks.request()
        else:
            print(steps_text(view))  # noqa: T201 - the terminal's form of the display

    def show_if_live(self) -> None:
        """Display the live DAG in the cell that runs now, where a front end can show it."""
        if self.live:
            self.show()

    def settle(self) -> None:
        """Bring every display up to date before this returns."""
        self._settled = self.run if self.run is not None and self.run.has_ended else None
        if self._transcript is not None:
            self._transcript.catch_up()
        else:
            self._outputs.settle()
        self._graphs.settle(self.run)

    def settle_ended(self) -> None:
        """Settle if the run has ended since: one in the background ends between cells, or in any of them."""
        if self.run is not None and self.run.has_ended and self.run is not self._settled:
            self.settle()

    def why(self, step: StepView, run: Run | None) -> Explanation:
        """Return why a step of a run is stale, or else why it was decided so."""
        history = self.pipeline().workspace.history
        decision = self._stale.get(step.name) if run is self.run else None
        if decision is not None:
            return explain(step.name, decision, history)
        edited = tuple(edit.diagnostic.message for edit in self._edits if edit.step == step.name)
        kept = explain_kept(step, history)
        return msgspec.structs.replace(kept, reasons=edited) if edited and run is self.run else kept

    def edit_warnings(self) -> list[str]:
        """Return what is to be said of cells that are not in the notebook as they were run."""
        problems = [edit.diagnostic for edit in self._edits]
        return list(warnings(problems, [edit.step for edit in self._edits]))

    def begin_sweep(self, sweep: Sweep) -> None:
        """Have nobody else start runs here until the sweep has ended."""
        self.refuse_second_run()
        self.sweep = sweep

    def end_sweep(self, sweep: Sweep) -> None:
        """Let others start runs again."""
        sweep.end()
        self._changed()

    def refuse_second_run(self, of: Sweep | None = None) -> None:
        """Raise a `UsageError` while a run of this kernel goes on, or a sweep that the next is none `of`."""
        if self.sweep is not None and self.sweep is not of and not self.sweep.has_ended:
            raise UsageError(f"{self.sweep.id} is still going on: wait for it, or %pipeline cancel")
        if self.run is not None and self.run.is_driven_here and not self.run.has_ended:
            raise UsageError(f"run {self.run.id} is still going on: wait for it, or %pipeline cancel")

    def follow(self, run: Run, *, show: bool) -> None:
        """Show a run wherever its steps are shown; with `show`, its live DAG in the cell that runs now."""
        before, self.run = self.run, run
        # They are pickles, of whoever started it.
        self.parameters = given_parameters(run) if run.workspace.is_trusted else {}
        self._marks.take_back()
        # Nothing is told to the earlier run's graphs any more.
        self._graphs.mark(before, NOTHING)
        if self.live:
            self._outputs.follow(run)
        else:
            self._transcript = Transcript(run, sys.stdout)
            self._transcript.follow()
        self._graphs.follow(run)
        run.subscribe(partial(self._tell, run))
        self._changed()
        if run.status.is_final:
            self.look_for_stale()
        if show:
            self.show_if_live()

    def _tell(self, run: Run, view: RunView, record: ev.Record) -> None:
        self._graphs.update(run, view)
        self._changed()
        if isinstance(record.event, ev.RunEnded):
            self.look_for_stale()

    def _mark(self, stale: Mapping[str, Decision]) -> None:
        """Mark the stale steps that show a result: what is under way, or failed, says so itself."""
        self._stale = {name: decision for name, decision in stale.items() if self._shows_result(name)}
        words = self.stale_words()
        self._outputs.mark(words)
        self._graphs.mark(self.run, words)
        self._changed()

    def _shows_result(self, step: str) -> bool:
        shown: Mapping[str, StepView] = self.run.steps if self.run is not None else {}
        return step not in shown or shows_result(shown[step])

    def stale_words(self) -> dict[str, str]:
        """Return step -> what its mark says: what the notebook's cells are now goes before what was run."""
        words = {step: "; ".join(decision.reasons) for step, decision in self._stale.items()}
        return words | {edit.step: edit.words for edit in self._edits if self._shows_result(edit.step)}

    def _until_next_look(self) -> float | None:
        return None if self.cells.path is None else _WATCHING

    def _look_at_file(self) -> None:
        """Look for stale steps when the notebook was saved: what was edited was not run, perhaps."""
        file = self.cells.saved()
        if file is not None and file.time != self._saved_seen:
            self._saved_seen = file.time
            self._marks.request()

    def _run_again(self) -> None:
        if self.run is None or self.run.has_ended:
            self._again() if self._again is not None else self.start((), {})
