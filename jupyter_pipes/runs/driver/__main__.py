"""The program that drives one run and nothing else: what a run is handed over to."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import PipesError

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace


def main(words: Sequence[str] | None = None) -> None:
    """Drive a run to its end.

    Args:
        words: the run's id, the holder of the lease that it is taken over from, and the project's folder;
            those of this process if None.
    """
    from jupyter_pipes.runs.driver.taking_up import drive, let_go

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("holder")
    parser.add_argument("--tied", action="store_true", help="end when standard input does")
    parser.add_argument("--away", action="store_true", help="the folder is empty: what travelled goes there")
    parser.add_argument("directory", type=Path)
    arguments = parser.parse_args(words)
    workspace = _workspace(arguments.directory, arguments.run if arguments.away else "")
    os.chdir(workspace.settings.directory)
    if arguments.tied:
        end = partial(_end_with_input, partial(let_go, workspace, arguments.run))
        threading.Thread(target=end, daemon=True).start()
    try:
        drive(workspace, arguments.run, arguments.holder)
    except PipesError as error:
        raise SystemExit(str(error)) from error


def _workspace(directory: Path, run_away: str) -> Workspace:
    from jupyter_pipes.history.workspace import Workspace

    if not run_away:
        return Workspace(directory)
    from jupyter_pipes.runs.driver.home import settled

    try:
        return settled(directory, run_away)
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
