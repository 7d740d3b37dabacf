"""How a queue stands is read off its scheduler: who waits there, in the order in which they are begun."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cloudpickle

from jupyter_pipes.execution.executors.remote.queues.standing import by_value, look, read


class Task:
    def __init__(self, key: str, priority: int) -> None:
        self.key, self.priority = key, (0, priority)


def task(key: str, priority: int) -> Any:
    return Task(key, priority)


def worker(name: str, threads: int, *tasks: Any) -> Any:
    facts = {"memory_limit": None, "resources": {}, "nthreads": threads}
    return SimpleNamespace(address=f"tcp://{name}", name=name, processing=set(tasks), **facts)


SCHEDULER = SimpleNamespace(
    workers={
        "a": worker("a", 1, task("ours-1", 1), task("ours-4", 4), task("theirs-3", 3)),
        "b": worker("b", 2, task("theirs-2", 2)),
    },
    queued=[task("ours-6", 6), task("theirs-5", 5)],
    unrunnable={task("ours-stuck", 0): 1.0},
)


def test_who_waits_is_told_by_how_many_come_first() -> None:
    standing = read(look("ours", SCHEDULER))
    assert standing.ahead == {"ours-4": 1, "ours-6": 3, "ours-stuck": 0}
    assert (standing.waiting, standing.busy) == (5, 1)
    assert [(each.name, each.threads, each.tasks) for each in standing.workers] == [("a", 1, 3), ("b", 2, 1)]


def test_a_scheduler_without_this_package_can_be_asked() -> None:
    sent = cloudpickle.dumps(by_value(look))
    assert b"jupyter_pipes.execution" not in sent
    assert cloudpickle.loads(sent)("ours", SCHEDULER) == look("ours", SCHEDULER)
