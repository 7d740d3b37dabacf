"""The shape of the code: files say what they are for, stay small, and load heavy libraries late."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_pipes"
SOURCES = sorted(
    path for folder in (PACKAGE, ROOT / "tests", ROOT / "benchmarks") for path in folder.rglob("*.py")
)
LINE_LIMIT = 450

HEAVY = {
    "IPython",
    "altair",
    "igraph",
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


def test_the_bare_import_loads_nothing_but_the_standard_library() -> None:
    foreign = loaded_by("import jupyter_pipes") - set(sys.stdlib_module_names) - {"jupyter_pipes"}
    assert foreign == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_file_says_in_its_first_line_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not source.strip():
        return
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring is not None
    assert source.startswith('"""')
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("path", [path for path in SOURCES if PACKAGE in path.parents], ids=name_of)
def test_files_stay_small_enough_to_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINE_LIMIT


def imported_at_top(path: Path) -> set[str]:
    """Return the top-level packages that a file imports when it is imported itself."""
    found: set[str] = set()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.add(statement.module.partition(".")[0])
    return found


# These files are themselves imported only when what they are for is needed.
OWNERS_LOADED_LATE = {
    "IPython": {
        "kernel/completion.py",
        "kernel/magics.py",
        "execution/worker/job.py",
        "execution/worker/shell.py",
    },
}


@pytest.mark.parametrize("path", [path for path in SOURCES if PACKAGE in path.parents], ids=name_of)
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    own = path.relative_to(PACKAGE).as_posix()
    heavy = imported_at_top(path) & HEAVY
    assert {library for library in heavy if own not in OWNERS_LOADED_LATE.get(library, set())} == set()


def test_only_one_file_knows_ipycytoscape() -> None:
    knowing = [
        name_of(path)
        for path in SOURCES
        if PACKAGE in path.parents and "import ipycytoscape" in path.read_text("utf-8")
    ]
    assert len(knowing) == 1


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common", "misc"])
def test_no_file_is_named_for_nothing(word: str) -> None:
    assert [name_of(path) for path in PACKAGE.rglob("*.py") if path.stem == word] == []
