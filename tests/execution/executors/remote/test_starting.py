"""A queue that starts its own cluster: when first used, until it is needed no more."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.execution.executors.remote.starting import class_at
from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from tests.slurm import running_slurm, why_not


@pytest.mark.parametrize("path", ["LocalCluster", "nowhere.Cluster", "json.Cluster", ""])
def test_what_cannot_be_imported_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError, match="queue pool: cluster = "):
        class_at(path, "pool")


@pytest.mark.slow
def test_a_cluster_starts_with_the_first_step_and_ends_behind_the_last(
    pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").write_text(
        '[queues.pool]\ncluster = "dask.distributed.LocalCluster"\n'
        "keywords = { n_workers = 1, threads_per_worker = 1 }\n"
    )
    above = "import psutil\nworkers = [each.pid for each in psutil.Process().parents()[2:3]]"
    run = pipeline_of(f"%%step a --queue pool\n{above}", "%%step b\nx = len(workers)").run()
    assert (run.status, run["x"]) == (Status.COMPLETED, 1)
    (worker,) = run["workers"]
    if psutil.pid_exists(worker):
        psutil.Process(worker).wait(60)


@pytest.mark.slow
def test_a_cluster_that_does_not_start_fails_its_steps_with_the_cause(
    pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").write_text(
        '[queues.pool]\ncluster = "dask.distributed.LocalCluster"\nkeywords = { workers = 1 }\n'
    )
    run = pipeline_of("%%step a --queue pool\nx = 1").run(check=False)
    assert run.status is Status.FAILED
    assert "queue pool: dask.distributed.LocalCluster did not start" in run.steps["a"].reason


SLURM = """\
[queues.pool]
cluster = "dask_jobqueue.SLURMCluster"

[queues.pool.keywords]
cores = 1
memory = "1GiB"
n_workers = 1
log_directory = "{folder}"
local_directory = "{folder}"
scheduler_options = {{ host = "127.0.0.1", dashboard_address = ":0" }}
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path / "slurm"
    folder.mkdir()
    (tmp_path / "pipes.toml").write_text(SLURM.format(folder=folder))
    with running_slurm(folder) as configuration:
        monkeypatch.setenv("SLURM_CONF", str(configuration))
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_steps_run_in_a_job_that_was_submitted_for_them(pipeline_of: Callable[..., Pipeline]) -> None:
    before = signal.getsignal(signal.SIGINT)
    run = pipeline_of(
        "%%step a --queue pool\nimport os\njob = os.environ['SLURM_JOB_ID']",
        "%%step b --queue pool\nsame = os.environ['SLURM_JOB_ID'] == job",
        "%%step c\nx = int(job)",
    ).run(check=False)
    assert run.status is Status.COMPLETED, run.reason
    assert (run["same"], run["x"] > 0) == (True, True)
    assert signal.getsignal(signal.SIGINT) is before
