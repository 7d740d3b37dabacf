"""What an attempt waits for is told as it is."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.execution.executors.remote.queues.standing import Standing, WorkerSeen
from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook, waits_for, what_is_wrong
from jupyter_pipes.execution.executors.remote.versions import PYTHON, versions
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.storage.queues import Queue

GIB = 1 << 30


def worker(name: str, tasks: int = 0, **has: Any) -> WorkerSeen:
    return WorkerSeen(f"tcp://{name}", name, tasks=tasks, **has)


FREE, BUSY = worker("w1"), worker("w2", 1)
GPU = worker("w3", resources={"gpu": 1})
SMALL = worker("w5", memory=GIB)
LARGE = worker("w4", threads=4, memory=64 * GIB)


@pytest.mark.parametrize(
    ("workers", "ahead", "words"),
    [
        ([], 0, "far has no workers: tcp://far:8786 waits for some"),
        ([FREE], 0, "far has 1 worker, free"),
        ([BUSY], 0, "far has 1 worker, busy"),
        ([BUSY, BUSY], 3, "far has 2 workers, both busy, 3 ahead of you"),
        ([BUSY, BUSY, BUSY], 10, "far has 3 workers, all busy, 10 ahead of you"),
        ([BUSY, BUSY, FREE], 1, "far has 3 workers, 2 busy, 1 ahead of you"),
        ([BUSY], 11, "far has 1 worker, more than 10 ahead of you"),
        ([BUSY, FREE], 100, "far has 2 workers, more than 10 ahead of you"),
        ([BUSY, FREE], 5_000, "far has 2 workers, more than 1,000 ahead of you"),
    ],
)
def test_the_reason_names_who_is_there_and_who_comes_first(
    workers: list[WorkerSeen], ahead: int, words: str
) -> None:
    queue = Queue("far", "tcp://far:8786")
    assert waits_for(queue, StepOptions(), Standing(tuple(workers)), ahead) == words


@pytest.mark.parametrize(
    ("resources", "options", "workers", "words"),
    [
        ({"gpu": 1}, {}, [FREE, GPU], "far has 1 worker, free"),
        ({"gpu": 2}, {}, [FREE, GPU], 'has gpu=2: start one with --resources "gpu=2"'),
        (
            {},
            {"memory": 64 * GIB},
            [worker("w1", memory=GIB)],
            "has 64 GiB: start one with --memory-limit 64GiB",
        ),
        ({}, {"memory": 64 * GIB}, [LARGE], "far has 1 worker, free"),
        ({}, {"memory": 64 * GIB}, [FREE], "far has 1 worker, free"),
        ({}, {"cpus": 2}, [FREE, BUSY], "has 2 cpus: start one with --threads 2"),
        ({}, {"cpus": 4}, [FREE, LARGE], "far has 1 worker, free"),
        # Told is what the worker lacks that comes nearest.
        ({"gpu": 1}, {"cpus": 2}, [FREE, GPU], "has 2 cpus: start one with --threads 2"),
        (
            {"gpu": 1},
            {"cpus": 2},
            [FREE],
            'has gpu=1 and 2 cpus: start one with --resources "gpu=1" --threads 2',
        ),
    ],
)
def test_what_no_worker_has_is_named_with_what_to_do(
    resources: dict[str, float], options: dict[str, Any], workers: list[WorkerSeen], words: str
) -> None:
    queue, demanded = Queue("far", "tcp://far:8786", resources=resources), StepOptions(**options)
    told = waits_for(queue, demanded, Standing(tuple(workers)), 0)
    assert told == (words if words.startswith("far") else f"no worker of far {words}")
    # The same is known before a run.
    trouble = QueueLook(queue, Standing(tuple(workers))).trouble_of(demanded)
    assert trouble == ("" if words.startswith("far") else told)


def test_workers_that_refuse_are_named_when_there_is_no_other() -> None:
    queue, refusals = Queue("far", "tcp://far:8786"), {"tcp://w1": "has Python 3.12, the kernel 3.11"}
    alone = waits_for(queue, StepOptions(), Standing((FREE,)), 0, refusals)
    beside = waits_for(queue, StepOptions(), Standing((FREE, BUSY)), 0, refusals)
    assert alone == "worker w1 has Python 3.12, the kernel 3.11"
    assert beside == "far has 1 worker, busy"


OWN = versions()[PYTHON]


@pytest.mark.parametrize(
    ("workers", "pythons", "words"),
    [
        ([], {}, "far has no workers: tcp://far:8786 waits for some"),
        ([FREE], {"tcp://w1": "9.9"}, 'no worker of far has gpu=1: start one with --resources "gpu=1"'),
        ([GPU], {"tcp://w3": "9.9"}, f"worker w3 has Python 9.9, the kernel {OWN}"),
        ([GPU, FREE], {"tcp://w3": OWN, "tcp://w1": "9.9"}, ""),
    ],
)
def test_what_keeps_a_queue_from_running_anything_is_told_before_a_run(
    workers: list[WorkerSeen], pythons: dict[str, str], words: str
) -> None:
    queue = Queue("far", "tcp://far:8786", resources={"gpu": 1})
    assert what_is_wrong(queue, Standing(tuple(workers)), pythons) == words
