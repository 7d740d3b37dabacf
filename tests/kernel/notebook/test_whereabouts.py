"""Which notebook a kernel belongs to: told, or found by its cells; and never the one beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from jupyter_pipes.kernel.notebook import whereabouts
from jupyter_pipes.kernel.notebook.whereabouts import Execution
from jupyter_pipes.kernel.session import Session

pytestmark = pytest.mark.slow

LOAD = "%load_ext jupyter_pipes"
NAME = "print('name', %s.view.pipeline, %s.view.version)"


def write(path: Path, *sources: str, ids: str | None = None) -> Path:
    """Write a notebook; the ids of its cells begin with `ids`, or are random."""
    named = [{"id": f"{ids}-{place}"} if ids else {} for place in range(len(sources))]
    cells = [nbformat.v4.new_code_cell(source, **one) for source, one in zip(sources, named, strict=True)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def ran(*sources: str, ids: str | None = None) -> list[Execution]:
    return [Execution(f"{ids}-{place}" if ids else None, source) for place, source in enumerate(sources)]


A = (LOAD, "%%step make\nmodel = 'a'")
B = (LOAD, "%%step make\nmodel = 'b'")


@pytest.mark.parametrize("ids", ["some", None], ids=["with ids", "without ids"])
def test_a_notebook_is_found_by_its_cells(tmp_path: Path, ids: str | None) -> None:
    path = write(tmp_path / "a.ipynb", *A, "%pipeline run", ids="some")
    write(tmp_path / "b.ipynb", *B, "%pipeline run", ids="other")
    (tmp_path / "c.ipynb").write_text("no notebook")
    assert whereabouts.find(ran(*A, ids=ids), tmp_path, {}) == path


@pytest.mark.parametrize(
    "executions",
    [
        ran(LOAD, "%%step make\nmodel = 'c'"),
        ran(*A, ids="other"),
        ran(A[1], A[0]),
        ran(A[1]),
        [],
    ],
    ids=["other text", "other ids", "another order", "not from the top", "nothing"],
)
def test_a_notebook_that_has_other_cells_is_not_taken(tmp_path: Path, executions: list[Execution]) -> None:
    write(tmp_path / "a.ipynb", *A, ids="some")
    assert whereabouts.find(executions, tmp_path, {}) is None


def test_cells_that_are_not_saved_yet_do_not_hide_the_notebook_whose_ids_they_have(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", *A, ids="some")
    executions = [*ran(LOAD, "%%step make\nmodel = 'edited'", ids="some"), Execution("new", "x = 1")]
    assert whereabouts.find(executions, tmp_path, {}) == path


@pytest.mark.parametrize("ids", ["some", None], ids=["with ids", "without ids"])
def test_copies_are_told_apart_by_their_texts_or_not_at_all(tmp_path: Path, ids: str | None) -> None:
    write(tmp_path / "a.ipynb", *A, ids="some")
    copy = write(tmp_path / "a-Copy1.ipynb", *A, ids="some")
    assert whereabouts.find(ran(*A, ids=ids), tmp_path, {}) is None
    write(copy, *B, ids="some")
    assert whereabouts.find(ran(*B, ids=ids), tmp_path, {}) == copy


def test_what_papermill_wrote_stands_for_what_it_was_made_from(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", *A, ids="some")
    output = nbformat.read(write(tmp_path / "out.ipynb", "# Parameters\nn = 2\n", *A, ids="some"), 4)
    output.metadata["papermill"] = {"input_path": "a.ipynb", "output_path": "out.ipynb"}
    nbformat.write(output, tmp_path / "out.ipynb")
    assert whereabouts.find(ran("# Parameters\nn = 2\n", *A), tmp_path, {}) == path
    path.unlink()
    assert whereabouts.find(ran("# Parameters\nn = 2\n", *A), tmp_path, {}) == tmp_path / "out.ipynb"


def test_front_ends_tell_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "lab.ipynb"))
    assert whereabouts.told_path({}) == tmp_path / "lab.ipynb"
    assert whereabouts.told_path({"__vsc_ipynb_file__": "/home/me/code.ipynb"}) == Path("/home/me/code.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "console-1-5f")
    assert whereabouts.told_path({}) is None
    cell = "vscode-notebook-cell:/home/me/my%20study.ipynb#W0sZmlsZQ%3D%3D"
    assert whereabouts.path_of_cell(cell) == Path("/home/me/my study.ipynb")
    assert whereabouts.path_of_cell("5f0c2d1e") is None


def test_a_kernel_that_a_notebook_started_is_not_that_notebook(tmp_path: Path) -> None:
    """The server's word for the one notebook is handed on to all processes that it starts."""
    told = "from jupyter_pipes.kernel.notebook.whereabouts import told_path; print(told_path({}))"
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {told!r}])"
    environment = {**os.environ, "JPY_SESSION_NAME": str(tmp_path / "driver.ipynb")}
    command = [sys.executable, "-c", starter]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "None"


