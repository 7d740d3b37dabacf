"""The cells of a kernel as its notebook has them: which is which, where each stands, what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes.kernel.notebook.cells import KernelCells
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
    return [cell.source for cell in cells.ordered()[0]]


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
    assert [cell.number for cell in cells.ordered()[0]] == [1, 2, 3]


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
