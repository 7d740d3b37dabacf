"""What becomes of a run when workers, their scheduler or the network are lost: real processes, killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.model.results import WORKER_LOST
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.acceptance.project import Project
from tests.execution.executors.cluster import Cluster, running_cluster
from tests.execution.executors.network import can_be_laid, network
from tests.waiting import until

pytestmark = pytest.mark.slow

DEADLINE = 90.0
"""Seconds after which a test that waits gives up."""

CUT = float(os.environ.get("JUPYTER_PIPES_CUT", "2"))
"""Seconds for which the network is cut: `JUPYTER_PIPES_CUT=30` takes two minutes."""


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers that a test may kill; the queue `far` of its notebooks."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with running_cluster(folder) as cluster:
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
        yield cluster


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler whose workers a test starts, and that misses one which says nothing for six seconds."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    patience = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "6s"}
    with running_cluster(folder, workers=0, settings=patience) as cluster:
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
        yield cluster


def begun(path: Path, times: int = 1) -> int:
    """Wait until attempts have written their workers' process into a file, and return the last one."""
    lines = until(lambda: _whole_lines(path)[times - 1 :], "the begin of the step", DEADLINE)
    return int(lines[-1])


def _whole_lines(path: Path) -> list[str]:
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].split()


WAITS = """\
import os, pathlib, psutil, time
ours = "jupyter_pipes.execution.worker"
above = [each for each in psutil.Process().parents() if ours not in each.cmdline()]
with open("begun", "a") as file:
    print(above[0].pid, file=file)
if not pathlib.Path("go").exists() and len(pathlib.Path("begun").read_text().split()) == 1:
    time.sleep(600)
x = 1"""


