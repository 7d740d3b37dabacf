"""The shape of the code: folders and files say what they are for, stay small, import what is heavy late."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.imports import imported_anywhere, imported_at_top

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_pipes"
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "architecture.md"
SOURCES = sorted(path for folder in (PACKAGE, TESTS, ROOT / "benchmarks") for path in folder.rglob("*.py"))
OWN_SOURCES = [path for path in SOURCES if PACKAGE in path.parents]
FOLDERS = sorted({path.parent for path in OWN_SOURCES} - {PACKAGE})
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]

FILE_LIMIT = 14
LINE_LIMIT = 400

NOT_MIRRORED = {
    "acceptance": "the program as its users meet it, from outside",
    "browser": "notebooks in a real JupyterLab",
    "faults": "whatever runs is attacked at random, and nothing is lost, wrong or left",
    "truth": "notebooks run plainly and as pipelines, held against each other",
}
"""Folders of tests that are about the whole and not about a folder of the package."""

ACROSS_MODULES = {
    "analysis/cell/test_names_truth.py": "`analyze` held against running Python, with random cells",
    "analysis/effects/test_effects_truth.py": "changes in place held against running Python, at random",
    "cli/test_bad_inputs.py": "bad input to the whole command line",
    "kernel/test_bad_inputs.py": "bad input to all magics of a kernel",
    "runs/test_bad_arguments.py": "wrong arguments of all functions of Python",
    "execution/executors/test_contract.py": "one suite for all executors",
    "execution/executors/remote/test_faults.py": "workers and schedulers that are lost",
    "execution/test_claims.py": "several processes want the same result",
    "execution/test_kill.py": "everything that runs is killed at random",
    "execution/test_observed_runs.py": "scheduler and fold of runs that show more than the code does",
    "execution/test_power_cuts.py": "what is on the disk at any moment of a run",
    "execution/test_resuming.py": "scheduler and folds of a run that is taken up again",
    "execution/test_takeover.py": "controllers that are killed, stopped, renamed or in containers",
    "execution/test_trouble.py": "bad input to the whole engine",
    "export/test_end_to_end.py": "exported modules, run as programs",
    "export/test_engines.py": "exports to other engines, run by these",
    "history/test_postgresql.py": "all of the history, with a real server",
    "kernel/test_load.py": "many runs in one kernel, and what stays of them there",
    "kernel/test_magics_around.py": "other libraries' magics around ours, in a kernel",
    "runs/elsewhere/test_detached.py": "runs that outlive who started them, with real processes",
    "runs/test_model_equivalence.py": "random edits held against running everything again",
    "storage/serializers/test_frames.py": "arrays, frames, models and figures through all that may keep them",
    "storage/serializers/test_stability.py": "bytes of equal values in several processes",
    "storage/test_torn_values.py": "all kinds of blobs while a thread writes, and when damaged",
    "test_speed.py": "what a step costs as a whole, beside a bare fork",
}
"""Test files that are about no one module, and what they are about instead."""

HEAVY = {
    "IPython",
    "altair",
    "ipycytoscape",
    "ipywidgets",
    "matplotlib",
    "nbformat",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "sqlalchemy",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


LIST_NEW = """
import json, sys
print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))
"""


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement loads in a fresh interpreter."""
    program = f"import sys\nbefore = set(sys.modules)\n{statement}\n{LIST_NEW}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "import jupyter_pipes",
        "from jupyter_pipes import PipesError, RunFailed",
        "from jupyter_pipes import step",
        "from jupyter_pipes import Pipeline",
        "from jupyter_pipes import current",
        "import jupyter_pipes.cli.main",
        "from jupyter_pipes.analysis import analyze",
    ],
)
def test_imports_load_no_heavy_library(statement: str) -> None:
    assert loaded_by(statement) & HEAVY == set()


def test_every_heavy_library_is_installed_here() -> None:
    """What is not installed could not be seen to be loaded."""
    assert [library for library in sorted(HEAVY) if find_spec(library) is None] == []


@pytest.mark.slow
def test_the_bare_import_loads_nothing_but_the_standard_library() -> None:
    foreign = loaded_by("import jupyter_pipes") - set(sys.stdlib_module_names) - {"jupyter_pipes"}
    assert foreign == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_file_says_in_its_first_line_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring is not None
    assert source.startswith('"""')
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("path", OWN_SOURCES, ids=name_of)
def test_files_stay_small_enough_to_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINE_LIMIT


@pytest.mark.parametrize("folder", [PACKAGE, *FOLDERS], ids=name_of)
def test_folders_stay_small_enough_to_take_in_at_a_glance(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= FILE_LIMIT


def purposes() -> dict[str, str]:
    """Return what the page's table of folders says of each, in its order."""
    rows = re.findall(r"^\| `([a-z_/]+)/` \| (.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_page_lists_every_folder() -> None:
    assert sorted(purposes()) == [folder.relative_to(PACKAGE).as_posix() for folder in FOLDERS]


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_says_its_purpose_as_the_page_does(folder: Path) -> None:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    assert docstring.splitlines()[0] == f"{purposes()[folder.relative_to(PACKAGE).as_posix()]}."


def test_the_page_lists_folders_in_the_order_of_imports() -> None:
    """A folder imports from those above it: the layers of the import contract, from the lowest."""
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    folders = [layer for layer in reversed(layers) if (PACKAGE / layer).is_dir()]
    assert [folder for folder in purposes() if "/" not in folder] == folders


def test_the_import_contract_has_no_exemptions() -> None:
    assert [contract["name"] for contract in CONTRACTS if "ignore_imports" in contract] == []
    assert {contract["type"] for contract in CONTRACTS} >= {"layers", "acyclic_siblings", "forbidden"}
    assert next(contract["exhaustive"] for contract in CONTRACTS if contract["type"] == "layers") is True


@pytest.mark.parametrize(
    "path", sorted(path for path in TESTS.rglob("test_*.py") if path.parent != TESTS), ids=name_of
)
def test_a_test_file_stands_where_its_module_stands(path: Path) -> None:
    """`tests/planning/test_decision.py` is about `planning/decision.py`; one of a folder has its name."""
    place = path.relative_to(TESTS)
    folder, subject = PACKAGE / place.parent, path.stem.removeprefix("test_")
    has_module = (folder / f"{subject}.py").exists() or (folder.exists() and folder.name == subject)
    is_elsewhere = place.parts[0] in NOT_MIRRORED or place.as_posix() in ACROSS_MODULES
    assert has_module != is_elsewhere


def test_what_is_said_of_tests_elsewhere_is_said_of_files_that_are_there() -> None:
    assert [place for place in (*NOT_MIRRORED, *ACROSS_MODULES) if not (TESTS / place).exists()] == []


# These files are themselves imported only when what they are for is needed.
OWNERS_LOADED_LATE = {
    "kernel/completion.py": {"IPython"},
    "kernel/magics.py": {"IPython"},
    "execution/worker/job.py": {"IPython"},
    "execution/worker/shell.py": {"IPython"},
}


@pytest.mark.parametrize("path", OWN_SOURCES, ids=name_of)
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    expected = OWNERS_LOADED_LATE.get(path.relative_to(PACKAGE).as_posix(), set())
    assert imported_at_top(path) & HEAVY == expected


def test_only_one_file_knows_ipycytoscape() -> None:
    knowing = [name_of(path) for path in OWN_SOURCES if "ipycytoscape" in imported_anywhere(path)]
    assert len(knowing) == 1


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common", "misc"])
def test_nothing_is_named_for_nothing(word: str) -> None:
    assert [name_of(path) for path in PACKAGE.rglob("*") if path.stem == word] == []
