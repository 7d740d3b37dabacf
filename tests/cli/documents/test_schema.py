"""docs/documents.schema.json is the schema of the documents, and what the verbs print keeps to it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jsonschema import Draft202012Validator

from jupyter_pipes.cli import documents
from jupyter_pipes.cli.documents import answers, runs
from jupyter_pipes.cli.documents.schema import VERBS, schema, schema_text
from jupyter_pipes.cli.verbs import VERBS as COMMANDS

CELLS = (
    "%%params\nrows: int = 3\nlr: float = float('nan')",
    "%%step load --stage data --tags a\nfrom jupyter_pipes import current\nxs = list(range(rows))\n"
    "print('loaded')\ncurrent.metric('loss', lr)",
    "%%step fit --on-fail ignore\ny = xs[rows]",
)


def test_the_schema_in_the_documentation_is_that_of_the_documents() -> None:
    """Else: `python -m jupyter_pipes.cli.documents.schema docs/documents.schema.json`."""
    written = Path(__file__).parents[3] / "docs" / "documents.schema.json"
    assert written.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_one_and_names_every_verb() -> None:
    Draft202012Validator.check_schema(schema())
    told = {verb for verbs in VERBS.values() for verb in re.split(r",\s*", verbs)}
    assert {name for name, verb in COMMANDS.items() if verb.command is not None} <= told


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose notebook ran twice, with a step that fails and one that reports NaN."""
    folder = tmp_path_factory.mktemp("project")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(notebook, folder / "study.ipynb")
    for rows in (3, 4):
        assert ask(folder, "run", "study.ipynb", "-p", f"rows={rows}")["run"]
    return folder


def ask(folder: Path, *words: str) -> Any:
    """Carry out a command in a folder; return the document that it printed."""
    answer = subprocess.run(
        [sys.executable, "-m", "jupyter_pipes", *words, "--json"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=200, check=False,
    )  # fmt: skip
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("words", "document"),
    [
        ("run study.ipynb", runs.RunDocument),
        ("run study.ipynb nosuch", answers.ErrorDocument),
        ("show last", runs.RunDocument),
        ("tag last a b", runs.RunDocument),
        ("rename last a title", runs.RunDocument),
        ("archive last", runs.RunDocument),
        ("archive last --undo", runs.RunDocument),
        ("plan study.ipynb -p rows=7", answers.PlanDocument),
        ("why study.ipynb load -p rows=7", answers.ExplanationDocument),
        ("runs", answers.RunsDocument),
        ("compare last previous", answers.ComparisonDocument),
        ("get study.ipynb xs", answers.ValuesDocument),
        ("logs last load", answers.LogDocument),
        ("export study.ipynb out.ipynb", answers.ExportDocument),
        ("resume --notebook study.ipynb", answers.ErrorDocument),
        ("cancel last", answers.ErrorDocument),
        ("gc --dry-run", answers.CleanupDocument),
        ("history rebuild", answers.RebuildingDocument),
        ("show nosuch", answers.ErrorDocument),
    ],
)
@pytest.mark.slow
def test_what_a_verb_prints_keeps_to_the_schema(
    words: str, document: type[documents.Document], project: Path
) -> None:
    printed = ask(project, *words.split())
    validator = Draft202012Validator({**schema(), "anyOf": [{"$ref": f"#/$defs/{document.__name__}"}]})
    assert [error.message for error in validator.iter_errors(printed)] == []
    assert list(printed) == list(document.__struct_fields__)
