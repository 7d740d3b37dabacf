"""The benchmarks: each one still measures what it names, tried on next to nothing."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import frame
from benchmarks.__main__ import MEASUREMENTS

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SMALL = {
    "AT_ONCE": (1, 2),
    "CALLS": 100,
    "CELLS": 3,
    "CHAIN": 2,
    "EVENTS": 2,
    "FEW": 2,
    "FEW_TIMES": 1,
    "FEW_WORKERS": 1,
    "GRID": 3,
    "HELPERS": 3,
    "MANY": 20,
    "MOVES": 6,
    "PAGE_RUNS": 2,
    "PAIRS": 3,
    "POINTS": 20,
    "ROWS": 100,
    "RUNS": 10,
    "SETTLED_MILLISECONDS": 100,
    "STEPS": 3,
    "STILL_MILLISECONDS": 300,
    "TIMES": 1,
    "WORKERS": 1,
    "MAKE": frame.MAKE.replace(str(frame.ROWS), "100"),
}
"""What stands in place of the constants of a benchmark that have these names."""

DIFFERENCES = {"chain: what syncing adds"}
"""Figures that hold one time against another: either can be the longer one."""


def test_every_benchmark_is_run_by_its_name() -> None:
    files = {path.stem for path in BENCHMARKS.glob("*.py")} - {"__init__", "__main__", "chromium", "measure"}
    assert MEASUREMENTS.keys() == files


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
