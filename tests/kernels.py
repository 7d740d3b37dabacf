"""Cells run in a real kernel, and what they show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


class Executed:
    """A notebook after its cells ran, errors included."""

    def __init__(self, notebook: Any) -> None:
        self._cells = notebook.cells

    def outputs(self, cell: int) -> list[Any]:
        """Return the nbformat outputs of a cell, counted from 0."""
        return list(self._cells[cell].outputs)

    def text(self, cell: int) -> str:
        """Return all text that a cell shows: streams, plain forms of displays, errors."""
        texts: list[str] = []
        begun = ""
        for output in self.outputs(cell):
            # A kernel may send what one `print` writes in two messages.
            stream = output.get("name", "")
            if stream and stream == begun:
                texts[-1] += _text(output)
            else:
                texts.append(_text(output))
            begun = "" if texts[-1].endswith("\n") else stream
        return "\n".join(texts)

    def error(self, cell: int) -> tuple[str, str]:
        """Return name and message of the error of a cell, ("", "") when there was none."""
        errors = [output for output in self.outputs(cell) if output.output_type == "error"]
        return (errors[-1].ename, errors[-1].evalue) if errors else ("", "")


def run_cells(folder: Path, cells: Sequence[str]) -> Executed:
    """Run cells in a fresh kernel in `folder`; an error does not stop the ones that follow."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=240, allow_errors=True, resources=resources).execute()
    return Executed(notebook)


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.data.get("text/plain", ""))
