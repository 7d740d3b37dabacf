"""A sweep in a kernel: one table that grows, the sweep as the cell's value, an interrupt that ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import run_cells

pytestmark = pytest.mark.slow

CELLS = (
    "%load_ext jupyter_pipes\nfrom jupyter_pipes import current",
    "%%params\nlr: float = 0.1",
    "%%step load\nxs = [1, 2, 3]",
    "%%step fit\nif lr > 5:\n    import time\n    time.sleep(600)\n"
    "score = sum(xs) * lr\ncurrent.metric('auc', score)",
)
INTERRUPTING = """\
import os, signal, threading

def interrupt():
    import time
    session = get_ipython().magics_manager.registry["PipesMagics"].session
    while session.run.params["lr"] != 6 or session.run.steps["fit"].status != "running":
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
"""


def test_runs_are_compared_in_one_table_and_are_the_cells_value(tmp_path: Path) -> None:
    executed = run_cells(
        tmp_path,
        [
            *CELLS,
            "sweep = %pipeline run --sweep lr=1,3,2 --metric auc:max",
            "[run['score'] for run in sweep], sweep.best['score']",
            "def go():\n    get_ipython().run_line_magic('pipeline', 'run --sweep lr=1..2')\ngo()",
        ],
    )
    (table,) = [output for output in executed.outputs(4) if "data" in output]
    rows = [line.split() for line in table["data"]["text/plain"].splitlines()]
    assert rows[0] == ["run", "lr", "status", "time", "auc"]
    assert [row[0] == "★" for row in rows] == [False, False, True, False]
    assert [row[-1] for row in rows[1:]] == ["6", "18", "12"]
    assert table["data"]["text/html"].count("class=best") == 1
    assert "3 runs: 3 completed" in executed.text(4)
    assert executed.text(5) == "([6.0, 18.0, 12.0], 18.0)"
    # Where nothing can be awaited, it is the same.
    assert "2 runs: 2 completed" in executed.text(6)


def test_an_interrupt_cancels_the_run_and_ends_the_sweep(tmp_path: Path) -> None:
    executed = run_cells(
        tmp_path, [*CELLS, "%pipeline run", INTERRUPTING, "%pipeline run --sweep lr=1,6,2", "1 + 1"]
    )
    kind, words = executed.error(6)
    assert kind == "RunCancelled"
    assert "1 of 2 runs did not complete" in words
    assert "2 of 3 runs: 1 completed · 1 cancelled" in executed.text(6)
    assert executed.text(7) == "2"
