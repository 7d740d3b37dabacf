"""A kernel as a face of the verbs: where it finds pipelines and runs, and what only it does."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.cli.answers import (
    Answer,
    artifacts_named,
    of_run,
    outdated_notices,
    run_named,
)
from jupyter_pipes.cli.driving import answer, attach, running
from jupyter_pipes.cli.kept.catalog import inputs_named
from jupyter_pipes.display.text import steps_text
from jupyter_pipes.execution.worker.scripts.script import code_of
from jupyter_pipes.model.errors import RunFailed, UsageError
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.pipelines.arguments import check_text, check_version, shown
from jupyter_pipes.runs import repeat
from jupyter_pipes.runs.listing import names_pipelines
from jupyter_pipes.storage.settings import load

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.kernel.sessions import Sessions
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep
    from jupyter_pipes.storage.settings import Settings


class KernelFace:
    """What `%pipeline` does in a kernel, a method for each verb that is the kernel's own."""

    def __init__(self, sessions: Sessions, shell: InteractiveShell, cell: str) -> None:
        self._sessions, self._cell = sessions, cell
        sessions.own.identify()
        self._session = sessions.in_use
        self._shell: Any = shell

    @property
    def directory(self) -> Path:
        """The notebook's folder."""
        return self._session.directory

    @property
    def current(self) -> Run | None:
        """The run that this kernel follows, or followed last."""
        return self._session.run

    def pipeline(self) -> Pipeline:
        """Return the pipeline that the cells define now."""
        return self._session.pipeline()

    def workspace(self) -> Workspace:
        """Return where runs are kept."""
        return self._session.pipeline().workspace

    def settings(self) -> Settings:
        """Return what the settings beside the notebook, or above, say now."""
        return load(self._session.directory)

    def pipeline_name(self) -> str | None:
        """Return this notebook's name."""
        return self._session.name

    def listed_pipeline(self, query: str = "") -> str | None:
        """Return the pipeline in use, if there are several; else whatever ran in the project is listed.

        A query that names pipelines itself finds those.
        """
        is_one_of_several = self._sessions.several and not names_pipelines(query)
        return self._session.name if is_one_of_several else None

    def listing_notice(self) -> str:
        """Return which pipelines the notebook has beside the one in use, and how theirs are listed."""
        others = [
            self._sessions.called(each)
            for each in self._sessions.all
            if each is not self._session and (each.run is not None or each.pipeline().graph.steps)
        ]
        if not others:
            return ""
        used = self._sessions.called(self._session)
        return (
            f"these are of pipeline {used}, which is in use; the notebook has others: {', '.join(others)} "
            "(%pipeline use NAME, %pipeline runs pipeline:*)"
        )

    def unsaved(self) -> Sequence[Pipeline]:
        """Return the pipelines as they are now."""
        return tuple(session.pipeline() for session in self._sessions.all)

    def show(self, arguments: Namespace) -> Answer:
        """Display the live DAG, or say how a kept run went."""
        if arguments.run is not None:
            return self._show_kept(run_named(self, arguments.run))
        self._session.show()
        return Answer()

    def _show_kept(self, run: Run) -> Answer:
        """Display a kept run's graph where a front end can, else say how it went."""
        if not self._session.live:
            return of_run(run)
        is_current = self.current is not None and self.current.id == run.id
        self._session.show(None if is_current else run)
        return Answer()

    def status(self, arguments: Namespace) -> Answer:
        """Say how a run stands."""
        run = run_named(self, arguments.run)
        return Answer(text=lambda _: steps_text(run.view) + "\n")

    def drive(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Start a run and show it; the cell waits for it unless it is one in the background."""
        notice = self._session.settle_name()
        run = self._session.drive(start, again="of" in arguments and arguments.of is None)
        notices = (*([notice] if notice else ()), *self._session.edit_warnings())
        return self._answer_for(run, arguments, *notices)

    def sweep(self, sweep: Sweep, arguments: Namespace) -> Answer:
        """Return the sweep for the asking cell to carry out."""
        notice = self._session.settle_name()
        notices = (*([notice] if notice else ()), *self._session.edit_warnings())
        return Answer(sweep=sweep, check=not arguments.no_check, notices=notices)

    def hand_over(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Start a run that goes on without this kernel, and show it as one in the background."""
        from jupyter_pipes.display.text import goes_on

        notice = self._session.settle_name()
        run = self._session.drive(start)
        notices = filter(None, (notice, *self._session.edit_warnings(), goes_on(run.id, "%pipeline")))
        return Answer(shown=lambda: run, notices=tuple(notices))

    def _answer_for(self, run: Run, arguments: Namespace, *notices: str) -> Answer:
        if getattr(arguments, "background", False):
            return Answer(shown=lambda: run, notices=notices)
        return Answer(run=run, check=not arguments.no_check, notices=notices)

    def drive_debugging(self, start: Callable[[Callable[[Run], None]], Run], arguments: Namespace) -> Answer:
        """Run in the kernel's own process, for a debugger."""
        self._session.refuse_second_run()
        before = getattr(sys, "last_value", None)
        with self._session.beginning:
            run = start(lambda run: self._session.follow(run, show=True))
        self._session.settle()
        try:
            run = run if arguments.no_check else run.check()
        except RunFailed as failed:
            error = getattr(sys, "last_value", None)
            # `%debug` opens at the innermost frame: that shall be the step's, not ours.
            inside = error.__traceback__ if error is not None and error is not before else None
            raise failed.with_traceback(inside) from None
        return Answer(shown=lambda: run)

    def cancel(self, arguments: Namespace) -> Answer:
        """Cancel the current run, with the sweep that it is one of, or a step; or a run driven elsewhere."""
        if arguments.run is not None or arguments.force:
            return self._cancel_elsewhere(arguments)
        sweep = self._session.sweep
        if sweep is not None and not sweep.has_ended and arguments.step is None:
            sweep.stop()
            return Answer()
        if self.current is None or self.current.has_ended:
            raise UsageError(f"no run of {self._session.name} goes on in this kernel")
        self.current.cancel(arguments.step)
        return Answer()

    def _cancel_elsewhere(self, arguments: Namespace) -> Answer:
        run = run_named(self, arguments.run)
        run.cancel(arguments.step, force=arguments.force, reason="cancelled by %pipeline cancel")
        return of_run(run_named(self, run.id))

    def approve(self, arguments: Namespace) -> Answer:
        """Let a step that waits at its gate begin, or refuse it; of the current run if none is named."""
        run = run_named(self, arguments.run)
        answer(run, arguments)
        return Answer()

    def attach(self, arguments: Namespace) -> Answer:
        """Follow a run that goes on; the one that this kernel follows already is shown here as well."""
        name, current = arguments.run, self.current
        is_followed = current is not None and not current.has_ended
        if not is_followed or current is None or running(self, name or current.id).id != current.id:
            return attach(self, arguments)
        self._session.show_if_live()
        return self._answer_for(current, arguments)

    def get(self, arguments: Namespace) -> Answer:
        """Load artifacts as variables."""
        if arguments.new is not None and len(arguments.names) != 1:
            raise UsageError("%pipeline get --as names one variable: get one artifact at a time")
        if arguments.new is not None and not arguments.new.isidentifier():
            raise UsageError(f"%pipeline get --as {shown(arguments.new)}: that is no name of a variable")
        inputs = inputs_named(self, arguments)
        matches, store = artifacts_named(self, arguments, apart=inputs), self.workspace().store
        values = {name: store.get_whole(match.artifact) for name, match in matches.items()}
        for name, value in values.items():
            self._session.namespace[arguments.new or matches[name].artifact.variable] = value
        for name, value in inputs.items():
            self._session.namespace[arguments.new or name] = value
        return Answer(notices=outdated_notices(matches))

    def debug(self, arguments: Namespace) -> Answer:
        """Put a step as it was in a run into the kernel: prelude, inputs, parameters; its code in a new cell.

        Raises:
            UsageError: the run has no such step.
            RunNotFound: the run was kept without its code.
            StoreError: an input is not in the store any more.
        """
        self.workspace().check_values(trust=arguments.trust)
        run, name = run_named(self, arguments.run or "last"), arguments.step
        view = run.step(name)
        definition, run_arguments = repeat.kept_request(run.workspace, run.view)
        step = definition.step(name)
        self._run_pieces(step.early_pieces)
        self._session.namespace.update({**run_arguments.values_of(name), **_inputs(run, step)})
        self._run_pieces(step.late_pieces)
        code = code_of(step.body) if step.options.bash else step.body.strip("\n")
        self._shell.set_next_input(f"# step {name} of run {run.id} ({view.status})\n{code}", replace=False)
        return Answer()

    def _run_pieces(self, pieces: Iterable[CodePiece]) -> None:
        for piece in pieces:
            self._shell.run_cell(piece.source, silent=True).raise_error()

    def use(self, arguments: Namespace) -> Answer:
        """Have what follows be about a pipeline; without a name, list the notebook's pipelines.

        Raises:
            UsageError: the name is none, or the cell's text does not tell it.
        """
        if arguments.name is not None:
            return Answer(notices=self._sessions.use(arguments.name, self._cell))
        return Answer(text=lambda _: self._sessions.listing())

    def name(self, arguments: Namespace) -> Answer:
        """Name the pipeline, and set its version.

        Raises:
            UsageError: the name is none, or another pipeline's; or the version is not made of dotted numbers.
        """
        session = self._session
        version = session.version if arguments.version is None else check_version(arguments.version)
        name = check_text("the name of a pipeline", arguments.name)
        if session.used_as and name != session.used_as:
            raise UsageError(
                f"%pipeline use {session.used_as} names this pipeline; write the other name there"
            )
        if not session.used_as and name in [other.used_as for other in self._sessions.all]:
            raise UsageError(
                f"%pipeline use {name} names another pipeline of this notebook; take another name"
            )
        session.name, session.version = name, version
        return Answer()


def _inputs(run: Run, step: Step) -> Mapping[str, Any]:
    producers = {name: owner for name, owner in step.inputs.items() if name in step.reads}
    missing = [owner for owner in producers.values() if owner not in run.steps]
    if missing:
        raise UsageError(f"run {run.id} did not reach {missing[0]}, which {step.name} reads from")
    return {name: run[f"{owner}.{name}"] for name, owner in producers.items()}
