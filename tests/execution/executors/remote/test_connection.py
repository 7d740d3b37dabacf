"""A connection to a scheduler: what Dask itself says of it stays with us."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from jupyter_pipes.execution.executors.remote.connection import OnOtherThreads, Placement, Unreachable


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def test_what_is_logged_on_our_thread_is_left_out_and_a_user_s_own_client_is_heard() -> None:
    logger, kept = logging.Logger("client"), Kept()
    logger.addHandler(kept)
    logger.addFilter(OnOtherThreads())
    logger.error("ours")
    other = threading.Thread(target=logger.error, args=("another's",))
    other.start()
    other.join()
    assert kept.messages == ["another's"]


class Pending:
    """A future of Dask's that nothing is heard of any more."""

    key = "a"

    async def result(self) -> None:
        await asyncio.Event().wait()


def test_a_place_in_the_queue_is_lost_with_the_connection_though_dask_does_not_say_so() -> None:
    async def lose() -> None:
        placement = Placement(Pending())
        asyncio.get_running_loop().call_soon(placement.lose)
        await placement.ended()

    with pytest.raises(Unreachable, match="the connection was lost"):
        asyncio.run(asyncio.wait_for(lose(), 60))
