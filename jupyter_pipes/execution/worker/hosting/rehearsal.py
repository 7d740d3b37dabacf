"""Small jobs without a word to anybody, so that a real one finds all that it needs loaded and its own.

A child shares the helper's memory until it writes to it, and code that only runs writes everywhere: it counts
who holds what. Copying those pages takes several times as long as the code of a small step.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.execution import reports
from jupyter_pipes.execution.worker.hosting.child import read_job
from jupyter_pipes.execution.worker.job import run_job
from jupyter_pipes.execution.worker.observation import native
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.artifacts import ArtifactStore

_PLAIN = "x = [1]"
"""It runs, and stores."""

_SELDOM = ("x = [1]\nx", "1 / 0")
"""Between them they display, fail and format a traceback, which takes the most to load."""

_HERE = str(Path(__file__).parent)
"""A folder without folders in it, where nothing is written."""


class Rehearsal:
    """What runs small jobs in one shell.

    Args:
        shell: the process's.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        # One of its own: what happens in the folder is nothing that a real attempt does.
        self._watched = native.new_group()

    def load(self) -> None:
        """Load what every job needs: in the helper, so that no child has to."""
        self._store(_PLAIN)

    def load_the_rest(self) -> None:
        """Load what only some jobs need."""
        self._store(*_SELDOM)

    def copy_pages(self) -> None:
        """Have what nearly every job writes to copied: in a child, which may be killed and leaves no file."""
        self._run(_PLAIN, _HERE, os.devnull)
        with contextlib.suppress(StoreError):
            ArtifactStore(os.devnull).put("x", [1])

    def _store(self, *bodies: str) -> None:
        nothing = io.StringIO()
        # Where no folder can be made, on a full disk, each child loads what it needs.
        with (
            contextlib.suppress(OSError),
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(nothing),
        ):
            for body in bodies:
                self._run(body, folder, f"{folder}/store", "x")

    def _run(self, body: str, directory: str, store: str, *writes: str) -> None:
        before, native.inherited = native.inherited, self._watched
        step = Step("rehearsal", 0, body, "", writes=writes, demanded=writes)
        job = Job("", "", step, 1, directory=directory, store=store)
        run_job(read_job(msgspec.json.encode(job)), self._shell, _say_nothing, lambda: 0)
        native.inherited = before


def _say_nothing(event: ev.AnyEvent) -> None:
    reports.encode("", event)
