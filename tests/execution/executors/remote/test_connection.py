"""A connection to a scheduler: what Dask itself says of it stays with us, and what is none is told apart."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
from importlib import import_module

import pytest

from jupyter_pipes.execution.executors.remote.connection import (
    Connection,
    OnOtherThreads,
    Placement,
    Unreachable,
)
from jupyter_pipes.storage.queues import Queue


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


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="the dashboard"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="ssh"),
        pytest.param(b"\x05\0\0\0\0\0\0\0abcde", id="few bytes"),
        pytest.param(bytes(8), id="zeros"),
    ],
)
def test_what_is_no_scheduler_is_said_to_be_none(answer: bytes) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def connect() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connection = Connection(Queue("far", f"tcp://127.0.0.1:{port}"), lambda _: None)
            await connection.standing()

    with pytest.raises(Unreachable, match="no Dask scheduler"):
        asyncio.run(asyncio.wait_for(connect(), 60))


def test_what_dask_draws_is_not_taken_from_the_notebook_s_random_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither before it tries a scheduler again, nor to guess how large a message is."""
    monkeypatch.setattr("jupyter_pipes.execution.executors.remote.connection.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    connection = Connection(Queue("far", f"tcp://127.0.0.1:{port}"), lambda _: None)
    before = random.getstate()
    with pytest.raises(Unreachable):
        asyncio.run(asyncio.wait_for(connection.standing(), 60))
    import_module("dask.sizeof").sizeof([*range(100)])
    assert random.getstate() == before
