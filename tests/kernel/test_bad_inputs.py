"""Bad inputs in a kernel: one error of ours in a line, no traceback of our own, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from jupyter_pipes.cli.verbs import parse_magic
from jupyter_pipes.model.errors import UsageError
from tests.kernels import Executed, run_cells

pytestmark = pytest.mark.slow

LINES: Mapping[str, str] = {
    "plan lood": "did you mean load?",
    "plan -p rows": "NAME=VALUE",
    "plan -p rowz=1": "did you mean rows?",
    "plan -p rows=many": "whole number",
    "plan -p title='${run.nothing}'": "${run.nothing}",
    "run -p load.title='by ${params.nothing}'": "${params.nothing}",
    "run lood": "did you mean load?",
    "run --parallel 0": "unknown argument",
    "run --retry 2": "did you mean %%step NAME --retries?",
    "run --of nope": "there is no run",
    "run --of ''": "there is no run",
    "get y": "make it: %pipeline run",
    "get x --as 3x": "no name of a variable",
    "get ''": "nothing is kept",
    "debug lood": "did you mean load?",
    "export .": "folder",
    "export pipe": "pipe",
    "export notes.txt": "--force",
    "export no/such/file.py": "no folder",
    "export x.py --to airflow": "invalid choice",
    "logs lood": "did you mean load?",
    "logs load --attempt -1": "attempts: 1",
    "runs --limit -1": "whole number",
    "name ''": "must be a text",
    "name x --version new": "dotted numbers",
    "gc --keep-runs -1": "whole number",
    "why lood": "did you mean load?",
    "plan 'load": "close the quotes",
    "bogus": "no verb",
}
CELLS: Mapping[str, tuple[str, str]] = {
    "%%step a\nif v == 0:\n  x = 0\n" + "".join(f"elif v == {n}:\n  x = 1\n" for n in range(1100)): (
        "%pipeline plan",
        "line 2",
    ),
    "%%step a\nx = 1" + ".real" * 1100: ("%pipeline plan", "line 2"),
    "%%step a\nx = " + "-" * 1100 + "1": ("%pipeline run", "line 2"),
    "%%params\nrows: int = " + "-" * 1100 + "1": ("%pipeline plan", "nested"),
    "%%params\nrows: '((' = 1": ("%pipeline plan", "no type"),
    "import sys\n%pipeline runs": ("%%params\nrows = sys.exit(3)", "SystemExit"),
    "%%step a --out-file ../x\nx = 1": ("%pipeline plan", "--out-file ../x"),
    "%%step a --timeout ${params.n}s\nx = 1": ("%pipeline plan", "${params.n}"),
    "%%step a --retries 99999999999999999999\nx = 1": ("%pipeline run", "whole number"),
    "%%step a --retry-delay 99999999999999d\nx = 1": ("%pipeline run", "36500d"),
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Executed, Path]:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "notes.txt").write_text("mine")
    os.mkfifo(folder / "pipe")
    cells = [
        "%load_ext jupyter_pipes\n%pipeline name study",
        "%%params\nrows: int = 1\ntitle: str = ''",
        "%%step load\nx = rows, title",
        "%pipeline run --no-check",
        *(f"%pipeline {line}" for line in LINES),
        "%pipeline plan",
    ]
    return run_cells(folder, cells), folder


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_does_not_do_is_one_error_in_a_line(executed: tuple[Executed, Path], line: str) -> None:
    notebook, _ = executed
    (output,) = notebook.outputs(4 + list(LINES).index(line))
    assert LINES[line] in output.evalue
    (told,) = output.traceback
    assert told == f"{output.ename}: {output.evalue}"
    assert "\n" not in told


def test_nothing_is_written_for_them(executed: tuple[Executed, Path]) -> None:
    notebook, folder = executed
    assert sorted(path.name for path in folder.iterdir()) == [".jupyter_pipes", "notes.txt", "pipe"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert "cached" in notebook.text(4 + len(LINES))


def test_a_cell_that_does_not_do_is_told_with_its_place(tmp_path: Path) -> None:
    cells = ["%load_ext jupyter_pipes\n%pipeline name study"]
    for cell, (line, _) in CELLS.items():
        # A pipeline of its own: the cells before would be told as well.
        cells += [cell, line, f"%reset -f\n{_FORGET}"]
    notebook = run_cells(tmp_path, cells)
    for number, (_, words) in enumerate(CELLS.values()):
        shown = notebook.text(1 + 3 * number) + notebook.text(2 + 3 * number)
        assert words in shown
        for output in (*notebook.outputs(1 + 3 * number), *notebook.outputs(2 + 3 * number)):
            assert len(output.get("traceback", [""])) == 1


_FORGET = """
from jupyter_pipes.kernel.notebook.cells import KernelCells
for magics in get_ipython().magics_manager.registry.values():
    if type(magics).__name__ == "PipesMagics":
        magics.session.cells = KernelCells(None)
"""


@pytest.mark.parametrize("line", ["plan \udcff", "run -p rows=\0", "name \udcff", "tag last \0", "get x\0"])
def test_words_that_no_file_can_hold_are_refused(line: str) -> None:
    with pytest.raises(UsageError, match="correct it"):
        parse_magic(line)