def test_a_step_whose_worker_is_killed_runs_on_another_one_and_that_is_no_retry(
    own_cluster: Cluster, pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    run = pipeline_of(f"%%step a --queue far\n{WAITS}", "%%step b\ny = x + 1").start()
    worker = begun(tmp_path / "begun")
    os.kill(worker, signal.SIGKILL)
    run.wait(DEADLINE)
    assert (run.status, run["y"]) == (Status.COMPLETED, 2)
    first, second = run.steps["a"].attempts
    assert (first.status, second.status) == (Status.FAILED, Status.COMPLETED)
    assert "is gone; begun again elsewhere (1 of 3 times)" in _reasons(run)
    assert len((tmp_path / "begun").read_text().split()) == 2


def test_a_run_goes_on_with_a_scheduler_that_was_started_anew(
    own_cluster: Cluster, pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    run = pipeline_of(f"%%step a --queue far\n{WAITS}", "%%step b --queue far\ny = x + 1").start()
    begun(tmp_path / "begun")
    own_cluster.restart()
    run.wait(DEADLINE)
    assert (run.status, run["y"]) == (Status.COMPLETED, 2)
    assert "is gone; begun again elsewhere (1 of 3 times)" in _reasons(run)


def test_a_run_waits_for_a_scheduler_that_does_not_answer_and_says_so(
    pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").write_text('[queues.far]\nscheduler = "tcp://127.0.0.1:9"\n')
    run = pipeline_of("%%step a --queue far\nx = 1").start()
    warning = run.view.diagnostics[-1]
    assert (warning.code, warning.severity) == ("JP029", "warning")
    assert re.search("does not answer|did not answer within", warning.message)
    until(lambda: "the scheduler does not answer since" in run.steps["a"].reason, "the reason")
    run.cancel()
    assert run.wait(DEADLINE).status is Status.CANCELLED


def _reasons(run: Run) -> str:
    return " ".join(str(record.event) for record in run.workspace.history.records(run.id))


NOTES = """\
import os, pathlib, psutil, time
from jupyter_pipes import current
ours = "jupyter_pipes.execution.worker"
above = [each for each in psutil.Process().parents() if ours not in each.cmdline()]
attempt = current.step.attempt
pathlib.Path(f"pid-{attempt}").write_text(str(os.getpid()))
with open("begun", "a") as file:
    print(above[0].pid, file=file)
while not pathlib.Path(f"go-{attempt}").exists():
    time.sleep(0.01)
with open("did", "a") as file:
    print(attempt, file=file)
x = attempt"""
"""Begins, waits for the test, and has an effect: each is noted, once by each attempt."""


def test_a_worker_that_was_thought_dead_finishes_too_and_its_result_is_nobody_s(
    scheduler: Cluster, pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    # A nanny would start it anew.
    scheduler.add_worker("w1", "--no-nanny")
    run = pipeline_of(f"%%step a --queue far\n{NOTES}", "%%step b --queue far\ny = x").start()
    first = psutil.Process(begun(tmp_path / "begun"))
    scheduler.add_worker("w2")
    first.suspend()
    assert begun(tmp_path / "begun", times=2) != first.pid
    # The step's own process is not the one that stands still: it ends before, the second attempt after it.
    (tmp_path / "go-1").touch()
    until(lambda: _whole_lines(tmp_path / "did"), "the effect of the first attempt")
    first.resume()
    (tmp_path / "go-2").touch()
    run.wait(DEADLINE)
    assert (run.status, run["x"], run["y"]) == (Status.COMPLETED, 2, 2)
    lost, other = run.steps["a"].attempts
    assert (lost.error and lost.error.type, other.status) == (WORKER_LOST, Status.COMPLETED)
    assert _whole_lines(tmp_path / "did") == ["1", "2"]
    # Dask's worker, of whom its scheduler wants to hear no more, does not always end by itself.
    scheduler.kill("w1")


def test_a_cancel_that_crosses_a_completion_comes_too_late(
    own_cluster: Cluster, pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    run = pipeline_of(f"%%step a --queue far\n{NOTES}", "%%step b --queue far\ny = x").start()
    worker = psutil.Process(begun(tmp_path / "begun"))
    step = psutil.Process(int((tmp_path / "pid-1").read_text()))
    worker.suspend()
    (tmp_path / "go-1").touch()
    until(lambda: _is_over(step), "the end of the step's process")
    run.cancel()
    worker.resume()
    run.wait(DEADLINE)
    (attempt,) = run.steps["a"].attempts
    assert (attempt.status, run["x"]) == (Status.COMPLETED, 1)
    assert (run.status, run.steps["b"].status) == (Status.CANCELLED, Status.CANCELLED)
    assert _whole_lines(tmp_path / "did") == ["1"]


def _is_over(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


OTHER_VERSION = "Metadata-Version: 2.1\nName: jupyter_pipes\nVersion: 0.0.1\n"


def test_a_step_says_of_each_worker_why_it_cannot_have_it_and_takes_the_first_that_can(
    tmp_path: Path, pipeline_of: Callable[..., Pipeline]
) -> None:
    """One has another version of this package, one has no room on its disk."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("a small disk of its own takes root here")
    metadata = tmp_path / "older" / "jupyter_pipes-0.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(OTHER_VERSION)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as seen,
        running_cluster(Path(folder), tmp_path, 0) as cluster,
    ):
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
        older = str(shutil.copytree(tmp_path / "older", Path(seen, "older")))
        cluster.add_worker("older", PYTHONPATH=os.pathsep.join((older, *sys.path)))
        cells = "%%step a\nimport numpy as np\nx = np.arange(1_000_000)", "%%step b --queue far\ny = x.sum()"
        run = pipeline_of(*cells).start()
        until(lambda: "worker older has jupyter_pipes 0.0.1, the kernel" in run.steps["b"].reason, "why")
        small = ["unshare", "--mount", "sh", "-c", SMALL_DISK, str(Path(folder, "full"))]
        cluster.add_worker("full", within=small)
        until(lambda: "worker full has no room left on its disk" in run.steps["b"].reason, "why")
        assert "worker older has jupyter_pipes 0.0.1" in run.steps["b"].reason
        cluster.add_worker("fit")
        run.wait(DEADLINE)
    assert (run.status, run["y"]) == (Status.COMPLETED, 499999500000)
    assert len(run.steps["b"].attempts) == 1


SMALL_DISK = 'mount -t tmpfs -o size=4m none "$0" && exec "$@"'


@pytest.mark.skipif(not can_be_laid(), reason="namespaces of the network take root, and `ip`")
def test_a_run_goes_on_when_the_network_was_cut_between_any_two(tmp_path: Path) -> None:
    """Of workers from their scheduler, and of the run's controller from it."""
    project = Project(tmp_path, f"%%step a --queue far\n{NOTES}", "%%step b --queue far\ny = x")
    folder = tmp_path / "cluster"
    folder.mkdir()
    longer = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "60s"}
    with (
        network() as middle,
        middle.cable() as of_workers,
        middle.cable() as of_controller,
        running_cluster(folder, workers=0, host="0.0.0.0", settings=longer, within=middle.within) as cluster,
    ):
        port = cluster.address.rpartition(":")[2]
        cluster.address = f"tcp://{of_workers.middle_address}:{port}"
        cluster.add_worker("w1", within=of_workers.within)
        cluster.add_worker("w2", within=of_workers.within)
        (tmp_path / "pipes.toml").write_text(
            f'[queues.far]\nscheduler = "tcp://{of_controller.middle_address}:{port}"\n'
        )
        words = [*of_controller.within, sys.executable, "-m", "jupyter_pipes", "run", "study.ipynb"]
        with subprocess.Popen(words, cwd=tmp_path) as controller:
            try:
                begun(tmp_path / "begun")
                for each in (of_workers, of_controller):
                    each.cut()
                    time.sleep(CUT)
                    each.mend()
                for attempt in range(1, 5):
                    (tmp_path / f"go-{attempt}").touch()
                assert controller.wait(DEADLINE + 4 * CUT) == 0
            finally:
                controller.kill()
    run = find_run(project.pipeline().workspace, "last")
    attempts = run.steps["a"].attempts
    assert (run.status, run["x"], run["y"]) == (Status.COMPLETED, len(attempts), len(attempts))
    did = _whole_lines(tmp_path / "did")
    assert len(did) == len(set(did)) <= len(attempts)
