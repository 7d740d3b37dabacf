"""The output areas of step cells in a real kernel: each cell shows what is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import Executed, run_cells

pytestmark = pytest.mark.slow

CELLS = [
    "%load_ext jupyter_pipes",
    "%%step load\nn = 1 + 1\nprint('first', n)\nn + 10",
    "%%step load --append\nprint('second', n)\nn + 20",
    "%%step load --append\nprint('third', n)\n1 / (n - 2)",
    "%%step load --append\nprint('fourth', n)",
    "%%step other\nm = 1\nprint('alone')",
    "%pipeline run --no-check",
]
UNTIL_ALL_IS_SHOWN = """
import threading
while threads := [each for each in threading.enumerate() if each.name == "jupyter-pipes-display"]:
    threads[0].join()
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """A step of four cells, the third of which fails, and another step."""
    return run_cells(tmp_path_factory.mktemp("cells"), CELLS)


def test_each_cell_shows_what_it_printed_and_displayed(shown: Executed) -> None:
    for cell, (printed, value) in {1: ("first 2", "12"), 2: ("second 2", "22")}.items():
        text = shown.text(cell)
        assert {printed, value} <= set(text.splitlines())
        assert [word for word in ("first", "second", "third") if word in text] == printed.split()[:1]


def test_the_error_is_in_the_cell_in_which_it_came(shown: Executed) -> None:
    assert [place for place in range(1, 6) if "by zero (line" in shown.text(place)] == [3]


def test_each_cell_says_how_it_went(shown: Executed) -> None:
    heads = [shown.text(place).splitlines()[0] for place in range(2, 5)]
    assert heads == [
        "load (continued, 2 of 4), completed",
        "load (continued, 3 of 4), failed",
        "load (continued, 4 of 4), skipped",
    ]
    assert "load, failed" in shown.text(1)


def test_a_step_of_one_cell_is_as_ever(shown: Executed) -> None:
    assert "other, completed" in shown.text(5)
    assert "alone" in shown.text(5)


def test_a_cell_that_is_added_tells_the_others_at_once(tmp_path: Path) -> None:
    shown = run_cells(tmp_path, [*CELLS[:2], "%%step load --append\nz = n", UNTIL_ALL_IS_SHOWN])
    assert "writes n, z" in shown.text(1)
    assert shown.text(2).splitlines()[0] == "load (continued, 2 of 2)"
