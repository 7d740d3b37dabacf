"""What an attempt waits for is told as it is."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.execution.executors.remote.versions import PYTHON, versions
from jupyter_pipes.execution.executors.remote.waiting import waits_for, what_is_wrong
from jupyter_pipes.storage.queues import Queue

PLAIN: dict[str, Any] = {"nthreads": 1, "resources": {}}
GPU: dict[str, Any] = {"nthreads": 1, "resources": {"gpu": 1}}


@pytest.mark.parametrize(
    ("resources", "workers", "busy", "ahead", "words"),
    [
        ({}, [], 0, 0, "queue far has no workers: tcp://far:8786 waits for some"),
        ({}, [PLAIN], 1, 0, "queue far has 1 worker, busy"),
        ({}, [PLAIN, PLAIN], 2, 3, "queue far has 2 workers, all busy, 3 ahead"),
        ({}, [PLAIN, PLAIN], 1, 0, "queue far has 2 workers, 1 busy"),
        ({"gpu": 1}, [PLAIN, GPU], 1, 0, "queue far has 1 worker, busy"),
        ({"gpu": 2}, [GPU], 0, 0, 'no worker of far has gpu=2: start one with --resources "gpu=2"'),
    ],
)
def test_the_reason_names_who_is_there_and_what_is_in_the_way(
    resources: dict[str, float], workers: list[dict[str, Any]], busy: int, ahead: int, words: str
) -> None:
    queue = Queue("far", "tcp://far:8786", resources=resources)
    assert waits_for(queue, dict(enumerate(workers)), busy, ahead) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("workers", "pythons", "words"),
    [
        ({}, {}, "queue far has no workers: tcp://far:8786 waits for some"),
        ({"a": PLAIN}, {"a": "9.9"}, 'no worker of far has gpu=1: start one with --resources "gpu=1"'),
        ({"a": GPU}, {"a": "9.9"}, f"the workers of far have Python 9.9, the run {versions()[PYTHON]}"),
        ({"a": GPU, "b": GPU}, {"a": "9.9", "b": versions()[PYTHON]}, ""),
    ],
)
def test_what_keeps_a_queue_from_running_anything_is_told_before_a_run(
    workers: dict[str, dict[str, Any]], pythons: dict[str, str], words: str
) -> None:
    queue = Queue("far", "tcp://far:8786", resources={"gpu": 1})
    assert what_is_wrong(queue, workers, pythons) == words
