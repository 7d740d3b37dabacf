"""Rules of reading notebooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.notebook import cell_from_source, full_path, read

if TYPE_CHECKING:
    from pathlib import Path


def save(path: Path, *cells: Any) -> Path:
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return save(
        tmp_path / "study.ipynb",
        new_markdown_cell("# A study", id="title"),
        new_raw_cell("raw", id="raw"),
        new_code_cell("%load_ext jupyter_pipes\nimport math", id="imports"),
        new_code_cell("%%params\nrows: int = 3", id="params"),
        new_code_cell("%%setup\nprint('hello')", id="setup"),
        new_code_cell("%%step load --retries 2\nxs = list(range(rows))", id="load"),
        new_code_cell(
            "%pipeline run",
            id="run",
            execution_count=7,
            outputs=[new_output("stream", name="stdout", text="old")],
        ),
    )


def test_cells_get_their_roles_and_count_as_people_do(notebook: Path) -> None:
    document = read(notebook)
    assert [(cell.number, cell.role, cell.id) for cell in document.cells] == [
        (1, "markdown", "title"),
        (3, "code", "imports"),
        (4, "params", "params"),
        (5, "setup", "setup"),
        (6, "step", "load"),
        (7, "code", "run"),
    ]
    assert document.cells[4].name == "load"
    assert document.cells[4].options == StepOptions(retries=2)
    assert document.diagnostics == ()
    assert document.directory == notebook.parent


@pytest.mark.parametrize(
    ("source", "role"),
    [
        ("%%step load", "step"),
        ("\n\n%%step load\nx = 1", "step"),
        ("%%params\nx = 1", "params"),
        ("%%setup\nx = 1", "setup"),
        ("%%stepping load", "code"),
        ("%%step?", "code"),
        ("x = 1\n%%step load", "code"),
        ("# note\n%%step load", "step"),
        ("\n# note\n\n  # and more %%setup\n  %%params\n  x = 1", "params"),
        ("# %%step load\nx = 1", "code"),
        ("%%time\nx = 1", "code"),
        ("", "code"),
    ],
)
def test_the_first_line_that_is_no_comment_says_what_a_cell_is(source: str, role: str) -> None:
    assert cell_from_source("a", 1, source)[0].role == role


def test_markdown_is_never_a_step() -> None:
    assert cell_from_source("a", 1, "%%step load", "markdown")[0].role == "markdown"


def test_a_body_keeps_the_line_numbers_of_the_editor() -> None:
    cell, _ = cell_from_source("a", 1, "\n%%step load\nx = 1\ny = 2")
    assert cell.body == "\n\nx = 1\ny = 2"
    cell, problems = cell_from_source("a", 1, "\n# why\n%%step load --retrys\nx = 1\n")
    assert cell.body == "\n\n\nx = 1\n"
    assert [problem.line for problem in problems] == [3]


def test_an_append_cell_says_so() -> None:
    assert cell_from_source("a", 1, "%%step load --append\nx = 1")[0].append


@pytest.mark.parametrize(
    ("source", "step", "words"),
    [
        ("%%step load --retrys 2\nx = 1", "load", "--retries"),
        ("%%step <script>\nx = 1", "<script>", "'<'"),
        ("%%step\nx = 1", "cell 4", "needs a name"),
        ("%%params x=1\n", None, "takes nothing"),
        ("%%setup now", None, "takes nothing"),
    ],
)
def test_a_bad_magic_line_is_a_diagnostic(source: str, step: str | None, words: str) -> None:
    """The cell keeps its role, so that its names do not appear undefined elsewhere."""
    cell, (problem,) = cell_from_source("a", 4, source)
    assert cell.role == source.split()[0].removeprefix("%%")
    assert (problem.code, problem.step, problem.line, problem.cell) == ("JP030", step, 1, 4)
    assert words in problem.message


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("%load_ext jupyter_pipes\nimport math", "\nimport math"),
        ("%reload_ext jupyter_pipes", ""),
        ("x = 1\n%pipeline run --force all\ny = 2", "x = 1\n\ny = 2"),
        ("run = %pipeline run", ""),
        ("self.run = %pipeline run", ""),
        ("get_ipython().run_line_magic('pipeline', 'run')", ""),
        ("r = await get_ipython().run_line_magic('pipeline', 'run')", ""),
        ("%pipeline run a \\\n  b\ny = 2", "\n\ny = 2"),
        ("if x:\n    %pipeline run\ny = 2", "if x:\n    pass\ny = 2"),
        ("%load_ext autoreload\nx % pipeline", "%load_ext autoreload\nx % pipeline"),
        ("x = y %pipeline_length", "x = y %pipeline_length"),
        ("%pipelines", "%pipelines"),
    ],
)
def test_lines_that_drive_the_pipeline_are_blank_in_plain_cells(source: str, left: str) -> None:
    assert cell_from_source("a", 1, source)[0].source == left


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        (b"{ not json", "no valid JSON"),
        (b"\xff\xfe", "no valid JSON"),
        (b"[1, 2]", "not a notebook"),
        (b'{"cells": []}', "not a notebook"),
        (b'{"nbformat": 4}', "not a valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "not a valid notebook"),
        (b'{"nbformat": "x", "cells": []}', "not a valid notebook"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "bad.ipynb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotebookError, match=words) as caught:
        read(path)
    assert "bad.ipynb" in str(caught.value)


def test_a_folder_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="cannot read"):
        read(tmp_path)


def test_a_notebook_of_another_language_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.ipynb"
    nbformat.write(new_notebook(metadata={"language_info": {"name": "R"}}), path)
    with pytest.raises(NotebookError, match="only Python"):
        read(path)


def test_cells_without_id_get_one(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    cell = {"cell_type": "code", "metadata": {}, "source": ["x = 1"], "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell, cell]}))
    assert [cell.id for cell in read(path).cells] == ["cell-1", "cell-2"]


def test_a_path_may_begin_with_a_tilde_that_is_part_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~x").mkdir()
    assert full_path("./~x/a.ipynb") == full_path("~x/a.ipynb") == tmp_path / "~x" / "a.ipynb"
    assert full_path("~/a.ipynb") == tmp_path / "home" / "a.ipynb"
