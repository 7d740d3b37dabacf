"""What an attempt waits for on a queue of other machines, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jupyter_pipes.execution.executors.remote.versions import PYTHON, versions
from jupyter_pipes.storage.queues import Queue

Workers = Mapping[str, Mapping[str, Any]]
"""Address -> what a Dask scheduler tells of a worker: `name`, `nthreads`, `resources`, …"""


class QueueLook(Struct, frozen=True):
    """What was seen of a queue.

    Attributes:
        queue: the queue.
        workers: how many serve it.
        busy: how many of them have no slot to spare.
        trouble: why no step of it could run now, in words; "" if one could.
    """

    queue: Queue
    workers: int = 0
    busy: int = 0
    trouble: str = ""


def waits_for(queue: Queue, workers: Workers, busy: int, ahead: int) -> str:
    """Return what an attempt that has no worker waits for.

    Args:
        queue: where it waits.
        workers: who serves it.
        busy: how many of them have no slot to spare.
        ahead: how many attempts of ours came before it and wait as well.
    """
    if not workers:
        return f"queue {queue.name} has no workers: {queue.place} waits for some"
    fitting = [worker for worker in workers.values() if not _lacks(queue, worker)]
    if not fitting:
        return f"no worker of {queue.name} has {_demanded(queue)}"
    served = f"queue {queue.name} has {_counted(len(fitting), busy)}"
    return f"{served}, {ahead} ahead" if ahead else served


def what_is_wrong(queue: Queue, workers: Workers, pythons: Mapping[str, str]) -> str:
    """Return why no step of the queue could run now, in words; "" if one could.

    Args:
        queue: the queue.
        workers: who serves it.
        pythons: address -> the minor version of the worker's Python.
    """
    fitting = [address for address, worker in workers.items() if not _lacks(queue, worker)]
    if not fitting:
        return waits_for(queue, workers, 0, 0)
    own = versions()[PYTHON]
    others = sorted({pythons.get(address, "?") for address in fitting} - {own})
    is_any_like = any(pythons.get(address) == own for address in fitting)
    return (
        "" if is_any_like else f"the workers of {queue.name} have Python {', '.join(others)}, the run {own}"
    )


def _counted(workers: int, busy: int) -> str:
    if workers == 1:
        return f"1 worker, {'busy' if busy else 'free'}"
    return f"{workers} workers, {'all' if busy >= workers else busy} busy"


def _lacks(queue: Queue, worker: Mapping[str, Any]) -> bool:
    has: Mapping[str, float] = worker.get("resources") or {}
    return any(has.get(name, 0) < amount for name, amount in queue.resources.items())


def _demanded(queue: Queue) -> str:
    amounts = [f"{name}={amount:g}" for name, amount in queue.resources.items()]
    return f'{" and ".join(amounts)}: start one with --resources "{" ".join(amounts)}"'
