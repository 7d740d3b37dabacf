"""A pipeline to a file: the module that runs without Jupyter, or the notebook with a run's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.errors import UsageError

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


def write(pipeline: Pipeline, path: Path, form: str | None, run: Run | None) -> None:
    """Write the pipeline to `path`.

    Args:
        form: `python` or `notebook`; by the path's ending when None.
        run: the run whose outputs an exported notebook shows.

    Raises:
        InvalidPipeline: the pipeline has problems.
        NotebookError: the file cannot be written, or there is no notebook or run to export.
    """
    kind = form or ("notebook" if path.suffix == ".ipynb" else "python")
    if kind == "python":
        write_python(pipeline, path)
    elif run is None:
        raise UsageError("there is no run whose outputs could be exported: run the pipeline first")
    else:
        write_executed_notebook(pipeline, run, path)


def write_python(pipeline: Pipeline, path: Path) -> None:
    """Write the pipeline as a module."""
    from jupyter_pipes.export.python import export_python, formatted, write_module

    if pipeline.origin.endswith(".py"):
        # It is what an export of it would be.
        write_module(path, formatted(Path(pipeline.origin).read_text(encoding="utf-8")))
        return
    source = Path(pipeline.origin).name if pipeline.origin else pipeline.name
    text = export_python(pipeline.graph, pipeline.cells, pipeline.parameters, pipeline.name, source)
    write_module(path, text)


def write_executed_notebook(pipeline: Pipeline, run: Run, path: Path) -> None:
    """Write a copy of the pipeline's notebook with each step's outputs below its cell."""
    from jupyter_pipes.pipelines import notebook

    if not pipeline.origin.endswith(".ipynb"):
        raise UsageError(f"{pipeline.name} comes from no notebook file: save the notebook first")
    document = pipeline.document or notebook.read(pipeline.origin)
    cells = {step.name: step.cell_id for step in pipeline.graph.steps if step.cell_id}
    outputs = {cells[name]: outputs_of(run, name) for name in run.steps if name in cells}
    notebook.write_executed(document, outputs, path)


def outputs_of(run: Run, step: str) -> list[dict[str, Any]]:
    """Return what a step showed, as nbformat outputs in order: text, rich outputs, error."""
    from jupyter_pipes.pipelines import notebook

    _, attempt = run.shown_attempt(step)
    log = run.log_path(step)
    text = log.read_bytes() if log is not None and log.exists() else b""
    shown = (
        [(each.log_offset, _output(each.kind, run.bundle(each))) for each in attempt.outputs]
        if attempt
        else []
    )
    return notebook.interleave(text, shown, attempt.error if attempt else None)


def _output(kind: str, bundle: Mapping[str, Any]) -> dict[str, Any]:
    output = {"output_type": kind, "data": bundle["data"], "metadata": bundle["metadata"]}
    return output | ({"execution_count": None} if kind == "execute_result" else {})
