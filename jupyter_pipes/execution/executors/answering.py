"""Small jobs of a run's controller, in processes of this machine, whose answers are awaited."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.model import events as ev

if TYPE_CHECKING:
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.results import ArtifactRef


async def ended(job: Job) -> tuple[ev.AttemptEnded, list[ArtifactRef]]:
    """Run a job; return how it ended, and what it left. Whoever stops waiting ends its process."""
    left: list[ArtifactRef] = []
    done: asyncio.Future[ev.AttemptEnded] = asyncio.get_running_loop().create_future()

    def report(event: ev.AnyEvent) -> None:
        if isinstance(event, ev.ArtifactStored):
            left.append(event.artifact)
        elif isinstance(event, ev.AttemptEnded) and not done.done():
            done.set_result(event)

    local_executor().submit(job, report)
    try:
        return await done, left
    except asyncio.CancelledError:
        local_executor().cancel(job.attempt_id, "cancelled", "the run is over")
        raise


def taken(log: Path) -> str:
    """Return what a job printed, and remove its log: it is told, not kept."""
    try:
        text = log.read_text("utf-8", "replace").strip()
        log.unlink()
    except FileNotFoundError:
        return ""
    return text
