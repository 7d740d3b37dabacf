"""Helper processes spawned: when one is needed, or in a program's first lines, to load beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from jupyter_pipes.execution.worker.hosting.marks import VARIABLE, mark
from jupyter_pipes.system.python_path import python_path

WORKER = "jupyter_pipes.execution.worker"

PROGRAM = (sys.executable, "-P", "-m", WORKER)
"""A worker process in the run's own environment.

-P: a random.py in the notebook's folder must not take the standard library's place in it.
"""

MATPLOTLIB_BACKEND = "module://matplotlib_inline.backend_inline"
"""What `MPLBACKEND` is in a step, unless the user says otherwise: figures are shown as in a notebook."""

PLOTLY_RENDERER = "plotly_mimetype+notebook_connected"
"""What `PLOTLY_RENDERER` is in a step, unless the user says otherwise: no figure brings 4.8 MB of script."""


class Spawned(NamedTuple):
    """A helper process, and the socket to it."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def end(self) -> None:
        """End a helper that nobody asked for anything."""
        self.control.close()
        self.process.terminate()


_ahead: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], Spawned] = {}
"""What was spawned before it was asked for: by program and environment variables."""


def spawn_ahead(environment: Mapping[str, str]) -> None:
    """Spawn a helper for the run's own environment, before anybody knows whether one is needed.

    What it prints goes to standard error.
    """
    variables = _variables(environment)
    # Where that fails, it fails again when one is needed, and is told.
    with suppress(OSError):
        _ahead[PROGRAM, _key(variables)] = _spawn(PROGRAM, variables, output=2)


def end_ahead() -> None:
    """End what nobody asked for."""
    while _ahead:
        _ahead.popitem()[1].end()


def spawn(program: Sequence[str], environment: Mapping[str, str]) -> Spawned:
    """Return a helper process: one that was spawned ahead for this program and environment, or a new one."""
    variables = _variables(environment)
    ahead = _ahead.pop((tuple(program), _key(variables)), None)
    if ahead is not None:
        if ahead.process.poll() is None:
            return ahead
        ahead.control.close()
    return _spawn(program, variables)


def _key(variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(variables.items()))


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    defaults = {"MPLBACKEND": MATPLOTLIB_BACKEND, "PLOTLY_RENDERER": PLOTLY_RENDERER}
    return {**defaults, **environment, **python_path(environment), VARIABLE: mark()}


def _spawn(program: Sequence[str], variables: Mapping[str, str], output: int | None = None) -> Spawned:
    control, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(
                [*program, "serve", str(theirs.fileno())],
                cwd=os.sep,
                env=variables,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                # A session of its own: an interrupt of the kernel's group is the controller's business.
                start_new_session=True,
            )
        except BaseException:
            control.close()
            raise
    return Spawned(process, control)
