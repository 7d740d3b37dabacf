"""What every executor promises to the controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job

Report = Callable[[ev.AnyEvent], None]


class Executor(Protocol):
    """Serves a queue. All methods are called, and all reports made, on the background thread.

    For each submitted job: `AttemptQueued` at once, `AttemptStarted` when its process runs, what the step
    reports, and exactly one `AttemptEnded` at last, whatever happens to the process.
    """

    def submit(self, job: Job, report: Report) -> None:
        """Take a job; never blocks, never raises for what is wrong with the job."""

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt (`Job.attempt_id`); it ends with `outcome`, unless it had completed before."""

    def close(self) -> None:
        """End all attempts and give back what the executor holds."""
