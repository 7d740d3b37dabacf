"""A connection to a scheduler: what Dask itself says of it stays with us."""

from __future__ import annotations

import logging
import threading

from jupyter_pipes.execution.executors.remote.connection import OnOtherThreads


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
