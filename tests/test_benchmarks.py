"""The benchmarks: each one still measures what it names, tried on next to nothing."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from math import nan
from pathlib import Path

import pytest

from benchmarks import frame, peers
from benchmarks.__main__ import MEASUREMENTS
from benchmarks.comparison import document
from benchmarks.comparison.rows import OURS, Goal, Row

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SMALL = {
    "AT_ONCE": (1, 2),
    "CALLS": 100,
    "CELLS": 3,
    "CHAIN": 2,
    "CHAINED": 10,
    "ELEMENTS": 3,
    "EVENTS": 2,
    "FEW": 2,
    "FEW_CELLS": 2,
    "FEW_TIMES": 1,
    "FEW_WORKERS": 1,
    "GRID": 3,
    "HELPERS": 3,
    "KEPT": 3,
    "MANY": 20,
    "MOVES": 6,
    "PAGE_RUNS": 2,
    "PAIRS": 3,
    "POINTS": 20,
    "ROWS": 100,
    "RUNS": 10,
    "SETTLED_MILLISECONDS": 100,
    "SHOWN": 10,
    "STEPS": 3,
    "STILL_MILLISECONDS": 300,
    "TIMES": 1,
    "WIDE": 2,
    "WORKERS": 1,
    "MAKE": frame.MAKE.replace(str(frame.ROWS), "100"),
}
"""What stands in place of the constants of a benchmark that have these names."""

DIFFERENCES = {"chain: what syncing adds"}
"""Figures that hold one time against another: either can be the longer one."""


NOT_A_NUMBER = pytest.approx(nan, nan_ok=True)


def test_every_benchmark_is_run_by_its_name() -> None:
    files = {path.stem for path in BENCHMARKS.glob("*.py")} - {"__init__", "__main__", "chromium", "measure"}
    assert MEASUREMENTS.keys() == files


def test_the_table_says_of_each_goal_whether_the_medians_meet_it(tmp_path: Path) -> None:
    goals = (Goal(1.0, "slow"), Goal(1.5, "fast"), Goal(5.0), Goal(1.0, "absent"))
    row = Row("a work", "ms", {OURS: [9.0, 4.0, 4.0], "slow": [8.0], "fast": [2.0]}, goals)
    path = tmp_path / "page.md"
    path.write_text(f"above\n{document.BEGIN}\nearlier\n{document.END}\nbelow\n")

    document.put_into(path, [row])

    above, machine, *_, slow, fast, absent = path.read_text().partition("\n\n<picture>")[0].splitlines()
    below = path.read_text().splitlines()[-1]
    assert (above, below) == ("above", "below")
    assert machine == document.BEGIN
    assert slow == "| | | slow | 8 ms (8 … 8) | 0.50 | ≤ 1 | yes |"
    assert fast == "| | | fast | 2 ms (2 … 2) | 2.00 | ≤ 1.5 | **no** |"
    assert absent == "| | | absent | not installed | | ≤ 1 |  |"
    assert "| a work | 4 ms (4 … 9) | | | | ≤ 5 ms | yes |" in path.read_text()


def test_beside_what_was_too_short_to_see_there_is_no_ratio() -> None:
    row = Row("a work", "MB", {OURS: [0.0], "other": [6.0], "none": [0.0]})
    assert [figure.ratio for figure in peers.figures(row)] == [0, NOT_A_NUMBER, NOT_A_NUMBER]
    assert (row.ratio("other"), row.ratio("none")) == (0, NOT_A_NUMBER)


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_benchmark_measures(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    module = sys.modules[MEASUREMENTS[name].__module__]
    for constant in SMALL.keys() & vars(module).keys():
        monkeypatch.setattr(module, constant, SMALL[constant])
    # The tests' own browser may run on this thread: it leaves a loop there, and there can be one only.
    with ThreadPoolExecutor(1) as thread:
        figures = thread.submit(MEASUREMENTS[name]).result()
    assert figures
    assert [figure.name for figure in figures if not figure.name.startswith(f"{name}: ")] == []
    assert [figure.name for figure in figures if not figure.values] == []
    assert {figure.name for figure in figures if figure.values and min(figure.values) < 0} <= DIFFERENCES
