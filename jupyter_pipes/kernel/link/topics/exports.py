"""Exports the pipeline as it is shown; never over a file that nobody was asked about."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jupyter_pipes.export.targets import FilesInTheWay
from jupyter_pipes.export.write import write
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import RunNotFound, UsageError
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run


class ExportPipeline(Request, frozen=True, tag="export"):
    """Write the pipeline to a path, from the notebook's folder.

    Attributes:
        path: a file, or the folder of a project.
        form: one of the forms (`export/forms.py`); "" for what the path says: a notebook with the outputs of
            the newest run where it ends in `.ipynb`, else a module.
        replace: whether files that are there may be replaced; else nothing is written then.
    """

    path: str
    form: str = ""
    replace: bool = False


class Exported(Struct, frozen=True):
    """Where the pipeline was written to; or not, as files are there and nobody said to replace them.

    Attributes:
        files: what was written, or is there already; from the notebook's folder.
    """

    path: str
    is_written: bool
    files: tuple[str, ...]


def export_shown(session: Session, request: ExportPipeline) -> Exported:
    """Write the pipeline as it is shown.

    Raises:
        UsageError: the path names no file, a module of that name could not run, or there is no run yet
            whose outputs a notebook could have.
        InvalidPipeline: the pipeline has problems.
        NotebookError: the file cannot be written, or an engine has no words for the pipeline.
    """
    if not request.path.strip():
        raise UsageError("name the file to write, as train.py")
    path = session.directory / request.path
    pipeline = session.upcoming()
    run = session.run or _newest(pipeline)
    try:
        files = write(
            pipeline, path, request.form or None, run, force=request.replace, only_new=not request.replace
        )
    except FilesInTheWay as error:
        return Exported(str(path), False, _named(error.files, session.directory))
    return Exported(str(path), True, _named(files, session.directory))


def _named(files: Iterable[Path], directory: Path) -> tuple[str, ...]:
    return tuple(os.path.relpath(file, directory) for file in files)


def _newest(pipeline: Pipeline) -> Run | None:
    with suppress(RunNotFound):
        return find_run(pipeline.workspace, "last", pipeline.name)
    return None
