"""Dask clusters for all tests of executors in this process of pytest."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.executors.cluster import Cluster, running_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def distant_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers that see nothing of what tests write."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("folders are hidden from workers by a mount namespace, which takes root here")
    base = tmp_path_factory.getbasetemp()
    with tempfile.TemporaryDirectory() as folder, running_cluster(Path(folder), hidden=base) as cluster:
        yield cluster
