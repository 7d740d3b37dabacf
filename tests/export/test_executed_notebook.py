"""Rules of the executed notebook: this run's outputs alone, each under its cell."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from jupyter_pipes.export.executed_notebook import write_executed
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.notebook import read


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    old = [new_output("stream", name="stdout", text="old")]
    cells = [
        new_code_cell("%%setup\nprint('hello')", id="setup"),
        new_code_cell("%%step load\nxs = [3]", id="load"),
        new_code_cell("%pipeline run", id="run", execution_count=7, outputs=old),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "study.ipynb")
    return tmp_path / "study.ipynb"


@pytest.mark.parametrize("ids", [(None, None), ("a", "a"), ("cell-2", None), ("b", "cell-1")])
@pytest.mark.parametrize("minor", [4, 5])
@pytest.mark.filterwarnings("error")
def test_outputs_come_under_cells_that_share_or_lack_an_id(
    tmp_path: Path, ids: tuple[str | None, ...], minor: int
) -> None:
    path = tmp_path / "old.ipynb"
    cell = {"cell_type": "code", "metadata": {}, "source": ["x = 1"], "outputs": [], "execution_count": None}
    cells = [cell | ({"id": each} if each and minor == 5 else {}) for each in ids]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells}))
    second = read(path).cells[1].id
    write_executed(read(path), {second: [new_output("stream", name="stdout", text="hi")]}, path)
    assert [bool(cell.outputs) for cell in nbformat.read(path, 4).cells] == [False, True]


def test_an_executed_notebook_shows_this_run_alone(notebook: Path, tmp_path: Path) -> None:
    """Outputs stand under their cells with counts in order; outputs of earlier runs are gone."""
    shown = [
        new_output("execute_result", data={"text/plain": "3"}, execution_count=None),
        new_output("display_data", data={"text/html": "<b>3</b>"}),
    ]
    target = tmp_path / "out.ipynb"
    write_executed(read(notebook), {"load": shown, "setup": []}, target)
    written = nbformat.read(target, as_version=4)
    nbformat.validate(written)
    cells = {cell.id: cell for cell in written.cells}
    assert [output.output_type for output in cells["load"].outputs] == ["execute_result", "display_data"]
    assert cells["load"].outputs[0].execution_count == cells["load"].execution_count == 2
    assert cells["setup"].execution_count == 1
    assert cells["run"].outputs == []
    assert cells["run"].execution_count is None
    before = nbformat.read(notebook, as_version=4)
    assert [cell.source for cell in written.cells] == [cell.source for cell in before.cells]


def test_a_cell_s_metadata_say_how_its_step_went_in_this_run_alone(notebook: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.ipynb", tmp_path / "second.ipynb"
    facts = {"run": "r1", "step": "load", "cpu_seconds": 1.5, "peak_memory": 10**6}
    write_executed(read(notebook), {"load": []}, first, {"load": facts})
    write_executed(read(first), {"load": []}, second)
    told = [[dict(cell.metadata) for cell in nbformat.read(path, 4).cells] for path in (first, second)]
    assert told == [[{}, {"jupyter_pipes": facts}, {}], [{}, {}, {}]]


def test_outputs_that_are_not_nbformat_write_nothing(notebook: Path, tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="valid notebook"):
        write_executed(read(notebook), {"load": [{"output_type": "nonsense"}]}, tmp_path / "out.ipynb")
    assert [path.name for path in tmp_path.iterdir()] == ["study.ipynb"]


def test_a_place_that_cannot_be_written_is_named(notebook: Path, tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"cannot write .*out\.ipynb"):
        write_executed(read(notebook), {}, tmp_path / "missing" / "out.ipynb")
