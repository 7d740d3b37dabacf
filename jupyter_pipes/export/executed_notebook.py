"""The executed notebook: a copy with each step's outputs under its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from jupyter_pipes.export import notebook_json
from jupyter_pipes.export.step_outputs import outputs_by_cell
from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.model.results import Usage
from jupyter_pipes.pipelines.notebook import NotebookFile, cell_ids, invalid, read
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run

METADATA = "jupyter_pipes"
"""Under this name a cell's metadata say how its step went."""


def write_executed_notebook(pipeline: Pipeline, run: Run, path: Path) -> None:
    """Write a copy of the pipeline's notebook with each step's outputs below its cell.

    Raises:
        UsageError: the pipeline comes from no notebook file.
        NotebookError: as `write_executed`.
    """
    if not pipeline.origin.endswith(".ipynb"):
        raise UsageError(f"{pipeline.name} comes from no notebook file: save the notebook first")
    steps = [step for step in pipeline.graph.steps if step.cell_id and step.name in run.steps]
    outputs = {
        cell: shown for step in steps for cell, shown in outputs_by_cell(run, step.name, step.cells).items()
    }
    facts = {step.cells[0]: _facts_of(run, step.name) for step in steps}
    write_executed(pipeline.notebook or read(pipeline.origin), outputs, path, facts)


def _facts_of(run: Run, step: str) -> dict[str, Any]:
    """Return of which run the outputs are, and what the attempt used that showed them."""
    source, attempt = run.shown_attempt(step)
    return {"run": source, "step": step, **asdict(attempt.usage if attempt else Usage())}


def write_executed(
    source: NotebookFile,
    outputs: Mapping[str, Sequence[Mapping[str, Any]]],
    path: Path,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write a copy of the notebook whose only outputs are these, below their cells.

    Args:
        source: the notebook as read.
        outputs: cell id -> nbformat outputs of the cell; other cells get none.
        path: file to write; it is replaced as a whole or not at all.
        facts: cell id -> what its metadata say of the step as `jupyter_pipes`.

    Raises:
        NotebookError: the outputs do not make a valid notebook, or the file cannot be written.
    """
    notebook = checked(source)
    # State of widgets whose views are gone with the old outputs.
    notebook["metadata"].pop("widgets", None)
    count = 0
    ids = cell_ids([cell.get("id") for cell in source.content["cells"]])
    for cell_id, cell in zip(ids, notebook["cells"], strict=True):
        cell["metadata"].pop(METADATA, None)
        if facts and cell_id in facts:
            cell["metadata"][METADATA] = dict(facts[cell_id])
        if cell["cell_type"] == "code":
            count += cell_id in outputs
            _put_outputs(cell, outputs.get(cell_id), count)
    try:
        notebook_json.check(notebook)
        text = notebook_json.text_of(notebook)
    except Exception as error:  # nbformat lets AttributeError, KeyError, … of a wrong structure through
        raise NotebookError(f"the outputs of this run do not make a valid notebook: {error}") from error
    replace_file(path, text)


def checked(source: NotebookFile) -> dict[str, Any]:
    """Return the JSON of a notebook, which nobody else has.

    Raises:
        NotebookError: it does not keep to nbformat's schema.
    """
    content = deepcopy(source.with_ids())
    try:
        notebook_json.check(content)
    except Exception as error:  # nbformat lets AttributeError, KeyError, … of a wrong structure through
        raise invalid(source.path, error) from error
    return content


def _put_outputs(cell: dict[str, Any], outputs: Sequence[Mapping[str, Any]] | None, count: int) -> None:
    cell["execution_count"] = None if outputs is None else count
    cell["outputs"] = [deepcopy(dict(output)) for output in outputs or ()]
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = count
