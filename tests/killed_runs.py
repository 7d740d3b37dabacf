"""A program that runs a notebook in forked, warmed-up processes and kills them.

`python killed_runs.py NOTEBOOK` reads lines `SECONDS NAME=VALUE`: run the notebook with this parameter,
kill the process after so many seconds (0 for never), and print how many seconds it lived. Steps run inside
the killed process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
from multiprocessing import Pipe
from pathlib import Path


def run(notebook: Path, given: str) -> None:
    """Run the notebook in this process, quietly."""
    from jupyter_pipes import Pipeline

    name, _, value = given.partition("=")
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        Pipeline.from_notebook(notebook).run(debug=True, params={name: int(value)})


def forked(notebook: Path, seconds: float, given: str) -> float:
    """Run the notebook in a process of its own, kill it after some seconds; return how long it lived."""
    started = time.monotonic()
    child = os.fork()
    if not child:
        run(notebook, given)
        os._exit(0)
    if seconds:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return time.monotonic() - started


def warm_up(notebook: Path, given: str) -> None:
    """Import what a run imports, without running here: a forked process has no other thread than this."""
    ours, theirs = Pipe(duplex=False)
    if not os.fork():
        run(notebook, given)
        theirs.send(list(sys.modules))
        os._exit(0)
    for name in ours.recv():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    os.wait()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    os.chdir(path.parent)
    for line in sys.stdin:
        delay, parameter = line.split()
        if delay == "warm":
            warm_up(path, parameter)
            print("warm", flush=True)  # noqa: T201 - the answer
        else:
            print(forked(path, float(delay), parameter), flush=True)  # noqa: T201 - the answer
