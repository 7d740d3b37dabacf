"""Small jobs without a word to anybody, so that a real one finds all that it needs loaded and its own.

A child shares the helper's memory until it writes to it, and code that only runs writes everywhere: it counts
who holds what. Copying those pages takes several times as long as the code of a small step.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import msgspec

from jupyter_pipes.execution import reports
from jupyter_pipes.execution.worker.hosting.child import read_job
from jupyter_pipes.execution.worker.job import run_job
from jupyter_pipes.execution.worker.observation import native
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step

_BODIES = ("x = [1]\nx", "1 / 0")
"""Between them they store, display, fail and format a traceback."""


class Rehearsal:
    """What runs small jobs in one shell.

    Args:
        shell: the process's.
        folder: where they run, and keep what they make: always the same.
    """

    def __init__(self, shell: Any, folder: str) -> None:
        self._shell = shell
        self._folder = folder
        # One of its own: what happens in the folder is nothing that a real attempt does.
        self._watched = native.new_group()

    def load_all(self) -> None:
        """Load all that jobs may need: in the helper, so that it is there in every child."""
        nothing = io.StringIO()
        with contextlib.redirect_stdout(nothing):
            for body in _BODIES:
                self._run(body)

    def make_own(self) -> None:
        """Have what nearly every job writes to copied, in a child that has nothing to do yet."""
        self._run("x = [1]")

    def _run(self, body: str) -> None:
        before, native.inherited = native.inherited, self._watched
        step = Step("rehearsal", 0, body, "", writes=("x",), demanded=("x",))
        job = Job("", "", step, 1, directory=self._folder, store=f"{self._folder}/store")
        run_job(read_job(msgspec.json.encode(job)), self._shell, _say_nothing, lambda: 0)
        native.inherited = before


def _say_nothing(event: ev.AnyEvent) -> None:
    reports.encode("", event)
