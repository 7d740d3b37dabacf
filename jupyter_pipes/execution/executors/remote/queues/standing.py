"""How a queue stands with its Dask scheduler: who serves it, and who waits in which order."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import msgspec
from msgspec import Struct


class WorkerSeen(Struct, frozen=True):
    """A worker, as its scheduler knows it.

    Attributes:
        address, name: where it is, and what it is called.
        threads: how many tasks it takes at once.
        memory: its `--memory-limit` in bytes, 0 where it has none.
        resources: its `--resources`.
        tasks: how many tasks it has, begun or not.
    """

    address: str
    name: str
    threads: int = 1
    memory: int = 0
    resources: dict[str, float] = {}
    tasks: int = 0


class Standing(Struct, frozen=True):
    """How a queue stands.

    Attributes:
        workers: who serves it.
        waiting: how many tasks no worker has begun, of whomever.
        ahead: key of a waiting task of the asker's -> how many of them are to be begun before it.
    """

    workers: tuple[WorkerSeen, ...] = ()
    waiting: int = 0
    ahead: dict[str, int] = {}

    @property
    def busy(self) -> int:
        """How many workers have no slot to spare."""
        return sum(worker.tasks >= worker.threads for worker in self.workers)


def read(told: object) -> Standing:
    """Return what `look` told."""
    return msgspec.convert(told, Standing)


def look(asker: str, dask_scheduler: Any) -> dict[str, Any]:
    """Tell how a queue stands; called by the scheduler, which need not have this package.

    Args:
        asker: what the keys of the asker's tasks begin with.
        dask_scheduler: `distributed.Scheduler`.
    """

    def by_priority(task: Any) -> Any:
        return task.priority

    waiting = list(dask_scheduler.queued)
    workers: list[dict[str, Any]] = []
    for worker in dask_scheduler.workers.values():
        waiting += sorted(worker.processing, key=by_priority)[worker.nthreads :]
        workers.append(
            {
                "address": worker.address,
                "name": str(worker.name),
                "threads": worker.nthreads,
                "memory": worker.memory_limit or 0,
                "resources": dict(worker.resources),
                "tasks": len(worker.processing),
            }
        )
    waiting.sort(key=by_priority)
    ahead = {task.key: number for number, task in enumerate(waiting) if str(task.key).startswith(asker)}
    # No worker can take these now: they keep nobody else waiting.
    stuck = list(dask_scheduler.unrunnable)
    ahead.update({task.key: 0 for task in stuck if str(task.key).startswith(asker)})
    return {"workers": workers, "waiting": len(waiting) + len(stuck), "ahead": ahead}


def by_value(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of its own that is sent as code: what has no module is not looked for there."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(function.__code__, {"__builtins__": __builtins__, "Any": Any}, function.__name__)
    copy.__module__ = "__main__"
    return copy
