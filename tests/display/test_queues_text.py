"""How queues stand is said in a line for each."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.queues_text import NONE, text
from jupyter_pipes.execution.executors.remote.waiting import QueueLook
from jupyter_pipes.storage.queues import Queue

FAR = Queue("far", scheduler="tcp://h:1")
POOL = Queue("a pool", cluster="dask.distributed.LocalCluster")


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (QueueLook(FAR, 1, 0), "far  tcp://h:1  1 worker, 0 busy"),
        (QueueLook(FAR, 3, 2), "far  tcp://h:1  3 workers, 2 busy"),
        (QueueLook(FAR, 3, 2, "no worker of far has gpu=1"), "far  tcp://h:1  no worker of far has gpu=1"),
        (QueueLook(POOL), "a pool  LocalCluster  starts when a step needs it"),
    ],
)
def test_the_line_of_a_queue(look: QueueLook, line: str) -> None:
    assert text([look]) == f"{line}\n"


def test_places_stand_below_each_other() -> None:
    assert [line.index("  ") for line in text([QueueLook(POOL), QueueLook(FAR, 1)]).splitlines()] == [6, 3]
    assert {
        line.find("tcp") + line.find("Local")
        for line in text([QueueLook(POOL), QueueLook(FAR, 1)]).splitlines()
    } == {7}


def test_without_any_it_says_how_to_name_one() -> None:
    assert text([]) == NONE
