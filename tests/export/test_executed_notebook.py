"""Rules of the executed notebook: this run's outputs alone, in order, each under its cell."""

from __future__ import annotations

import json
import string
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output

from jupyter_pipes.export.executed_notebook import LOG_LIMIT, interleave, write_executed
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.model.results import StepError
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


def test_outputs_come_under_cells_that_have_no_id(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    cell = {"cell_type": "code", "metadata": {}, "source": ["x = 1"], "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell, cell]}))
    write_executed(read(path), {"cell-2": [new_output("stream", name="stdout", text="hi")]}, path)
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
    assert [cell.source for cell in written.cells] == [cell.source for cell in read(notebook).node().cells]


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


def stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


RICH = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}


def test_text_and_rich_outputs_come_in_the_order_they_appeared() -> None:
    assert interleave(b"ab\ncd\n", [(3, RICH), (3, RICH), (6, RICH)]) == [
        stream("ab\n"),
        RICH,
        RICH,
        stream("cd\n"),
        RICH,
    ]


def test_an_offset_behind_the_log_puts_the_output_last() -> None:
    assert interleave(b"ab", [(9, RICH)]) == [stream("ab"), RICH]


def test_an_error_comes_last_with_its_traceback() -> None:
    error = StepError("ValueError", "no", "Traceback\nValueError: no")
    assert interleave(b"", [], error) == [
        {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": "no",
            "traceback": ["Traceback", "ValueError: no"],
        }
    ]
    assert interleave(b"", [], StepError("Killed", "signal 9"))[0]["traceback"] == ["Killed: signal 9"]


def test_bytes_that_are_no_text_are_marked() -> None:
    assert interleave(b"\xffok \xc3\xa9", []) == [stream("\ufffdok é")]


def test_a_huge_log_keeps_head_and_tail() -> None:
    log = b"head\n" + b"x" * (3 * LOG_LIMIT) + b"\ntail\n"
    (output,) = interleave(log, [])
    assert output["text"].startswith("head\n")
    assert output["text"].endswith("\ntail\n")
    assert f"{len(log) - LOG_LIMIT:,} bytes" in output["text"]
    assert len(output["text"]) < LOG_LIMIT + 100


@given(
    st.text(string.printable[:-3].replace("\r", ""), max_size=60),
    st.lists(st.integers(0, 80), max_size=5),
)
def test_every_output_appears_once_and_printable_text_stays_whole(log: str, offsets: list[int]) -> None:
    outputs = interleave(log.encode(), [(offset, RICH) for offset in offsets])
    assert outputs.count(RICH) == len(offsets)
    texts = [output["text"] for output in outputs if output["output_type"] == "stream"]
    assert "".join(texts) == log


@settings(deadline=None)
@given(st.integers(0, 3 * LOG_LIMIT), st.integers(0, 3 * LOG_LIMIT))
def test_a_huge_log_says_once_what_is_left_out(first: int, second: int) -> None:
    log = b"x" * (3 * LOG_LIMIT)
    outputs = interleave(log, [(first, RICH), (second, RICH)])
    texts = [output["text"] for output in outputs if output["output_type"] == "stream"]
    assert sum(text.count("left out") for text in texts) == 1
    assert sum(text.count("x") for text in texts) == LOG_LIMIT
