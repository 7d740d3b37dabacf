"""A user's folder with a notebook, driven from outside: the command line in processes of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from jupyter_pipes import Pipeline
from jupyter_pipes.cli.main import main
from jupyter_pipes.runs.run import Run


class Answer(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def step(self, name: str) -> Any:
        """Return the document of one step."""
        return next(step for step in self.document["steps"] if step["name"] == name)


class Project:
    """A folder with a notebook `study.ipynb`.

    Args:
        folder: an empty folder.
        cells: sources of the notebook's cells; one that begins with "# " and a capital is Markdown.
    """

    def __init__(self, folder: Path, *cells: str) -> None:
        self.folder = folder
        self.path = folder / "study.ipynb"
        self.write(*cells)

    def write(self, *cells: str) -> None:
        """Write the notebook anew, as an editor would save it."""
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [_cell(f"c{number}", source) for number, source in enumerate(cells, 1)]
        nbformat.write(notebook, self.path)

    def jupyter_pipes(self, *words: str, timeout: float = 120) -> Answer:
        """Run `jupyter-pipes WORDS…` in the folder."""
        return _answer(self.start(*words), timeout)

    def jupyter_pipes_here(self, *words: str) -> Answer:
        """As `jupyter_pipes`, in this process: for what is refused before any process starts."""
        with (
            contextlib.chdir(self.folder),
            tempfile.TemporaryFile() as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            standard = os.dup(1)
            os.dup2(out.fileno(), 1)
            try:
                code = main(words)
            finally:
                os.dup2(standard, 1)
                os.close(standard)
            out.seek(0)
            return Answer(code, out.read().decode(), err.getvalue())

    def python(self, *words: str, timeout: float = 120) -> Answer:
        """Run `python WORDS…` in the folder."""
        return _answer(self._process([sys.executable, *words]), timeout)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `jupyter-pipes WORDS…` in the folder, in a process group of its own."""
        return self._process([sys.executable, "-m", "jupyter_pipes", *words])

    def pipeline(self) -> Pipeline:
        """Return the pipeline of the notebook as it is now."""
        return Pipeline.from_notebook(self.path)

    def run(self, *steps: str, **options: Any) -> Run:
        """Run the notebook as it is now, by the Python interface."""
        return self.pipeline().run(*steps, **options)

    def ran(self, *steps: str, **options: Any) -> list[str]:
        """Run the notebook as it is now and return the names of the steps that were not reused."""
        run = self.run(*steps, **options)
        return [name for name, step in run.steps.items() if step.status == "completed"]

    def _process(self, words: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )


def _cell(identity: str, source: str) -> Any:
    markdown = source.startswith("# ") and source[2:3].isupper()
    make = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
    return make(source, id=identity)


def _answer(process: subprocess.Popen[str], timeout: float) -> Answer:
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Answer(process.returncode, out, err)