@pytest.mark.parametrize(
    ("place", "name"), [("a.ipynb", "a"), ("nbs/a.ipynb", "nbs/a"), ("../other/a.ipynb", "a")]
)
def test_a_pipeline_is_called_as_its_file(tmp_path: Path, place: str, name: str) -> None:
    assert whereabouts.name_of(tmp_path / place, tmp_path) == name


def test_a_renamed_notebook_takes_its_new_name(tmp_path: Path) -> None:
    path = write(tmp_path / "old.ipynb", *A, ids="some")
    session = Session(tmp_path, path, {}, live=False)
    for execution in ran(*A, ids="some"):
        session.define(execution.cell_id, execution.source, 1)
    session.identify()
    assert session.name == "old"
    path.rename(tmp_path / "new.ipynb")
    session.identify()
    assert session.name == "new"


def test_unknown_notebooks_are_told_apart_and_found_again(tmp_path: Path) -> None:
    def name(*sources: str, ids: str | None = None) -> str:
        session = Session(tmp_path, None, {}, live=False)
        for execution in ran(*sources, ids=ids):
            session.define(execution.cell_id, execution.source, 1)
        return session.name

    assert name(*A) == name(*A) == name("# Parameters\nn = 1\n", *A)
    assert name(*A) != name(*B)
    assert name(*A, ids="some") == name(*B, ids="some") != name(*A, ids="other")


def test_the_name_of_an_unknown_notebook_stays_when_its_runs_have_it(tmp_path: Path) -> None:
    session = Session(tmp_path, None, {}, live=False)
    session.define(None, A[1], 1)
    assert "%pipeline name" in session.settle_name()
    name = session.name
    session.define(None, "%%step more\nn = 1", 2)
    assert (session.name, session.settle_name()) == (name, "")


def execute(folder: Path, *sources: str) -> str:
    """Run a notebook that stands in no file; return what its last cell prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, allow_errors=True, resources=resources).execute()
    return "".join(output.get("text", output.get("evalue", "")) for output in notebook.cells[-1].outputs)


def test_a_notebook_does_not_get_what_its_neighbour_kept(tmp_path: Path) -> None:
    for path, cells in (("a.ipynb", A), ("b.ipynb", B)):
        write(tmp_path / path, *cells, "run = %pipeline run", NAME % ("run", "run"))
    assert execute(tmp_path, *A, "run = %pipeline run", NAME % ("run", "run")) == "name a 1.0.0\n"
    assert "nothing is kept under 'model'" in execute(tmp_path, *B, "%pipeline get model\nprint(model)")
    assert execute(tmp_path, *B, "run = %pipeline run", NAME % ("run", "run")) == "name b 1.0.0\n"
    assert execute(tmp_path, *A, "%pipeline get model\nprint(model)") == "a\n"


def test_a_notebook_whose_first_step_ran_before_the_extension_was_loaded_is_found(tmp_path: Path) -> None:
    cells = (A[1], "import math", LOAD, A[1], "run = %pipeline run", NAME % ("run", "run"))
    write(tmp_path / "late.ipynb", *cells)
    assert execute(tmp_path, *cells) == "name late 1.0.0\n"


PARAMETERS = {
    "declared": (LOAD, "%%params\nn: int = 1", "%%step make\nmodel = 'a' * n"),
    "plain": (LOAD, "n = 1", "%%step make\nmodel = 'a' * n"),
}


@pytest.mark.parametrize("cells", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_parameters_that_papermill_puts_in_are_no_code_change(tmp_path: Path, cells: tuple[str, ...]) -> None:
    import papermill

    path = write(tmp_path / "study.ipynb", *cells, "run = %pipeline run", NAME % ("run", "run"))
    notebook = nbformat.read(path, 4)
    notebook.cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    for given in ({}, {"n": 2}):
        out = tmp_path / f"out{len(given)}.ipynb"
        papermill.execute_notebook(str(path), str(out), given, cwd=str(tmp_path), progress_bar=False)
        output = nbformat.read(out, 4)
        assert output.cells[-1].outputs[0].text == "name study 1.0.0\n"
