"""Every row of the truth table of failures holds in every executor, and docs have the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.execution.executors.cluster import Cluster, running_cluster
from tests.execution.executors.endings import EVERYWHERE, LOST, Ended, Row, rows, table
from tests.waiting import until

DOCS = Path(__file__).parents[3] / "docs" / "running.md"
DEADLINE = 120.0

CASES = [
    pytest.param(row, executor, id=f"{executor}-{row.way.name}-{row.policy}")
    for executor in EVERYWHERE
    for row in rows()
    if executor in row.way.executors
]


@pytest.fixture(scope="module")
def doomed_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers that are begun anew when steps kill them."""
    with running_cluster(tmp_path_factory.mktemp("doomed")) as cluster:
        yield cluster
        # Whose worker was killed just now, does not end when it is asked to.
        for name in [*cluster.workers]:
            cluster.kill(name)


def done_to(row: Row, run: Run) -> None:
    """Do to the step what the row says."""
    if row.way.act == "cancel":
        until(lambda: run.steps["bad"].status is Status.RUNNING, "the step runs")
        run.cancel("bad")
    elif row.way.act == "refuse":
        until(lambda: "bad" in run.view.gates, "the step waits at its gate")
        run.refuse("bad")


def started(row: Row, pipeline: Pipeline, queue: str) -> Run:
    """Start the run of a row, and wait for its end."""
    run = pipeline.start(fail_fast=row.policy == "--fail-fast", queue=queue)
    done_to(row, run)
    return run.wait(DEADLINE)


def debugged(row: Row, pipeline: Pipeline) -> Run:
    """Run a row on this thread; another one, as somebody elsewhere would, does to its step what it says."""
    done: list[Future[None]] = []
    with ThreadPoolExecutor(1) as elsewhere:
        run = pipeline.start_debugging(
            prepared=lambda run: done.append(elsewhere.submit(done_to, row, run)),
            fail_fast=row.policy == "--fail-fast",
        )
        done[0].result()
    return run


@pytest.mark.slow
@pytest.mark.parametrize(("row", "executor"), CASES)
def test_a_step_s_end_means_what_the_table_says(
    row: Row,
    executor: str,
    pipeline_of: Callable[..., Pipeline],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    queue = "local"
    if executor == "cluster":
        queue = "far"
        cluster = request.getfixturevalue("doomed_cluster" if row.way is LOST else "cluster")
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
    pipeline = pipeline_of(*row.cells)
    run = debugged(row, pipeline) if executor == "inline" else started(row, pipeline, queue)
    bad, reader, behind, other = (run.steps[name].status for name in ("bad", "reader", "behind", "other"))
    got = run["got"] if reader is Status.COMPLETED else ""
    assert Ended(bad, reader, behind, other, run.status, got) == row.ended, run.reason


def test_the_docs_have_the_table() -> None:
    """`python -m tests.execution.executors.endings` prints it."""
    assert table() in DOCS.read_text()
