"""What happens to a run when workers or their scheduler are lost: real processes, really killed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.execution.executors.cluster import Cluster, running_cluster

pytestmark = pytest.mark.slow

DEADLINE = 90.0
"""Seconds after which a test that waits gives up."""


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers that a test may kill; the queue `far` of its notebooks."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with running_cluster(folder) as cluster:
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
        yield cluster


def begun(path: Path) -> int:
    """Wait until a step has written its process's parent into a file, and return it."""
    import time

    limit = time.monotonic() + DEADLINE
    while time.monotonic() < limit:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return int(text.split()[-1])
        time.sleep(0.02)
    raise AssertionError("the step has not begun")


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
    _wait_for(lambda: "the scheduler does not answer since" in run.steps["a"].reason)
    run.cancel()
    assert run.wait(DEADLINE).status is Status.CANCELLED


def _reasons(run: Run) -> str:
    return " ".join(str(record.event) for record in run.workspace.history.records(run.id))


def _wait_for(is_so: Callable[[], bool]) -> None:
    import time

    limit = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.02)
