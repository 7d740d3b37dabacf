"""A step sees nothing of what its process did before its job came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_pipes.runs.pipeline import Pipeline

_LOOK = """
import builtins, gc, io, os, signal, sys, threading, warnings
signals = signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD
links = [f"/proc/self/fd/{number}" for number in range(3, 5000)]
files = [os.path.basename(os.readlink(link)) for link in links if os.path.lexists(link)]
NAME = {
    "names": sorted(name for name in globals() if name not in "abc"),
    "files": sorted(name.removeprefix("NAME.").partition(":")[0] for name in files if "inode" not in name),
    "signals": [str(signal.getsignal(number)) for number in signals],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "timer": signal.getitimer(signal.ITIMER_REAL),
    "threads": [thread.name for thread in threading.enumerate()],
    "collector": (gc.isenabled(), gc.get_threshold()),
    "search": (os.getcwd(), sys.path, len(sys.path_hooks), [str(type(each)) for each in sys.meta_path]),
    "streams": (sys.stdout is sys.__stdout__, type(sys.displayhook).__name__, builtins.open is io.open),
    "warnings": [str(each) for each in warnings.filters],
    "module": sys.modules["__main__"].__dict__ is globals(),
}
"""


@pytest.mark.slow
def test_a_process_that_rehearsed_is_as_one_that_did_not(pipeline_of: Callable[..., Pipeline]) -> None:
    pipeline = pipeline_of(*(f"%%step {name}\n{_LOOK.replace('NAME', name)}" for name in "abc"))
    # Nothing rehearses for the first step of a process: it waits already.
    first, again = pipeline.run(), pipeline.run(force=["all"])
    seen: list[dict[str, Any]] = [run[name] for run in (first, again) for name in "abc"]
    assert seen == [seen[0]] * 6
    assert seen[0]["module"]
    assert not seen[0]["blocked"]
