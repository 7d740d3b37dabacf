"""Progress bars of tqdm, reported as the step's progress."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import Any

from jupyter_pipes.execution.worker.current import current


def watch_tqdm() -> None:
    """Make every tqdm bar of this process report itself, now and when tqdm is imported later."""
    if "tqdm.std" in sys.modules:
        _watch(sys.modules["tqdm.std"].tqdm)
    elif not any(isinstance(finder, _TqdmFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TqdmFinder())


class _TqdmFinder(importlib.abc.MetaPathFinder):
    """Finds nothing itself, but sees to it that tqdm is watched from the end of its import on."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Return tqdm's own spec with a loader that watches, None for all other modules."""
        if fullname != "tqdm.std":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def execute_and_watch(module: Any) -> None:
                execute(module)
                _watch(module.tqdm)

            loader.exec_module = execute_and_watch
        return spec


def _watch(bar: Any) -> None:
    if getattr(bar, "reports_to_pipes", False):
        return
    original = bar.update
    close = bar.close

    @functools.wraps(original)
    def update(self: Any, n: float = 1) -> Any:
        shown = original(self, n)
        _report(self)
        return shown

    @functools.wraps(close)
    def close_and_report(self: Any) -> None:
        _report(self)
        close(self)

    bar.update, bar.close, bar.reports_to_pipes = update, close_and_report, True


def _report(bar: Any) -> None:
    # Only the outermost bar stands for the step; a bar of the kernel's own cells stands for none.
    if current.is_active and getattr(bar, "pos", 0) == 0 and not bar.disable:
        current.progress(bar.n, bar.total or 0, bar.desc or "")
