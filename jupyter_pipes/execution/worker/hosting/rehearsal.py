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

_PLAIN = "x = [1]"
"""It runs, and stores."""

_SELDOM = ("x = [1]\nx", "1 / 0")
"""Between them they display, fail and format a traceback, which takes the most to load."""


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

    def run_plain(self) -> None:
        """Load what every job needs, in the helper; in a child, have what it writes to copied."""
        self._run(_PLAIN)

    def run_seldom(self) -> None:
        """Load what only some jobs need, so that no child has to."""
        nothing = io.StringIO()
        with contextlib.redirect_stdout(nothing):
            for body in _SELDOM:
                self._run(body)

    def _run(self, body: str) -> None:
        before, native.inherited = native.inherited, self._watched
        step = Step("rehearsal", 0, body, "", writes=("x",), demanded=("x",))
        job = Job("", "", step, 1, directory=self._folder, store=f"{self._folder}/store")
        run_job(read_job(msgspec.json.encode(job)), self._shell, _say_nothing, lambda: 0)
        native.inherited = before


def _say_nothing(event: ev.AnyEvent) -> None:
    reports.encode("", event)
