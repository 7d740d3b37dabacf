"""The cells of a kernel as its notebook has them: which is which, where each stands, what is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes.kernel.notebook.cells import KernelCells
from jupyter_pipes.kernel.notebook.saved import LiveCell
from tests.kernels import run_cells

LOAD = "%load_ext jupyter_pipes"


def write(path: Path, *cells: tuple[str | None, str]) -> Path:
    """Write a notebook of cells, each an id (None for a file that has none) and a text."""
    notebook: Any = nbformat.v4.new_notebook()
    for cell_id, source in cells:
        cell = nbformat.v4.new_code_cell(source)
        if cell_id is None:
            del cell["id"]
        else:
            cell["id"] = cell_id
        notebook.cells.append(cell)
    path.write_text(nbformat.v4.nbjson.JSONWriter().writes(notebook))
    return path


def sources(cells: KernelCells) -> list[str]:
    return [cell.source for cell in cells.ordered().cells]


def test_cells_that_share_an_id_are_two_cells(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", ("same", "%%step a\nx = 1"), ("same", "%%step b\ny = x"))
    cells = KernelCells(path)
    for source in ("%%step b\ny = x", "%%step a\nx = 1", "%%step b\ny = x"):
        cells.define("same", source, 1)
    assert sources(cells) == ["%%step a\nx = 1", "%%step b\ny = x"]


@pytest.mark.parametrize("sent", [True, False], ids=["ids made up by the front end", "no ids"])
def test_cells_without_ids_in_the_file_stand_where_their_texts_do(tmp_path: Path, sent: bool) -> None:
    texts = ["%%step a\nx = 1", "def f():\n    pass", "%%step b\ny = x"]
    cells = KernelCells(write(tmp_path / "a.ipynb", *((None, text) for text in texts)))
    for place in (2, 0, 1):
        cells.define(f"made-up-{place}" if sent else None, texts[place], 1)
    assert sources(cells) == texts
    assert [cell.number for cell in cells.ordered().cells] == [1, 2, 3]


def test_equal_texts_under_two_ids_are_two_cells(tmp_path: Path) -> None:
    cells = KernelCells(write(tmp_path / "a.ipynb", ("a", "n += 1"), ("b", "n += 1")))
    for key in ("a", "b", "a"):
        cells.define(key, "n += 1", 1)
    assert sources(cells) == ["n += 1", "n += 1"]


def test_a_cell_that_ran_before_anybody_told_its_id_is_not_there_twice(tmp_path: Path) -> None:
    cells = KernelCells(None)
    cells.define(None, "import math", 1)
    cells.define(None, "def f():\n    return 1", 2)
    cells.define("x", "%%step a\ny = f()", 3)
    cells.define("y", "import math", 4)
    assert sources(cells) == ["import math", "def f():\n    return 1", "%%step a\ny = f()"]


FORGOTTEN = [
    "%%step load\nxs = [1, 2]",
    LOAD,
    "%%step load\nxs = [1, 2, 3]",
    "%%step total\nn = sum(xs)",
    "%%stp later\nm = n",
    "%%step a/b\nm = n",
    "%%step later\nm = n + 1",
    "run = %pipeline run",
    "print(run['m'], list(run.steps))",
    "%reload_ext jupyter_pipes\n%pipeline status",
]


@pytest.mark.slow
def test_a_cell_that_failed_as_a_magic_defines_nothing(tmp_path: Path) -> None:
    """A forgotten `%load_ext`, a misspelt magic or name leaves no ghost of a step behind."""
    ran = run_cells(tmp_path, FORGOTTEN)
    assert "`%%step` not found" in ran.text(0)
    assert "7 ['load', 'total', 'later']" in ran.text(8)
    assert "later, completed" in ran.text(9)


A, B = "%pipeline use a", "%pipeline use b"
LOAD_A, LOAD_B = "%%step load\nx = 1", "%%step load\nx = 2"


def owned(cells: KernelCells, pipeline: str) -> list[str]:
    """The texts of the cells of ours that a pipeline has."""
    return [cell.source for cell in cells.ordered().of(pipeline)[0] if cell.role != "code"]


def run_one_by_one(cells: KernelCells, *ran: tuple[str | None, str]) -> None:
    """Run cells, an id and a text each; a `%pipeline use` does what it does in a kernel."""
    for place, (cell_id, source) in enumerate(ran, 1):
        cells.define(cell_id, source, place)
        if source in (A, B):
            cells.use(source[-1])


def test_a_cell_run_again_belongs_where_it_stands_in_the_notebook_whatever_ran_before(tmp_path: Path) -> None:
    written = (("1", A), ("2", LOAD_A), ("3", B), ("4", LOAD_B))
    cells = KernelCells(write(tmp_path / "n.ipynb", *written))
    run_one_by_one(cells, *written, ("2", LOAD_A))
    assert (cells.used, cells.moved_from) == ("a", None)
    assert (owned(cells, "a"), owned(cells, "b")) == ([LOAD_A], [LOAD_B])


def test_where_the_text_is_not_known_a_cell_belongs_to_what_was_used_last(tmp_path: Path) -> None:
    cells = KernelCells(None)
    run_one_by_one(cells, ("1", A), ("2", LOAD_A), ("3", B), ("2", LOAD_A))
    assert (cells.used, cells.moved_from) == ("b", "a")
    assert (owned(cells, "a"), owned(cells, "b")) == ([], [LOAD_A])


def test_a_use_that_is_not_saved_yet_counts_as_it_was_run(tmp_path: Path) -> None:
    cells = KernelCells(write(tmp_path / "n.ipynb", ("2", LOAD_A), ("4", LOAD_B)))
    os.utime(tmp_path / "n.ipynb", (0, 0))
    run_one_by_one(cells, ("1", A), ("2", LOAD_A), ("3", B), ("4", LOAD_B))
    assert (owned(cells, "a"), owned(cells, "b")) == ([LOAD_A], [LOAD_B])
    # Saved, the text tells the same.
    write(tmp_path / "n.ipynb", ("1", A), ("2", LOAD_A), ("3", B), ("4", LOAD_B))
    assert (owned(cells, "a"), owned(cells, "b")) == ([LOAD_A], [LOAD_B])


def test_a_use_that_is_gone_from_the_notebook_counts_no_more(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", ("1", A), ("2", LOAD_A))
    cells = KernelCells(path)
    run_one_by_one(cells, ("1", A), ("2", LOAD_A))
    cells.show([LiveCell("2", LOAD_A, True)])
    assert (owned(cells, "a"), owned(cells, "")) == ([], [LOAD_A])


@pytest.mark.parametrize("is_saved", [True, False])
def test_steps_of_one_name_and_one_text_in_two_pipelines_are_two_where_no_ids_are_sent(
    tmp_path: Path, is_saved: bool
) -> None:
    texts = [A, LOAD_A, "y = 1", B, LOAD_A, "y = 1"]
    path = write(tmp_path / "n.ipynb", *((None, text) for text in texts)) if is_saved else None
    cells = KernelCells(path)
    run_one_by_one(cells, *((None, text) for text in texts))
    assert (owned(cells, "a"), owned(cells, "b")) == ([LOAD_A], [LOAD_A])
    run_one_by_one(cells, (None, LOAD_B))
    assert (owned(cells, "a"), owned(cells, "b")) == ([LOAD_A], [LOAD_B])


def test_a_button_takes_the_cells_of_its_pipeline_as_they_are_shown_and_leaves_others_as_they_ran(
    tmp_path: Path,
) -> None:
    ran = (("1", A), ("2", LOAD_A), ("3", B), ("4", LOAD_B))
    cells = KernelCells(write(tmp_path / "n.ipynb", *ran))
    run_one_by_one(cells, *ran)
    shown = {"1": A, "2": f"{LOAD_A}0", "3": B, "4": f"{LOAD_B}0", "5": "%%step new\nz = x"}
    cells.show([LiveCell(key, text, True) for key, text in shown.items()])
    cells.adopt(cells.upcoming(), "b")
    assert owned(cells, "a") == [LOAD_A]
    assert owned(cells, "b") == [f"{LOAD_B}0", "%%step new\nz = x"]


def test_a_cell_moved_to_another_pipeline_s_part_of_the_notebook_is_that_one_s(tmp_path: Path) -> None:
    ran = (("1", A), ("2", LOAD_A), ("3", B))
    cells = KernelCells(write(tmp_path / "n.ipynb", *ran))
    run_one_by_one(cells, *ran)
    cells.show([LiveCell("1", A, True), LiveCell("3", B, True), LiveCell("2", LOAD_A, True)])
    assert (owned(cells.upcoming(), "a"), owned(cells.upcoming(), "b")) == ([], [LOAD_A])
    run_one_by_one(cells, ("2", LOAD_A))
    assert (owned(cells, "a"), owned(cells, "b")) == ([], [LOAD_A])
