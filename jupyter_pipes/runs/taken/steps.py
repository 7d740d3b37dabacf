"""What a pipeline of another engine comes to here."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.parameters import Parameter


class TakenIn(Struct, frozen=True):
    """What steps, parameters and the rest came to.

    Attributes:
        name, steps, parameters: the pipeline's.
        folders: those that modules of the steps are imported from.
        project: the folder that the steps run in; None if any will do.
    """

    name: str
    steps: tuple[Step, ...]
    parameters: dict[str, Parameter]
    folders: tuple[Path, ...]
    project: Path | None = None


def folder_beside(file: Path, project: Path | None) -> Path:
    """Return the folder of a file that defines a pipeline.

    Args:
        file: the file.
        project: the folder that its steps must run in, if they must.

    Raises:
        NotebookError: these are different folders.
    """
    if project is not None and not project.samefile(file.parent):
        raise NotebookError(f"{file} takes in the project in {project}: put the file into that folder")
    return file.parent
