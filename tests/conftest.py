"""What tests of several files need: a notebook made of a few cells, as a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from jupyter_pipes.runs.pipeline import Pipeline

MakePipeline = Callable[..., Pipeline]


@pytest.fixture
def pipeline_of(tmp_path: Path) -> MakePipeline:
    """Return a function that writes code cells into a notebook and reads it as a pipeline."""

    def make(*cells: str, name: str = "made", folder: Path | None = None) -> Pipeline:
        path = (folder or tmp_path) / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        found = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=found), path)
        return Pipeline.from_notebook(path)

    return make
