"""Hundreds of runs in one kernel: what they leave there does not grow with their number."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from jupyter_pipes.kernel.graphs import MOST_LIVE
from tests.kernels import Executed, run_cells

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="counts files by psutil")]

FIRST = [
    "%load_ext jupyter_pipes\nimport gc, psutil, sys, threading, time\nmost = 1000",
    "%%step a\nx = 1\nprint('hello')",
    "%%step b\ny = x + 1",
    "%%step c\nz = y + 1\nz",
]
MEASURE = """\
import ipywidgets
gc.collect()
runs = [value for value in Out.values() if type(value).__name__ == "Run"]
def driven():
    return sum(run._driver is not None for run in runs)
# Sockets of threads that have ended are closed by ZeroMQ on a thread of its own, controllers by that of runs.
deadline = time.monotonic() + 60
while (psutil.Process().num_fds() > most or driven() > 1) and time.monotonic() < deadline:
    time.sleep(0.05)
    gc.collect()
files = psutil.Process().num_fds()
most = files + 10
print({
    "models": len(ipywidgets.widgets.widget._instances),
    "driven": driven(),
    "runs": len(runs),
    "threads": threading.active_count(),
    "files": files,
    "blocks": sys.getallocatedblocks(),
})"""
FEW, MANY = 2 * MOST_LIVE, 25


def measured(executed: Executed, cell: int) -> dict[str, int]:
    return ast.literal_eval(executed.text(cell))


@pytest.mark.parametrize("run", ["%pipeline run", "%pipeline run --force all"], ids=["cached", "forced"])
def test_runs_leave_no_models_controllers_files_or_threads(tmp_path: Path, run: str) -> None:
    cells = [*FIRST, *[run] * FEW, MEASURE, *[run] * MANY, MEASURE]
    executed = run_cells(tmp_path, cells)
    before, after = (measured(executed, place) for place in (len(FIRST) + FEW, len(cells) - 1))
    assert (before["runs"], after["runs"]) == (FEW, FEW + MANY)
    assert after["models"] == before["models"]
    # The last one may be held until the next begins.
    assert after["driven"] <= 1
    # Displays have threads now and then, each with a socket or two.
    assert after["threads"] < before["threads"] + MANY / 4
    assert after["files"] <= before["files"] + 10
    # A run itself, a cell's text, and what IPython keeps of each.
    assert after["blocks"] - before["blocks"] < MANY * 1_000


def test_earlier_graphs_stay_as_pictures(tmp_path: Path) -> None:
    cells = [*FIRST, *["%pipeline run"] * (MOST_LIVE + 2)]
    executed = run_cells(tmp_path, cells)
    for place in range(len(FIRST), len(cells)):
        kinds = [set(output.data) for output in executed.outputs(place) if "data" in output]
        assert any("image/svg+xml" in kind for kind in kinds)
    still = "".join(str(output.data) for output in executed.outputs(len(FIRST)) if "data" in output)
    assert "completed" in still
