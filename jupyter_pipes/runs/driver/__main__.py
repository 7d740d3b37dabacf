"""The program that drives one run and nothing else: what a run is handed over to."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from jupyter_pipes.model.errors import PipesError


def main(words: Sequence[str] | None = None) -> None:
    """Drive a run to its end.

    Args:
        words: the project's folder, the run's id and the holder of the lease that it is taken over from;
            those of this process if None.
    """
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.driver.taking_up import drive, let_go

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("run")
    parser.add_argument("holder")
    parser.add_argument("--tied", action="store_true", help="end when standard input does")
    arguments = parser.parse_args(words)
    os.chdir(arguments.directory)
    workspace = Workspace(arguments.directory)
    if arguments.tied:
        end = partial(_end_with_input, partial(let_go, workspace, arguments.run))
        threading.Thread(target=end, daemon=True).start()
    try:
        drive(workspace, arguments.run, arguments.holder)
    except PipesError as error:
        raise SystemExit(str(error)) from error


def _end_with_input(let_go: Callable[[], None]) -> None:
    """Let the run go when whoever started this process is gone, and end: another one takes it up."""
    # Not by `sys.stdin`: nobody could end this process while it is read.
    while os.read(0, 1):
        continue
    try:
        let_go()
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
