"""Exports to other engines, run by these: the values are the notebook's, types included."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes.export.luigi.engine import FAMILIES, TAKEN_BY_TASKS
from jupyter_pipes.export.write import write
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.runs.pipeline import Pipeline
from tests.export.studies import STUDIES, Study

ROOT = Path(__file__).parents[2]
SAME = "same values"
ENGINES = {"luigi": "{}.py", "kedro": "{}_project", "clearml": "{}_flow.py"}
"""Engine -> what a study of some name is exported to."""

NOTEBOOKS: dict[str, dict[str, Any]] = {
    "quickstart": {"trees": 20},
    "model_selection": {"trees": 20, "folds": 2},
}
"""The notebooks of this repository that are exported, with the parameters that they are run with."""

UNLIKE = {"model_selection": {"clearml": ["explore.axes", "explore.figure"]}}
"""Notebook -> engine -> values that are not the notebook's there, which the docs say."""

FORUM = ("%%params\nn: int = 1\nm: int = 1", "%%step A\na = n * 10", "%%step B\nb = a + m")
"""The example of the forum: B needs what A makes; of another `m`, only B is to be made anew."""


def exported(engine: str, folder: Path, name: str, *cells: str, files: dict[str, str] | None = None) -> str:
    """Write a notebook, one of this repository where there are no cells, and its export.

    Args:
        files: what lies beside the notebook, and in a project of Kedro as well.

    Returns:
        Why it is refused, or that its values are the same.
    """
    notebook = folder / f"{name}.ipynb"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    found = [nbformat.v4.new_code_cell(cell) for cell in cells]
    if cells:
        nbformat.write(nbformat.v4.new_notebook(cells=found), notebook)
    else:
        notebook.write_bytes((ROOT / "notebooks" / notebook.name).read_bytes())
    place = folder / ENGINES[engine].format(name)
    _write_files(folder, files or {})
    try:
        write(Pipeline.from_notebook(notebook), place, engine, None)
    except NotebookError as error:
        return f"refused: {error}"
    if place.is_dir():
        _write_files(place, files or {})
    return SAME


def _write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_docs_say_of_each_study_what_becomes_of_it(engine: str, tmp_path: Path) -> None:
    """That the values are the same where it is not refused, other tests find out."""
    for name, study in STUDIES.items():
        outcome = exported(engine, tmp_path / name, name, *study.cells, files=study.files)
        assert documented("pipelines", study.what)[engine] == outcome


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_docs_say_how_long_the_export_of_a_notebook_is(name: str, engine: str, tmp_path: Path) -> None:
    """Lines of all files that the export writes, and of the notebook's code."""
    outcome = exported(engine, tmp_path, name)
    (tmp_path / f"{name}.ipynb").unlink()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > (engine == "kedro")
    row = documented("lines of", f"`{name}.ipynb`")
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in files)
    assert row[engine] == f"{lines} in {len(files)}"
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    code = sum(len(cell.source.splitlines()) for cell in cells if cell.cell_type == "code")
    assert row["notebook"] == str(code)
    assert documented("pipelines", f"`{name}.ipynb`")[engine].startswith(outcome)


def documented(table: str, row: str) -> dict[str, str]:
    """Return the row of a table of docs/export.md, by its columns."""
    lines = (ROOT / "docs" / "export.md").read_text("utf-8").splitlines()
    (head,) = (line for line in lines if line.startswith(f"| {table} |"))
    found = next(line for line in lines[lines.index(head) :] if line.startswith(f"| {row} |"))
    cells = ([cell.strip() for cell in line.split("|")] for line in (head.lower(), found))
    return dict(zip(*cells, strict=True))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, str]]]:
    """What differs, by study, engine and value: all run by the engines and by us, in one process."""
    folder = tmp_path_factory.mktemp("engines")
    studies = [
        {
            "name": name,
            "notebook": str(folder / name / f"{name}.ipynb"),
            "params": study.params,
            "unlike": UNLIKE.get(name, {}),
            "folders": {
                engine: str(folder / name)
                for engine in ENGINES
                if exported(engine, folder / name, name, *study.cells, files=study.files) == SAME
            },
            "published": study.published,
        }
        for name, study in (
            *STUDIES.items(),
            *((name, Study(name, (), params)) for name, params in NOTEBOOKS.items()),
        )
    ]
    (folder / "studies.json").write_text(json.dumps([each for each in studies if each["folders"]]))
    printed = call(
        ROOT, sys.executable, "-m", "tests.export.engine_values", str(folder / "studies.json"), cache=folder
    )
    # Steps print as well, in this process.
    return json.loads(printed.splitlines()[-1])


def call(folder: Path, *words: str, cache: Path | None = None) -> str:
    """Run a program in the folder and return what it printed."""
    quiet = os.environ | {"DO_NOT_TRACK": "1", "MPLBACKEND": "agg"}
    quiet |= {"CLEARML_OFFLINE_MODE": "1", "CLEARML_CACHE_DIR": str(cache)} if cache else {}
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=600, check=False, env=quiet
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + (done.stderr if "luigi" in words else "")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in (*STUDIES, *NOTEBOOKS) if name != "maps"])
def test_engines_compute_what_the_notebook_computes(
    name: str, compared: dict[str, dict[str, dict[str, str]]]
) -> None:
    assert compared[name]
    for engine, found in compared[name].items():
        assert sorted(found) == UNLIKE.get(name, {}).get(engine, []), found


@pytest.mark.slow
def test_luigi_runs_what_depends_on_what_changed(tmp_path: Path) -> None:
    """`B(n=1)` runs A and B, then `B(n=1, m=2)` only B; and the flow is a program of its own."""
    exported("luigi", tmp_path, "flow", *FORUM)
    ran = [
        re.findall(r"running\s+(\w+)\(", call(tmp_path, sys.executable, *words))
        for words in (
            ("-m", "luigi", "--module", "flow", "B", "--n", "1", "--local-scheduler"),
            ("-m", "luigi", "--module", "flow", "B", "--n", "1", "--B-m", "2", "--local-scheduler"),
            ("-m", "luigi", "--module", "flow", "B", "--n", "1", "--B-m", "2", "--local-scheduler"),
        )
    ]
    assert ran == [["A", "B"], ["B"], []]
    call(tmp_path, sys.executable, "flow.py", "--n", "3")
    assert len(list((tmp_path / "outputs").glob("B_*"))) == 3


@pytest.mark.slow
def test_no_parameter_may_be_called_as_what_luigi_gives_a_task() -> None:
    luigi = import_module("luigi")
    assert {name for name in dir(luigi.Task()) if not name.startswith("_")} <= TAKEN_BY_TASKS
    assert {name for name, _ in import_module("luigi.interface").core.get_params()} <= TAKEN_BY_TASKS
    assert {name for name in luigi.task_register.Register.task_names() if name[0].isupper()} <= FAMILIES
