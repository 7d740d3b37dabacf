"""A sweep from the panel: misfits are said at their fields; its table is there again in another kernel."""

from __future__ import annotations

import threading
from argparse import Namespace
from typing import Any, cast

import pytest

from jupyter_pipes.kernel.face import KernelFace
from tests.kernel.link.conftest import WAIT, AskedKernel

pytestmark = pytest.mark.slow

CELLS = {
    "imports": "import time\nfrom pathlib import Path\nfrom jupyter_pipes import current",
    "params": "%%params\nlr: float = 0.5\ndepth: int = 1\nmetric: str = 'a'",
    "load": "%%step load\nwith open('told.txt', 'a') as file:\n    file.write('load ')\nxs = [1, 2, 3]",
    "fit": "%%step fit\nwhile lr == 9 and not Path('go').exists():\n    time.sleep(0.02)\n"
    "current.metric('auc', sum(xs) * lr / depth)\nprint(metric)",
}


def wait_for_end(kernel: AskedKernel) -> None:
    """Return when the kernel's sweep has ended, as who watches is told of it."""
    changed = threading.Event()
    kernel.session.watch(changed.set)
    sweep = kernel.session.sweep
    assert sweep is not None
    while not sweep.has_ended:
        assert changed.wait(WAIT)
        changed.clear()


def table(kernel: AskedKernel, sweep: str) -> list[tuple[Any, ...]]:
    rows = kernel.answer("sweep", sweep=sweep)["rows"]
    return [(*row["parameters"].values(), row["status"], row["metrics"].get("auc")) for row in rows]


@pytest.mark.parametrize(
    ("asked", "misfits", "metric", "at_most", "runs"),
    [
        ({"over": {"lr": "0.1, 0.2", "depth": "2..5"}, "metric": "auc:max"}, {}, "", "", 8),
        ({"over": {"lr": "0.1,0.2", "depth": "2..5"}, "at_most": "3"}, {}, "", "", 3),
        ({"over": {"lr": "0.1", "depth": "1"}, "at_most": "9"}, {}, "", "", 1),
        ({"over": {"lr": "0.1,x", "depth": "1,,2"}}, {"lr": "'x' does not", "depth": "commas"}, "", "", 0),
        ({"over": {"depth": "5..2"}}, {"depth": "a range goes up"}, "", "", 0),
        ({"over": {"lr": ""}}, {"lr": "commas"}, "", "", 0),
        ({"over": {"gone": "1"}}, {"gone": "declares no parameter gone"}, "", "", 0),
        ({"over": {"metric": "1,2"}, "metric": "auc"}, {}, "NAME:max", "", 0),
        ({"over": {"lr": "1"}, "at_most": "0"}, {}, "", "whole number from 1", 0),
        ({"over": {"lr": "1"}, "at_most": "many"}, {}, "", "whole number from 1", 0),
        ({"over": {"lr": "1..10000", "depth": "1..99"}}, {}, "", "990,000 combinations", 0),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_how_many_runs_there_would_be(
    kernel: AskedKernel, asked: Any, misfits: dict[str, str], metric: str, at_most: str, runs: int
) -> None:
    kernel.show(**CELLS)
    checked = kernel.answer("check sweep", **asked)
    assert checked["misfits"].keys() == misfits.keys()
    assert all(words in checked["misfits"][name] for name, words in misfits.items())
    for words, told in ((metric, checked["metric"]), (at_most, checked["at_most"])):
        assert words in told
        assert bool(words) is bool(told)
    assert checked["runs"] == runs


def test_a_sweep_goes_on_beside_the_cells_and_its_table_is_there_again_in_another_kernel(
    kernel: AskedKernel,
) -> None:
    kernel.show(**CELLS)
    asked = {"over": {"lr": "0.1,0.3,0.2"}, "metric": "auc:max", "params": {"depth": "2"}}
    sweep = kernel.answer("start sweep", **asked)["sweep"]
    wait_for_end(kernel)
    assert (kernel.session.directory / "told.txt").read_text() == "load "
    shown = kernel.answer("sweep", sweep=sweep)
    assert table(kernel, sweep) == [
        ("0.1", "completed", pytest.approx(0.3)),
        ("0.3", "completed", pytest.approx(0.9)),
        ("0.2", "completed", pytest.approx(0.6)),
    ]
    assert [row["is_best"] for row in shown["rows"]] == [False, True, False]
    assert (shown["most"], shown["goes_on"], shown["goal"]) == (3, False, "auc:max")
    # A tag is people's: the run stays one of the sweep without it.
    kernel.answer("tag run", run=shown["rows"][0]["run"], tags=["mine"])
    other = AskedKernel(kernel.session.directory)
    other.show(**CELLS)
    again = other.answer("sweep", sweep=sweep)
    assert [row["is_best"] for row in again["rows"]] == [False, True, False]
    assert again["names"] == ("lr",)
    assert table(other, sweep) == table(kernel, sweep)
    assert "no run of sweep-1 is kept" in other.refusal("sweep", sweep="sweep-1")
    timeline = other.answer("timeline", run=again["rows"][0]["run"])
    assert [step["name"] for step in timeline["steps"]] == ["load", "fit"]


def test_stop_ends_a_sweep_whose_runs_nobody_else_may_come_between(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    sweep = kernel.answer("start sweep", over={"lr": "1,9,2"})["sweep"]
    run = kernel.session.sweep
    assert run is not None
    told = threading.Event()
    kernel.session.watch(told.set)
    while len(run) < 2:
        assert told.wait(WAIT)
        told.clear()
    assert "going on" in kernel.refusal("run")
    assert "going on" in kernel.refusal("start sweep", over={"lr": "1"})
    kernel.answer("stop")
    wait_for_end(kernel)
    assert [row[:2] for row in table(kernel, sweep)] == [("1", "completed"), ("9", "cancelled")]
    # As does `%pipeline cancel`.
    sweep = kernel.answer("start sweep", over={"lr": "9,2"})["sweep"]
    KernelFace(kernel.sessions, cast("Any", None), "").cancel(Namespace(run=None, force=False, step=None))
    wait_for_end(kernel)
    assert [row[:2] for row in table(kernel, sweep)] == [("9", "cancelled")]
    kernel.run()


def test_what_stands_against_the_first_run_is_told_and_no_sweep_goes_on(kernel: AskedKernel) -> None:
    kernel.show(**CELLS, bad="%%step bad\ny = nobody_knows")
    assert "nobody_knows" in kernel.refusal("start sweep", over={"lr": "1,2"})
    assert "does not fit" in kernel.refusal("start sweep", over={"lr": "x"})
    kernel.show(bad="1")
    kernel.run()
