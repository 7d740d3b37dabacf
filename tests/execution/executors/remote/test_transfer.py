"""What travels between a run and its workers, and what does not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from tests.execution.executors.cluster import running_cluster
from tests.s3 import running_server


@pytest.mark.slow
def test_a_store_that_workers_reach_is_used_by_them_directly(
    pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    """Values go to the store and come from there: nothing of them stays at the worker."""
    with (
        running_server() as server,
        tempfile.TemporaryDirectory() as folder,
        running_cluster(Path(folder), workers=1) as cluster,
    ):
        server.make_bucket("team")
        (tmp_path / "pipes.toml").write_text(
            f'store = "s3://team/pipes"\n[queues.far]\nscheduler = "{cluster.address}"\n'
        )
        cells = (
            "%%step a --queue far\nx = bytes(100_000)\nx[:3]",
            "%%step b\ny = len(x)",
            "%%step c --queue far\nz = y + len(x)",
        )
        run = pipeline_of(*cells).start().wait(120)
        assert run.status is Status.COMPLETED, run.reason
        assert (run["y"], run["z"]) == (100_000, 200_000)
        assert run.artifact("x").digest not in {
            f"{path.parent.name}{path.name}" for path in Path(folder).rglob("*")
        }
        assert not (tmp_path / ".jupyter_pipes" / "artifacts").exists()
        again = pipeline_of(*cells).start().wait(120)
        assert {step.status for step in again.steps.values()} == {Status.CACHED}


@pytest.mark.slow
def test_a_run_has_steps_with_the_workers_of_two_schedulers_and_here(
    pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    """A value goes from one cluster to the other by way of the run: they know nothing of each other."""
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        running_cluster(Path(one), workers=1, settings={"CLUSTER": "one"}) as far,
        running_cluster(Path(other), workers=1, settings={"CLUSTER": "other"}) as near,
    ):
        (tmp_path / "pipes.toml").write_text(
            f'[queues.far]\nscheduler = "{far.address}"\n[queues.near]\nscheduler = "{near.address}"\n'
        )
        run = (
            pipeline_of(
                "import os",
                "%%step a --queue far\nx = [os.environ['CLUSTER']]",
                "%%step b --queue near\ny = [*x, os.environ['CLUSTER']]",
                "%%step c\nz = [*y, os.environ.get('CLUSTER')]",
            )
            .start()
            .wait(120)
        )
        assert run.status is Status.COMPLETED, run.reason
        assert run["z"] == ["one", "other", None]
