"""Exports the pipeline as it is shown; never over a file that nobody was asked about."""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct

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
        path: what ends in `.ipynb` becomes the notebook with the outputs of the newest run, else a module.
        replace: whether a file that is there may be replaced; else nothing is written then.
    """

    path: str
    replace: bool = False


class Exported(Struct, frozen=True):
    """Where the pipeline was written to; or not, as a file is there and nobody said to replace it."""

    path: str
    is_written: bool


def export_shown(session: Session, request: ExportPipeline) -> Exported:
    """Write the pipeline as it is shown.

    Raises:
        UsageError: the path names no file, a module of that name could not run, or there is no run yet
            whose outputs a notebook could have.
        InvalidPipeline: the pipeline has problems.
        NotebookError: the file cannot be written.
    """
    if not request.path.strip():
        raise UsageError("name the file to write, as train.py")
    path = session.directory / request.path
    if path.is_file() and not request.replace:
        return Exported(str(path), is_written=False)
    pipeline = session.upcoming()
    write(pipeline, path, None, session.run or _newest(pipeline), force=request.replace)
    return Exported(str(path), is_written=True)


def _newest(pipeline: Pipeline) -> Run | None:
    with suppress(RunNotFound):
        return find_run(pipeline.workspace, "last", pipeline.name)
    return None
