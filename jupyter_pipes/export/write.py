"""A pipeline to a file, in the form that is wanted: a module, or the executed notebook."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.export.executed_notebook import write_executed_notebook
from jupyter_pipes.export.targets import check_target
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


def write(pipeline: Pipeline, path: Path, form: str | None, run: Run | None, *, force: bool = False) -> None:
    """Write the pipeline to `path`, as a whole or not at all.

    Args:
        form: `python` or `notebook`; by the path's ending when None.
        run: the run whose outputs an exported notebook shows.
        force: whether a file that no export wrote may be replaced.

    Raises:
        InvalidPipeline: the pipeline has problems.
        UsageError: a module of that name could not run, there is no run to export, or somebody's file is
            there and `force` is false.
        NotebookError: the file cannot be written, or there is no notebook.
    """
    kind = form or ("notebook" if path.suffix == ".ipynb" else "python")
    is_notebook = path.suffix == ".ipynb"
    if kind == "python" or run is not None:
        fits = is_notebook == (kind == "notebook")
        check_target(path, force=force, source=pipeline.origin, replaces_own=fits)
    if kind == "python":
        _check_name(path)
        replace_file(path, _module(pipeline))
    elif run is None:
        raise UsageError("there is no run whose outputs could be exported: run the pipeline first")
    else:
        write_executed_notebook(pipeline, run, path)


def _check_name(path: Path) -> None:
    """Refuse what a module cannot be called, so that it runs."""
    if "." in path.stem:
        raise UsageError(f"{path.name} could not be imported by its steps: give it a name without dots")
    # Its folder is the first place where Python looks for modules. (Nobody needs the tests of Python itself.)
    if path.stem in sys.stdlib_module_names - {"test"}:
        raise UsageError(f"{path.name} would stand before Python's own {path.stem}: give it another name")


def _module(pipeline: Pipeline) -> str:
    from jupyter_pipes.export.python import export_python, formatted

    if pipeline.origin.endswith(".py"):
        # It is what an export of it would be.
        return formatted(Path(pipeline.origin).read_text(encoding="utf-8"))
    source = Path(pipeline.origin).name if pipeline.origin else pipeline.name
    return export_python(pipeline.graph, pipeline.cells, pipeline.parameters, pipeline.name, source)
