"""How queues stand is said in a line for each."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.queues_text import NONE, text
from jupyter_pipes.execution.executors.remote.queues.standing import Standing, WorkerSeen
from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook
from jupyter_pipes.storage.queues import Queue

FAR = Queue("far", scheduler="tcp://h:1")
POOL = Queue("a pool", cluster="dask.distributed.LocalCluster")


def standing(*tasks: int, waiting: int = 0) -> Standing:
    """Workers of one thread with so many tasks each."""
    workers = (WorkerSeen(f"tcp://{n}", str(n), tasks=each) for n, each in enumerate(tasks))
    return Standing(tuple(workers), waiting)


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (QueueLook(FAR, standing(0)), "far  tcp://h:1  1 worker, 0 busy"),
        (QueueLook(FAR, standing(1, 0, 1)), "far  tcp://h:1  3 workers, 2 busy"),
        (QueueLook(FAR, standing(2, waiting=3)), "far  tcp://h:1  1 worker, 1 busy, 3 waiting"),
        (QueueLook(FAR, standing(1), "no worker has gpu=1"), "far  tcp://h:1  no worker has gpu=1"),
        (QueueLook(POOL), "a pool  LocalCluster  starts when a step needs it"),
    ],
)
def test_the_line_of_a_queue(look: QueueLook, line: str) -> None:
    assert text([look]) == f"{line}\n"


def test_places_stand_below_each_other() -> None:
    lines = text([QueueLook(POOL), QueueLook(FAR, standing(0))]).splitlines()
    assert [line.index("  ") for line in lines] == [6, 3]
    assert {line.find("tcp") + line.find("Local") for line in lines} == {7}


def test_without_any_it_says_how_to_name_one() -> None:
    assert text([]) == NONE
