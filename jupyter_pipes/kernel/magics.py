"""`%%step`, `%%params`, `%%setup` and `%pipeline`: parse, then one call each."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from jupyter_pipes.cli import verbs
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import RunCancelled, RunFailed, UsageError
from jupyter_pipes.pipelines import step_options as options

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_pipes.kernel.session import Session
    from jupyter_pipes.runs.run import Run

TICK = 0.05
"""Seconds between two looks of a waiting cell: an interrupt does not wake one that only awaits."""

_AWAITED = "--awaited "
_RUNNING_LINE = re.compile(r"^(\w+ = )?get_ipython\(\)\.run_line_magic\('pipeline', '((?:run|resume)\b)")
_RUNNING_CELL = re.compile(r"^get_ipython\(\)\.run_cell_magic\('step', '([^']*--run\b)")


@magics_class
class PipesMagics(Magics):
    """The magics of one kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._session: Session | None = None
        self._nested = False

    @property
    def session(self) -> Session:
        """The kernel's session, made when the first cell behind `%load_ext` runs: loading shall be quick."""
        if self._session is None:
            from jupyter_pipes.kernel.session import Session, notebook_path

            path = notebook_path()
            directory = path.parent if path else Path.cwd()
            shell: Any = self.shell
            self._session = Session(directory, path, shell.user_ns, live=hasattr(shell, "kernel"))
            self._take_history(self._session)
        return self._session

    def on_cell(self, info: Any) -> None:
        """Take the text of a cell that is about to run (IPython's event with its `ExecutionInfo`)."""
        from jupyter_pipes.execution.worker.current import current

        if not (self._nested or current.is_active or info.silent) and info.raw_cell:
            shell: Any = self.shell
            self.session.define(_cell_id(shell, info), info.raw_cell, shell.execution_count)

    def behind_cell(self, result: Any) -> None:
        """Look what became stale by a cell that has run (IPython's event with its `ExecutionResult`)."""
        from jupyter_pipes.execution.worker.current import current

        info = result.info
        if not (self._nested or current.is_active or info is None or info.silent):
            self.session.look_for_stale()
            self.session.settle_ended()

    def _take_history(self, session: Session) -> None:
        """Take the cells that ran before the extension was loaded: their imports and helpers count too."""
        shell: Any = self.shell
        for count, source in enumerate(shell.history_manager.input_hist_raw[1:], 1):
            if source:
                session.define(None, source, count)

    @cell_magic
    def step(self, line: str, cell: str) -> Coroutine[Any, Any, Run] | Run | None:
        """Register a step."""
        awaited, line = _take_awaited(line)
        parsed = options.parse_step(line)
        self.session.show_step(parsed.name)
        return self._start((parsed.name,), {}, awaited=awaited, check=True) if parsed.run else None

    @cell_magic
    def params(self, line: str, cell: str) -> None:
        """Declare the pipeline's parameters."""
        self.session.show_params()

    @cell_magic
    def setup(self, line: str, cell: str) -> None:
        """Run code here, and first of all in every step."""
        shell: Any = self.shell
        self._nested = True
        try:
            shell.run_cell(cell).raise_error()
        finally:
            self._nested = False

    @line_magic
    def pipeline(self, line: str) -> Any:
        """Plan, run, watch and export the pipeline."""
        awaited, line = _take_awaited(line)
        verb, arguments = verbs.parse(line)
        if verb == "run":
            return self._run(arguments, awaited=awaited)
        if verb == "resume":
            return self._resume(arguments, awaited=awaited)
        return getattr(self, f"_{verb}")(arguments)

    def _run(self, arguments: argparse.Namespace, *, awaited: bool) -> Coroutine[Any, Any, Run] | Run:
        session, steps, given = self.session, tuple(arguments.steps), verbs.run_arguments(arguments)
        if arguments.of is not None:
            verbs.check_repetition(arguments)
            return self._take_up(
                lambda: history().repeated(session, arguments.of, given["params"]), arguments, awaited=awaited
            )
        if arguments.debug:
            return _returned(self._run_debugging(steps, given, check=not arguments.no_check), awaited=awaited)
        if arguments.background:
            return _returned(session.start(steps, given, show=True), awaited=awaited)
        return self._start(steps, given, awaited=awaited, check=not arguments.no_check, show=True)

    def _run_debugging(self, steps: tuple[str, ...], given: dict[str, Any], *, check: bool) -> Run:
        before = getattr(sys, "last_value", None)
        run = self.session.debug(steps, given)
        self.session.settle()
        try:
            return run.check() if check else run
        except RunFailed as failed:
            error = getattr(sys, "last_value", None)
            # `%debug` opens at the innermost frame: that shall be the step's, not ours.
            inside = error.__traceback__ if error is not None and error is not before else None
            raise failed.with_traceback(inside) from None

    def _start(
        self, steps: tuple[str, ...], given: dict[str, Any], *, awaited: bool, check: bool, show: bool = False
    ) -> Any:
        return self._wait_for(self.session.start(steps, given, show=show), awaited=awaited, check=check)

    def _resume(self, arguments: argparse.Namespace, *, awaited: bool) -> Any:
        return self._take_up(
            lambda: history().resumed(self.session, arguments.run), arguments, awaited=awaited
        )

    def _take_up(self, start: Callable[[], Run], arguments: argparse.Namespace, *, awaited: bool) -> Any:
        run = self.session.take_up(start)
        return self._wait_for(run, awaited=awaited, check=not arguments.no_check)

    def _wait_for(self, run: Run, *, awaited: bool, check: bool) -> Any:
        if awaited:
            return _wait(run, self.session, check=check)
        from jupyter_pipes.runs.start import wait_or_cancel

        wait_or_cancel(run)
        self.session.settle()
        return run.check() if check else run

    def _show(self, arguments: argparse.Namespace) -> None:
        self.session.show()

    def _plan(self, arguments: argparse.Namespace) -> Any:
        from jupyter_pipes.display.tables import plan_table

        pipeline, given = self.session.pipeline, verbs.run_arguments(arguments)
        if arguments.accept:
            pipeline.accept(*arguments.accept, params=given["params"])
        return plan_table(pipeline, *arguments.steps, **given)

    def _why(self, arguments: argparse.Namespace) -> Any:
        given = verbs.split_params(arguments.params)
        return history().why(self.session, arguments.step, given, arguments.run)

    def _runs(self, arguments: argparse.Namespace) -> Any:
        return history().runs(self.session, arguments.query)

    def _compare(self, arguments: argparse.Namespace) -> Any:
        return history().compared(self.session, arguments.a, arguments.b)

    def _tag(self, arguments: argparse.Namespace) -> None:
        history().remark(self.session, arguments.run, ev.RunTagged(tuple(dict.fromkeys(arguments.tags))))

    def _rename(self, arguments: argparse.Namespace) -> None:
        history().remark(self.session, arguments.run, ev.RunRenamed(" ".join(arguments.title)))

    def _archive(self, arguments: argparse.Namespace) -> None:
        history().remark(self.session, arguments.run, ev.RunArchived(not arguments.undo))

    def _gc(self, arguments: argparse.Namespace) -> None:
        print(history().collected(self.session, arguments))  # noqa: T201 - the verb's result

    def _debug(self, arguments: argparse.Namespace) -> None:
        history().look_into(self.session, self.shell, arguments.step, arguments.run)

    def _status(self, arguments: argparse.Namespace) -> None:
        self.session.print_status()

    def _cancel(self, arguments: argparse.Namespace) -> None:
        self.session.find_run(None).cancel(arguments.step)

    def _get(self, arguments: argparse.Namespace) -> None:
        if arguments.new is not None and len(arguments.names) != 1:
            raise UsageError("%pipeline get --as names one variable: get one artifact at a time")
        if arguments.run and arguments.params:
            raise UsageError("-p picks a run by its parameter values and --run by its id; say one of both")
        for name in arguments.names:
            variable = arguments.new or name.rpartition(".")[2]
            if arguments.params:
                history().load(self.session, name, variable, verbs.split_params(arguments.params))
            else:
                self.session.load(name, variable, arguments.run)

    def _logs(self, arguments: argparse.Namespace) -> None:
        from jupyter_pipes.display.ansi import terminal_text

        log = self.session.find_run(arguments.run).logs(arguments.step, arguments.attempt)
        print(terminal_text(log), end="")  # noqa: T201 - the verb's result

    def _export(self, arguments: argparse.Namespace) -> None:
        self.session.export(Path(arguments.path), arguments.to)

    def _name(self, arguments: argparse.Namespace) -> None:
        self.session.rename(arguments.name, arguments.version)


