"""All queues of a project as one executor: each job is given to what serves its queue."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_pipes.execution.executors.base import Executor, Report
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job


class Queues:
    """Serves several queues.

    Args:
        executors: name of a queue -> what serves it.
    """

    def __init__(self, executors: Mapping[str, Executor]) -> None:
        self._executors = executors

    def submit(self, job: Job, report: Report) -> None:
        """Give a job to its queue."""
        self._executors[job.step.options.queue].submit(job, report)

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt, wherever it is."""
        for executor in self._executors.values():
            executor.cancel(attempt, outcome, reason)

    def close(self) -> None:
        """Close all of them."""
        for executor in self._executors.values():
            executor.close()
