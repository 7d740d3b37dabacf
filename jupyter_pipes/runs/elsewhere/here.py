"""A controller as a process of this machine that outlives who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.system.python_path import python_path

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_pipes.history.leases import Lease
    from jupyter_pipes.history.workspace import Workspace

PROGRAM = "jupyter_pipes.runs.driver"
"""The module whose program drives a run."""

PATIENCE = 60.0
"""Seconds in which a process of this machine has to take its run up."""

_LOG_TAIL = 2000


def launch(workspace: Workspace, lease: Lease) -> None:
    """Start a process that drives the run of a lease, and return when it has taken that over.

    Raises:
        PipesError: it ended, or did nothing.
    """
    log = workspace.controller_log(lease.run)
    process = _spawn((*words(lease), str(workspace.settings.directory)), log)
    # Reaps it, if this process is still there.
    threading.Thread(target=process.wait, name=f"controller of {lease.run}", daemon=True).start()
    latest = time.monotonic() + PATIENCE
    while _is_untaken(workspace, lease):
        if process.poll() is not None:
            raise PipesError(f"the controller ended before it took the run up; {log} ends with: {_end(log)}")
        if time.monotonic() > latest:
            process.kill()
            raise PipesError(f"the controller did not take the run up within {PATIENCE:g} s; its log: {log}")
        time.sleep(0.02)


def words(lease: Lease) -> tuple[str, ...]:
    """Return the program that drives the run of a lease as Python takes it; the run's folder comes last."""
    return ("-P", "-m", PROGRAM, lease.run, lease.holder)


def _is_untaken(workspace: Workspace, lease: Lease) -> bool:
    now = workspace.history.leases.look(lease.run).lease
    return now is not None and now.holder == lease.holder


def _spawn(program: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as written:
        return subprocess.Popen(
            [sys.executable, *program],
            cwd=os.sep,
            env={**os.environ, **python_path(os.environ)},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            # No terminal, and no process group of a kernel, takes it along.
            start_new_session=True,
        )


def _end(log: Path) -> str:
    return log.read_bytes()[-_LOG_TAIL:].decode("utf-8", "replace").strip() or "nothing"
