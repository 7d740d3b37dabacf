"""A server of S3 for the tests of blobs in this process of pytest."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.s3 import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def s3(server: Server) -> Iterator[Server]:
    """The server, as it is before anything goes wrong."""
    server.requests.clear()
    yield server
    server.fault = lambda method, path: 0


@pytest.fixture
def url(s3: Server) -> str:
    """A place of its own for a store."""
    bucket = uuid4().hex
    s3.make_bucket(bucket)
    s3.requests.clear()
    return f"s3://{bucket}/pipes"
