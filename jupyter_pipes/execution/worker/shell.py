"""The IPython shell that a step's cell runs in: what it displays and how it fails are captured."""

from __future__ import annotations

import ast
import base64
import sys
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple, NoReturn, cast

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from jupyter_pipes.execution.worker.event_loop import EventLoop
from jupyter_pipes.execution.worker.numbering import leading_blank_lines, numbered
from jupyter_pipes.storage.serializers.functions import shared_with

Shown = Callable[[str, dict[str, Any], dict[str, Any], str | None], None]
"""Called with (kind, data, metadata, display_id) for each rich output."""

_LENT = ("user_module", "user_ns", "display_pub", "displayhook", "loop_runner")
"""What a shell gets from the step that runs in it, and gets back afterwards."""

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class StepShell(InteractiveShell):
    """A shell without terminal, history and threads, fit to be forked."""

    def init_builtins(self) -> None:
        """Leave Python's `exit` and `quit` in place: the functions of modules have no others."""
        shell: Any = super()
        shell.init_builtins()
        for name in ("exit", "quit"):
            self.builtin_trap.auto_builtins.pop(name)

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: a step has no GUI event loop, and `%matplotlib inline` asks for none."""

    def ask_exit(self) -> NoReturn:
        """Turn `exit()` and `quit()` into the exception that they are in a script."""
        raise SystemExit(0)

    def transform_cell(self, raw_cell: Any) -> Any:
        """Return the cell as Python; what is Python already is left alone: IPython's tokenizer is slow."""
        code = "".join(raw_cell.splitlines(keepends=True)[leading_blank_lines(raw_cell) :])
        try:
            ast.parse(code)
        except (SyntaxError, ValueError):
            return cast("Any", super()).transform_cell(raw_cell)
        return code if code.endswith("\n") else f"{code}\n"

    # The log file is the process's standard output: children of `!command` write to it themselves.
    system: Any = cast("Any", InteractiveShell).system_raw


class ZMQInteractiveShell(StepShell):
    """The shell of a process: a notebook's, as libraries tell by its name and attributes (pandas, rich)."""

    kernel = None
    """Libraries ask whether there is one; it cannot be spoken with."""


def make_shell() -> StepShell:
    """Return the process's shell. It keeps no history: that would need a thread and a database."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "neutral"
    config.InteractiveShell.xmode = "Context"
    # What it says of `sys.exit` is meant for people at a prompt.
    warnings.filterwarnings("ignore", "To exit: use", UserWarning)
    main = sys.modules["__main__"]
    try:
        shell = ZMQInteractiveShell.instance(config=config, user_module=ModuleType("__main__"))
    finally:
        # IPython puts its own in place.
        sys.modules["__main__"] = main
    _show_figures(shell)
    return shell


def _show_figures(shell: Any) -> None:
    """Let matplotlib's figures have pictures in steps that do not import pyplot as well."""
    formatters: Any = shell.display_formatter.formatters
    formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", _picture)


def _picture(figure: Any) -> object:
    from IPython.core import pylabtools

    tools: Any = pylabtools
    return tools.print_figure(figure, fmt="png", base64=True)


class CapturingPublisher(DisplayPublisher):
    """Hands what `display` publishes to a callback instead of to a front end."""

    shown: Shown
    cleared: Callable[[], None]

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: object = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Take a MIME bundle that the step displays."""
        self.shown("display_data", data, metadata or {}, (transient or {}).get("display_id"))

    def clear_output(self, wait: bool = False) -> None:
        """Take `clear_output`."""
        self.cleared()


class CapturingDisplayHook(DisplayHook):
    """Hands the value of a cell's last expression to a callback."""

    shown: Shown
    source: str = ""

    def quiet(self) -> bool:
        """Whether the cell ends with `;`."""
        hook: Any = self
        return bool(hook.semicolon_at_end_of_expression(self.source))

    def __call__(self, result: Any = None) -> None:
        """Take the value of the last expression."""
        self.check_for_underscore()
        if result is None or self.quiet():
            return
        hook: Any = self
        data, metadata = hook.compute_format_data(result)
        hook.update_user_ns(result)
        if data:
            self.shown("execute_result", data, metadata or {}, None)


