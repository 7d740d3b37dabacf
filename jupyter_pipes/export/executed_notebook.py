"""The executed notebook: a copy with each step's outputs under its cell."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from jupyter_pipes.display.ansi import terminal_text
from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.model.results import Usage
from jupyter_pipes.pipelines.notebook import Document, cell_ids
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from jupyter_pipes.model.results import StepError
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


METADATA = "jupyter_pipes"
"""Under this name a cell's metadata say how its step went."""

LOG_LIMIT = 2**20
"""Bytes of a step's log that an executed notebook keeps: half from its head, half from its tail."""


def write_executed(
    document: Document,
    outputs: Mapping[str, Sequence[Mapping[str, Any]]],
    path: str | os.PathLike[str],
    facts: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write a copy of the notebook whose only outputs are these, below their cells.

    Args:
        document: the notebook as read.
        outputs: cell id -> nbformat outputs of the cell (see `interleave`); other cells get none.
        path: file to write; it is replaced as a whole or not at all.
        facts: cell id -> what its metadata say of the step as `jupyter_pipes`.

    Raises:
        NotebookError: the outputs do not make a valid notebook, or the file cannot be written.
    """
    nbformat: Any = import_module("nbformat")
    notebook = document.node()
    # State of widgets whose views are gone with the old outputs.
    notebook.metadata.pop("widgets", None)
    count = 0
    ids = cell_ids([node.get("id") for node in notebook.cells])
    for cell_id, node in zip(ids, notebook.cells, strict=True):
        if notebook.nbformat_minor >= 5:
            node["id"] = cell_id
        node.metadata.pop(METADATA, None)
        if facts and cell_id in facts:
            node.metadata[METADATA] = dict(facts[cell_id])
        if node.cell_type == "code":
            count += cell_id in outputs
            _put_outputs(node, outputs.get(cell_id), count)
    try:
        nbformat.validate(notebook)
        text = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    except (nbformat.ValidationError, TypeError, ValueError) as error:
        raise NotebookError(f"the outputs of this run do not make a valid notebook: {error}") from error
    replace_file(Path(path), text if text.endswith("\n") else text + "\n")


def interleave(
    log: bytes, shown: Sequence[tuple[int, Mapping[str, Any]]], error: StepError | None = None
) -> list[dict[str, Any]]:
    """Return an attempt's nbformat outputs in the order in which they appeared.

    Args:
        log: all that the attempt printed.
        shown: (size of the log in bytes when it was displayed, nbformat output) of each rich output.
        error: how the attempt failed, if it did.
    """
    outputs: list[dict[str, Any]] = []
    start = 0
    for offset, output in sorted(shown, key=lambda pair: pair[0]):
        end = min(max(offset, start), len(log))
        outputs += _stream(log, start, end)
        outputs.append(dict(output))
        start = end
    outputs += _stream(log, start, len(log))
    return outputs + ([_error_output(error)] if error else [])


def _put_outputs(node: Any, outputs: Sequence[Mapping[str, Any]] | None, count: int) -> None:
    nbformat: Any = import_module("nbformat")
    node.execution_count = None if outputs is None else count
    node.outputs = [nbformat.from_dict(dict(output)) for output in outputs or ()]
    for output in node.outputs:
        if output.output_type == "execute_result":
            output.execution_count = count


def _stream(log: bytes, start: int, end: int) -> list[dict[str, Any]]:
    """The stream output for one stretch of a log, or none when it is empty."""
    fits = len(log) <= LOG_LIMIT
    head, tail = (len(log), len(log)) if fits else (LOG_LIMIT // 2, len(log) - LOG_LIMIT // 2)
    text = log[start : min(end, head)].decode(errors="replace")
    if start <= head < min(end, tail):
        text += f"\n[… {tail - head:,} bytes of the log are left out …]\n"
    text = terminal_text(text + log[max(start, tail) : end].decode(errors="replace"))
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def _error_output(error: StepError) -> dict[str, Any]:
    traceback = terminal_text(error.traceback).splitlines() or [f"{error.type}: {error.message}"]
    return {"output_type": "error", "ename": error.type, "evalue": error.message, "traceback": traceback}


def write_executed_notebook(pipeline: Pipeline, run: Run, path: Path) -> None:
    """Write a copy of the pipeline's notebook with each step's outputs below its cell."""
    from jupyter_pipes.pipelines import notebook

    if not pipeline.origin.endswith(".ipynb"):
        raise UsageError(f"{pipeline.name} comes from no notebook file: save the notebook first")
    document = pipeline.document or notebook.read(pipeline.origin)
    cells = {step.name: step.cell_id for step in pipeline.graph.steps if step.cell_id}
    outputs = {cells[name]: outputs_of(run, name) for name in run.steps if name in cells}
    facts = {cells[name]: _facts_of(run, name) for name in run.steps if name in cells}
    write_executed(document, outputs, path, facts)


def _facts_of(run: Run, step: str) -> dict[str, Any]:
    """Return of which run the outputs are, and what the attempt used that showed them."""
    source, attempt = run.shown_attempt(step)
    return {"run": source, "step": step, **asdict(attempt.usage if attempt else Usage())}


def outputs_of(run: Run, step: str) -> list[dict[str, Any]]:
    """Return what a step showed, as nbformat outputs in order: text, rich outputs, error."""

    _, attempt = run.shown_attempt(step)
    log = run.log_path(step)
    text = log.read_bytes() if log is not None and log.exists() else b""
    shown = (
        [(each.log_offset, _output(each.kind, run.bundle(each))) for each in attempt.outputs]
        if attempt
        else []
    )
    return interleave(text, shown, attempt.error if attempt else None)


def _output(kind: str, bundle: Mapping[str, Any]) -> dict[str, Any]:
    output = {"output_type": kind, "data": bundle["data"], "metadata": bundle["metadata"]}
    return output | ({"execution_count": None} if kind == "execute_result" else {})
