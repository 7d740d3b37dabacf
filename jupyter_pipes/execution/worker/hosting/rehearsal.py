"""Small jobs that the helper runs itself, so that every child finds all that it needs loaded and warm."""

from __future__ import annotations

import contextlib
import io
import tempfile
from typing import Any

from jupyter_pipes.execution.worker.job import run_job
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step

_BODIES = ("x = [1]\nx", "1 / 0")
"""Between them they store, display, fail and format a traceback."""


def rehearse(shell: Any) -> None:
    """Run the small jobs; nobody hears of them."""
    nothing = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(nothing):
        for body in _BODIES:
            store = f"{folder}/store"
            step = Step("rehearsal", 0, body, "", writes=("x",), demanded=("x",))
            job = Job("", "", step, 1, directory=folder, store=store)
            run_job(job, shell, lambda _event: None, lambda: 0)
