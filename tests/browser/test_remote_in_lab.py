"""A step on a queue of Dask workers, watched live in a real JupyterLab while its worker is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, write_notebook
from playwright.sync_api import expect

from tests.execution.executors.cluster import Cluster, running_cluster
from tests.waiting import until

CELLS = (
    "%load_ext jupyter_pipes\nfrom jupyter_pipes import current",
    "%%step load\nrows = [1, 2, 3]",
    """%%step fit --queue far
import psutil, time
from pathlib import Path
ours = "jupyter_pipes.execution.worker"
above = [each for each in psutil.Process().parents() if ours not in each.cmdline()]
with Path("begun").open("a") as file:
    print(above[0].pid, file=file)
current.progress(1, 2, "half of it")
while not Path("end").exists():
    time.sleep(0.02)
fitted = sum(rows)""",
    "%%step report\nreport = f'{fitted} of {len(rows)}'",
    "%pipeline get report\nreport",
)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as running:
        yield running


def test_a_step_on_another_machine_is_watched_and_survives_its_worker(
    lab: Lab, cluster: Cluster, request: pytest.FixtureRequest
) -> None:
    folder = lab.folder_of(request.node.name)
    folder.mkdir()
    (folder / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
    shown = lab.open(write_notebook(folder / "far.ipynb", *CELLS))
    shown.wait_for_kernel()
    page = shown.page
    header = page.locator(".jp-pipes-header:has(.jp-pipes-name:text-is('fit'))")
    page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    expect(header).to_contain_text("50 %")
    begun = folder / "begun"
    os.kill(int(begun.read_text()), signal.SIGKILL)
    until(lambda: len(begun.read_text().splitlines()) == 2, "that the step began on the other worker")
    expect(header).to_contain_text("50 %")
    (folder / "end").touch()
    expect(header).to_contain_text("completed")
    shown.run_all_and_wait()
    expect(page.locator(".jp-OutputArea-output").last).to_contain_text("6 of 3")
    shown.close()
