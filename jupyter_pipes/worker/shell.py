"""The IPython shell that a step's cell runs in: what it displays and how it fails are captured."""

from __future__ import annotations

import ast
import base64
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

Shown = Callable[[str, dict[str, Any], dict[str, Any], str | None], None]
"""Called with (kind, data, metadata, display_id) for each rich output."""

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class StepShell(InteractiveShell):
    """A shell without terminal, history and threads, fit to be forked."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: a step has no GUI event loop, and `%matplotlib inline` asks for none."""

    def ask_exit(self) -> NoReturn:
        """Turn `exit()` and `quit()` into the exception that they are in a script."""
        raise SystemExit(0)

    # The log file is the process's standard output: children of `!command` write to it themselves.
    system = InteractiveShell.system_raw


def make_shell() -> StepShell:
    """Return the process's shell. It keeps no history: that would need a thread and a database."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "neutral"
    config.InteractiveShell.xmode = "Context"
    return StepShell.instance(config=config, user_module=ModuleType("__main__"))


class CapturingPublisher(DisplayPublisher):
    """Hands what `display` publishes to a callback instead of to a front end."""

    shown: Shown
    cleared: Callable[[], None]

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str | None = None,
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
        return self.semicolon_at_end_of_expression(self.source)

    def __call__(self, result: Any = None) -> None:
        """Take the value of the last expression."""
        self.check_for_underscore()
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        self.update_user_ns(result)
        if data:
            self.shown("execute_result", data, metadata or {}, None)


class Failure:
    """What a cell raised and how IPython shows it."""

    def __init__(self, error: BaseException, traceback: list[str]) -> None:
        self.error = error
        self.traceback = traceback


class StepCell:
    """Runs stretches of code in one shell and one fresh namespace, as a step does.

    The shell's own namespace, display and traceback are put aside while `entered`, so that the kernel's shell
    can be used as well (the inline executor does).
    """

    def __init__(self, shell: InteractiveShell, shown: Shown, cleared: Callable[[], None]) -> None:
        self.shell = shell
        self.module = ModuleType("__main__", "The namespace of a step.")
        self.namespace: dict[str, Any] = self.module.__dict__
        self._publisher = CapturingPublisher(shell=shell)
        self._publisher.shown, self._publisher.cleared = shown, cleared
        self._hook = CapturingDisplayHook(shell=shell, cache_size=0)
        self._hook.shown = shown
        self._traceback: list[str] = []

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Give the shell this step's namespace and capture, and give it back its own afterwards."""
        import sys

        shell: Any = self.shell
        before = (shell.user_module, shell.user_ns, shell.display_pub, shell.displayhook, shell.display_trap.hook)
        main = sys.modules["__main__"]
        shell.user_module, shell.user_ns = self.module, self.namespace
        shell.display_pub, shell.displayhook = self._publisher, self._hook
        shell.display_trap.hook = self._hook
        shell._showtraceback = self._keep_traceback
        shell.init_user_ns()
        sys.modules["__main__"] = self.module
        try:
            yield
        finally:
            sys.modules["__main__"] = main
            del shell._showtraceback
            (shell.user_module, shell.user_ns, shell.display_pub, shell.displayhook, shell.display_trap.hook) = before

    def run(self, source: str, label: str) -> Failure | None:
        """Run code as a cell; `label` is what tracebacks call it. Line n of `source` is reported as line n."""
        self._hook.source = source
        self._traceback = []
        blank = _leading_blank_lines(source)
        with _numbered(self.shell, label, blank):
            result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        return Failure(error, self._traceback) if error is not None else None

    def _keep_traceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self._traceback = stb


@contextmanager
def _numbered(shell: Any, label: str, offset: int) -> Iterator[None]:
    """Make line numbers and names in tracebacks those of the notebook's cell.

    IPython drops leading blank lines before it compiles, so the tree's numbers are moved down again, and
    the text that tracebacks quote as well.
    """
    compiler = shell.compile
    original = compiler.cache

    def cache(transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        name = original(transformed_code, number, raw_code)
        size, time, lines, path = linecache.cache[name]  # type: ignore[misc]  # IPython puts whole entries there
        linecache.cache[name] = (size, time, ["\n"] * offset + lines, path)
        _labels[name] = label
        return name

    mover = _LineMover(offset)
    compiler.cache = cache
    compiler.format_code_name = _format_code_name
    shell.ast_transformers.append(mover)
    try:
        yield
    finally:
        shell.ast_transformers.remove(mover)
        del compiler.cache, compiler.format_code_name


_labels: dict[str, str] = {}


def _format_code_name(name: str) -> tuple[str, str] | None:
    return ("", _labels[name]) if name in _labels else None


class _LineMover(ast.NodeTransformer):
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.increment_lineno(node, self._offset)


def label_of(filename: str) -> str | None:
    """Return the label of the code that a traceback names `filename`, None for other files."""
    return _labels.get(filename)


def _leading_blank_lines(source: str) -> int:
    count = 0
    for line in source.splitlines():
        if line.strip():
            break
        count += 1
    return count


def json_bundle(data: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """Return `{"data", "metadata"}` as nbformat keeps it: bytes as base64 text, no live widget views."""
    kept = {kind: _as_text(value) for kind, value in data.items() if kind != _WIDGET_VIEW}
    return {"data": kept, "metadata": metadata}


def _as_text(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
