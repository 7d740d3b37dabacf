"""A pipeline to files, in the form that is wanted: a module, the executed notebook, or another engine's."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jupyter_pipes.export.executed_notebook import write_executed_notebook
from jupyter_pipes.export.targets import check_target
from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run

_ENGINES: Mapping[str, Literal["module", "folder"]] = {
    "luigi": "module",
    "kedro": "folder",
    "clearml": "module",
}
"""Engine -> what the path names: a module that others are written beside, or the folder of a project.

The folder of that name in `export/` has a function `export_ENGINE`.
"""

FORMS = ("python", "notebook", *_ENGINES)
"""The forms that a pipeline can be written in."""


def write(
    pipeline: Pipeline, path: Path, form: str | None, run: Run | None, *, force: bool = False
) -> tuple[Path, ...]:
    """Write the pipeline to `path`, as a whole or not at all; return the files.

    Args:
        form: one of `FORMS`; by the path's ending when None.
        run: the run whose outputs an exported notebook shows.
        force: whether a file that no export wrote may be replaced.

    Raises:
        InvalidPipeline: the pipeline has problems.
        UsageError: a module of that name could not run, there is no run to export, or somebody's file is
            there and `force` is false.
        NotebookError: the file cannot be written, there is no notebook, or the engine has no words for
            what a step says or does.
    """
    is_notebook = path.suffix == ".ipynb"
    kind = form or ("notebook" if is_notebook else "python")
    if kind in _ENGINES:
        return _write_for_engine(pipeline, path, kind, force=force)
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
    return (path,)


def _write_for_engine(pipeline: Pipeline, path: Path, engine: str, *, force: bool) -> tuple[Path, ...]:
    """Write all files for an engine, or none where one of them may not be replaced."""
    if not pipeline.cells:
        raise UsageError(f"{pipeline.name} is no notebook: only notebooks can be exported to {engine}")
    root = path
    if _ENGINES[engine] == "module":
        if path.suffix != ".py":
            raise UsageError(f"name a module, as flow.py: {path.name} is none that {engine} could load")
        _check_name(path)
        root = path.parent
    export = getattr(import_module(f"jupyter_pipes.export.{engine}"), f"export_{engine}")
    source = Path(pipeline.origin).name if pipeline.origin else pipeline.name
    texts: Mapping[str, str] = export(
        pipeline.graph, pipeline.cells, pipeline.parameters, pipeline.name, source, path.stem
    )
    files = {root / name: text for name, text in texts.items()}
    for file in files:
        if file.parent.exists():
            check_target(file, force=force, source=pipeline.origin)
    for file, text in files.items():
        _make_folder(file.parent, root.parent)
        replace_file(file, text)
    return tuple(files)


def _make_folder(folder: Path, above: Path) -> None:
    """Make a folder of a project; the one that the project stands in has to be there."""
    if folder.exists():
        return
    if folder == above:
        raise NotebookError(f"cannot write into {folder}: it is not there")
    _make_folder(folder.parent, above)
    try:
        folder.mkdir()
    except OSError as error:
        raise NotebookError(f"cannot make the folder {folder}: {error.strerror}") from error


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