def history() -> Any:
    """Return the module of what is done with kept runs: most sessions never need it."""
    from jupyter_pipes.kernel import session_history

    return session_history


async def _wait(run: Run, session: Session, *, check: bool) -> Run:
    """Wait while the kernel goes on answering widgets; an interrupt cancels the run."""
    try:
        while not run.has_ended:
            await asyncio.sleep(TICK)
    except (KeyboardInterrupt, asyncio.CancelledError):
        run.cancel()
        run.wait(5)
        session.settle()
        if check:
            raise RunCancelled(f"run {run.id} was cancelled by an interrupt", run) from None
        return run
    session.settle()
    return run.check() if check else run


def _returned(run: Run, *, awaited: bool) -> Any:
    async def answer() -> Run:
        return run

    return answer() if awaited else run


def _take_awaited(line: str) -> tuple[bool, str]:
    return line.startswith(_AWAITED), line.removeprefix(_AWAITED)


def await_runs(lines: list[str]) -> list[str]:
    """Make running lines of a cell `await`, so that widgets answer while the run goes on.

    Only lines at the left margin: deeper ones may stand in a function, where `await` is none.
    """
    return [_awaited_line(line) for line in lines]


def _awaited_line(line: str) -> str:
    awaited = _RUNNING_LINE.sub(rf"\1await get_ipython().run_line_magic('pipeline', '{_AWAITED}\2", line)
    return _RUNNING_CELL.sub(rf"await get_ipython().run_cell_magic('step', '{_AWAITED}\1", awaited)


def _cell_id(shell: Any, info: Any) -> str | None:
    if info.cell_id:
        return str(info.cell_id)
    parent: dict[str, Any] = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; IPython calls this for `%load_ext jupyter_pipes`."""
    from jupyter_pipes.kernel.completion import matcher

    magics = PipesMagics(shell)
    _document()
    ipython: Any = shell
    ipython.register_magics(magics)
    ipython.events.register("pre_run_cell", magics.on_cell)
    ipython.events.register("post_run_cell", magics.behind_cell)
    if hasattr(shell, "kernel"):
        ipython.input_transformers_post.append(await_runs)
    ipython.Completer.custom_matchers.append(matcher(lambda: magics.session))


def _document() -> None:
    """Give the magics the texts that `%%step?` and `%pipeline?` show."""
    PipesMagics.step.__doc__ = options.step_help()
    PipesMagics.pipeline.__doc__ = verbs.magic_help()