@cache
def _captures(shell: InteractiveShell) -> tuple[CapturingPublisher, CapturingDisplayHook]:
    """Return a shell's capturing displays, made once: a forked child shall find them made."""
    return CapturingPublisher(shell=shell), CapturingDisplayHook(shell=shell, cache_size=0)


class Failure(NamedTuple):
    """What a cell raised and how IPython shows it."""

    error: BaseException
    traceback: list[str]


class StepCell:
    """Runs stretches of code in one shell and one fresh namespace, as a step does.

    The shell's own namespace, display and traceback are put aside while `entered`, so that the kernel's shell
    can be used as well (the inline executor does).
    """

    def __init__(self, shell: InteractiveShell, shown: Shown, cleared: Callable[[], None]) -> None:
        self.shell = shell
        self.module = ModuleType("__main__", "The namespace of a step.")
        self.namespace: dict[str, Any] = self.module.__dict__
        self._publisher, self._hook = _captures(shell)
        self._publisher.shown, self._publisher.cleared = shown, cleared
        self._hook.shown = shown
        self._tracebacks: list[list[str]] = []
        self._loop = EventLoop()

    @contextmanager
    def entered(self) -> Generator[None]:
        """Give the shell this step's namespace and capture, and give it back its own afterwards."""
        shell: Any = self.shell
        before = {name: getattr(shell, name) for name in _LENT}
        hook, main = shell.display_trap.hook, sys.modules["__main__"]
        shell.user_module, shell.user_ns = self.module, self.namespace
        shell.display_pub, shell.displayhook = self._publisher, self._hook
        shell.display_trap.hook = self._hook
        shell.loop_runner = self._loop.run
        shell._showtraceback = self._keep_traceback
        shell.should_run_async = self._should_run_async
        shell.init_user_ns()
        sys.modules["__main__"] = self.module
        try:
            with shared_with(self.namespace), self._loop.closed_behind():
                yield
        finally:
            sys.modules["__main__"] = main
            del shell._showtraceback, shell.should_run_async
            shell.display_trap.hook = hook
            for name, value in before.items():
                setattr(shell, name, value)

    def run(self, source: str, label: str) -> Failure | None:
        """Run code as a cell that tracebacks call `label`; line n of `source` is reported as line n."""
        self._hook.source = source
        self._tracebacks = []
        shell: Any = self.shell
        with numbered(shell, label, leading_blank_lines(source)), _nested_cells_raise(shell) as run_cell:
            result = run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        last = self._tracebacks.pop() if error is not None and self._tracebacks else []
        # What failed besides, when a value was to be shown, is no failure of the cell.
        for lines in self._tracebacks:
            sys.stderr.write("\n".join([*lines, ""]))
        return Failure(error, last) if error is not None else None

    def serve_loop(self, sources: Iterable[str]) -> None:
        """Let an event loop run in all cells from now on, if code of the step asks for a running one."""
        self._loop.serve(sources)

    def _should_run_async(self, source: str, **keywords: Any) -> bool:
        shell: Any = type(self.shell)
        # IPython finds out by compiling the cell once more.
        may_await = "await" in source or "async" in source
        return self._loop.is_always_running or (
            may_await and shell.should_run_async(self.shell, source, **keywords)
        )

    def _keep_traceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self._tracebacks.append(stb)


@contextmanager
def _nested_cells_raise(shell: Any) -> Generator[Callable[..., Any]]:
    """Give the way to run a cell; what fails in a cell inside it, fails it too: `%%capture` would hide it."""
    outer = shell.run_cell

    def run_cell(*arguments: Any, **keywords: Any) -> Any:
        result = outer(*arguments, **keywords)
        result.raise_error()
        return result

    shell.run_cell = run_cell
    try:
        yield outer
    finally:
        del shell.run_cell


def json_bundle(data: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """Return `{"data", "metadata"}` as nbformat keeps it: bytes as base64 text, no live widget views."""
    texts = {kind: _as_text(value) for kind, value in data.items() if kind != _WIDGET_VIEW}
    return {"data": texts, "metadata": metadata}


def _as_text(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
