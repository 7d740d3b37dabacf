"""What the notebooks of this folder share: a process for their plain runs, and how they are verified."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.truth.plain import PlainServer


@pytest.fixture(scope="session")
def plain_server() -> Iterator[PlainServer]:
    """The process that runs notebooks plainly, one for each worker of the tests."""
    server = PlainServer()
    yield server
    server.close()
