"""Progress bars of tqdm, reported as the step's progress."""

from __future__ import annotations

import functools
import sys
from typing import Any

from jupyter_pipes.worker.current import current


def watch_tqdm() -> None:
    """Make every tqdm bar of this process report itself, once tqdm is imported; without it, do nothing."""
    tqdm_module = sys.modules.get("tqdm.std")
    if tqdm_module is None or getattr(tqdm_module.tqdm, "reports_to_pipes", False):
        return
    bar: Any = tqdm_module.tqdm
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
    # Only the outermost bar stands for the step.
    if getattr(bar, "pos", 0) == 0 and not bar.disable:
        current.progress(bar.n, bar.total or 0, bar.desc or "")
