"""`%%step`, `%%params`, `%%setup` and `%pipeline`: parse, then one call each."""

from __future__ import annotations

import inspect
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from jupyter_pipes.cli import verbs
from jupyter_pipes.cli.answers import Answer
from jupyter_pipes.model.errors import RunCancelled, UsageError, visible
from jupyter_pipes.pipelines import step_options
from jupyter_pipes.pipelines.notebook import without_comments_above
from jupyter_pipes.pipelines.sections.uses import is_wrong_use

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_pipes.kernel.session import Session
    from jupyter_pipes.kernel.sessions import Sessions
    from jupyter_pipes.runs.run import Run

TICK = 0.05
"""Seconds between the first looks of a waiting cell: an interrupt does not wake one that only awaits."""

_AWAITED = "--awaited "
_RUNNING_LINE = re.compile(
    r"^(\w+ = )?get_ipython\(\)\.run_line_magic\('pipeline', '((?:run|resume|attach)\b)"
)
_RUNNING_CELL = re.compile(r"^get_ipython\(\)\.run_cell_magic\('step', '([^']*--run\b)")


@magics_class
class PipesMagics(Magics):
    """The magics of one kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell: Any = shell
        self._making = threading.Lock()
        self._sessions: Sessions | None = None
        self._nested = False
        self._cell = ""

    @property
    def session(self) -> Session:
        """The pipeline that is in use."""
        return self.sessions.in_use

    @property
    def sessions(self) -> Sessions:
        """The kernel's pipelines, made when the first cell behind `%load_ext` runs: that shall be quick."""
        # Front ends ask for them on threads of their own.
        with self._making:
            if self._sessions is None:
                self._sessions = self._made_sessions()
            return self._sessions

    def _made_sessions(self) -> Sessions:
        from jupyter_pipes.kernel.notebook.whereabouts import told_path
        from jupyter_pipes.kernel.sessions import Sessions

        path = told_path(self._shell.user_ns)
        directory = path.parent if path and path.parent.is_dir() else Path.cwd()
        sessions = Sessions(directory, path, self._shell.user_ns, live=hasattr(self._shell, "kernel"))
        for count, source in enumerate(self._shell.history_manager.input_hist_raw[1:], 1):
            sessions.own.cells.take_earlier(source, count)
        return sessions

    def on_cell(self, info: Any) -> None:
        """Take the text of a cell that is about to run (IPython's event with its `ExecutionInfo`)."""
        if self._is_from_outside(info) and info.raw_cell:
            cell_id, count = _cell_id(self._shell, info), self._shell.execution_count
            self._cell = self.sessions.define(cell_id, info.raw_cell, count)

    def behind_cell(self, result: Any) -> None:
        """Look what became stale by a cell that has run (IPython's event with its `ExecutionResult`)."""
        if self._is_from_outside(result.info):
            error = result.error_before_exec or result.error_in_exec
            is_ours = isinstance(error, UsageError)
            is_wrong = is_wrong_use(result.info.raw_cell)
            if is_wrong or (_is_cell_magic(result.info) and (is_ours or _is_unknown_magic(error))):
                self.sessions.own.cells.take_back(self._cell, was_ours=is_ours)
            self.sessions.look_for_stale()
            self.sessions.settle_ended()
            self._cell = ""

    def _is_from_outside(self, info: Any) -> bool:
        """Return whether a cell is one of the notebook's, and not run by a `%%setup` or a step."""
        from jupyter_pipes.execution.worker.current import current

        return not (self._nested or current.is_active or info is None or info.silent)

    @cell_magic
    def step(self, line: str, cell: str) -> object:
        """Register a step."""
        awaited, line = _take_awaited(line)
        parsed = step_options.parse_step(line)
        if moved := self.sessions.moved_words():
            print(visible(f"step {parsed.name} {moved}"))  # noqa: T201 - what running the cell did
        self.session.show_step(parsed.name, self._cell)
        if not parsed.run:
            return None
        run = self.session.start((parsed.name,), {})
        return self._give(Answer(run=run), awaited=awaited)

    @cell_magic
    def params(self, line: str, cell: str) -> None:
        """Declare the pipeline's parameters."""
        self.session.show_params(self._cell)

    @cell_magic
    def setup(self, line: str, cell: str) -> None:
        """Run code here, and first of all in every step."""
        self._nested = True
        try:
            self._shell.run_cell(cell).raise_error()
        finally:
            self._nested = False

    @line_magic
    def pipeline(self, line: str) -> object:
        """Plan, run, watch and export the pipeline."""
        awaited, line = _take_awaited(line)
        from jupyter_pipes.kernel.face import KernelFace

        carry_out, arguments = verbs.parse_magic(line)
        face = KernelFace(self.sessions, self._shell, self._cell)
        return self._give(carry_out(face, arguments), awaited=awaited)

    def _give(self, answer: Answer, *, awaited: bool) -> object:
        """Return what the cell displays, once the run that it waits for has ended; awaitable if it awaits."""
        for notice in answer.notices:
            print(visible(notice))  # noqa: T201 - what is to be told beside the result
        if answer.run is not None:
            return self._wait_for(answer.run, awaited=awaited, check=answer.check)
        if answer.sweep is not None:
            from jupyter_pipes.kernel import sweeping

            carry_out = sweeping.carry_out if awaited else sweeping.carry_out_blocking
            return carry_out(answer.sweep, self.session, check=answer.check)
        shown = None if answer.shown is None else answer.shown()
        # A front end shows colours.
        text = answer.text(self.session.live) if answer.shown is None else ""
        if text:
            print(visible(text), end="")  # noqa: T201 - the verb's result
        return _awaitable(shown) if awaited else shown

    def _wait_for(self, run: Run, *, awaited: bool, check: bool) -> object:
        if awaited:
            return _wait(run, self.session, check=check)
        from jupyter_pipes.runs.start import wait_or_cancel

        wait_or_cancel(run)
        return _ended(run, self.session, check=check)


