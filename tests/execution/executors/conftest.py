"""One Dask cluster for all tests of executors in this process of pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.execution.executors.cluster import Cluster, running_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