async def _wait(run: Run, session: Session, *, check: bool) -> Run:
    """Wait while the kernel goes on answering widgets; an interrupt cancels the run, or leaves another's."""
    from jupyter_pipes.runs.start import wait_or_cancel_awaiting

    if await wait_or_cancel_awaiting(run, TICK) or not run.is_driven_here:
        return _ended(run, session, check=check)
    session.settle()
    if check:
        raise RunCancelled(f"run {run.id} was cancelled by an interrupt", run)
    return run


def _ended(run: Run, session: Session, *, check: bool) -> Run:
    """Return a run that was waited for; one that was left goes on, in another process."""
    session.settle()
    if run.has_ended:
        return run.check() if check else run
    from jupyter_pipes.display.text import goes_on

    print(goes_on(run.id, "%pipeline"))  # noqa: T201 - what an interrupt did
    return run


async def _awaitable(value: object) -> object:
    return value


def _take_awaited(line: str) -> tuple[bool, str]:
    return line.startswith(_AWAITED), line.removeprefix(_AWAITED)


def with_body(lines: list[str]) -> list[str]:
    """Return a cell's lines, one below a `%%step` that is another pipeline: IPython takes none without."""
    first = lines[0] if len(lines) == 1 else ""
    is_pipeline = first.startswith("%%step ") and " --pipeline" in first
    return [f"{first.rstrip()}\n", "\n"] if is_pipeline else lines


def await_runs(lines: list[str]) -> list[str]:
    """Make running lines of a cell `await`, so that widgets answer while the run goes on.

    Only lines at the left margin: deeper ones may stand in a function, where `await` is none. Nor in what a
    magic runs itself (`%%time`, `%%capture`): it does not await.
    """
    awaited = [_awaited_line(line) for line in lines]
    return lines if awaited != lines and _is_in_magic() else awaited


def _is_in_magic() -> bool:
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name in ("run_cell_magic", "run_line_magic"):
            return True
        frame = frame.f_back
    return False


def _awaited_line(line: str) -> str:
    awaited = _RUNNING_LINE.sub(rf"\1await get_ipython().run_line_magic('pipeline', '{_AWAITED}\2", line)
    return _RUNNING_CELL.sub(rf"await get_ipython().run_cell_magic('step', '{_AWAITED}\1", awaited)


def _is_cell_magic(info: Any) -> bool:
    return info.raw_cell.lstrip().startswith("%%")


def _is_unknown_magic(error: BaseException | None) -> bool:
    from IPython.core.error import UsageError as WrongUse

    return isinstance(error, WrongUse)


def _cell_id(shell: Any, info: Any) -> str | None:
    if info.cell_id:
        return str(info.cell_id)
    parent: dict[str, Any] = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; IPython calls this for `%load_ext jupyter_pipes`, and again for `%reload_ext`."""
    from jupyter_pipes.kernel.completion import matcher
    from jupyter_pipes.kernel.link.targets import Link

    registry: Any = shell.magics_manager.registry
    if PipesMagics.__name__ in registry:
        # What it knows of the cells that ran is nowhere else.
        return
    magics = PipesMagics(shell)
    # What `%%step?` and `%pipeline?` show.
    PipesMagics.step.__doc__ = step_options.step_help()
    PipesMagics.pipeline.__doc__ = verbs.magic_help()
    ipython: Any = shell
    ipython.register_magics(magics)
    ipython.events.register("pre_run_cell", magics.on_cell)
    ipython.events.register("post_run_cell", magics.behind_cell)
    # Before IPython looks for a cell magic, which it knows in a cell's first line only.
    ipython.input_transformers_cleanup.insert(0, with_body)
    ipython.input_transformers_cleanup.insert(0, without_comments_above)
    if hasattr(shell, "kernel"):
        ipython.input_transformers_post.append(await_runs)
        Link(lambda: magics.sessions).register(ipython.kernel.comm_manager)
    ipython.Completer.custom_matchers.append(matcher(lambda: magics.sessions))
