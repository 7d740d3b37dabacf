"""What runs of pipelines that are steps are to do, with what only running code tells of their parameters."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.execution.defaults import computed_values
from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.planning.nesting.requests import Declared, child_request, declared_in

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Diagnostic, Step
    from jupyter_pipes.planning.request import Definition, RunRequest


class Origin(Struct, frozen=True):
    """Where a pipeline stands.

    Attributes:
        file: its notebook or module; "" if none.
        name: its own, which tells it from others in the file.
    """

    file: str
    name: str

    @property
    def words(self) -> str:
        """How a `--pipeline` names it."""
        file = Path(self.file)
        return file.name if self.name == file.stem else f"{file.name}:{self.name}"


class Children(Struct, frozen=True):
    """The pipelines that steps of one are.

    Attributes:
        definitions: step -> its pipeline, of those that could be read.
        declared: step -> the parameters of that.
        problems: what is wrong with the others.
    """

    definitions: dict[str, Definition]
    declared: dict[str, Declared]
    problems: tuple[Diagnostic, ...]


def request_for_run(request: RunRequest, step: Step, workspace: Workspace, run: str) -> RunRequest:
    """Return what the run of the pipeline that a step is is to do.

    Args:
        request: what the run is to do that the step is of.
        step: the step, its options settled.
        workspace: where both are kept.
        run: the id of the new run.

    Raises:
        ParameterError, UsageError: what the step gives has no parameter there, or does not fit.
    """
    definition, known = request.definition.children[step.name], request.children[step.name]
    compute = partial(computed_values, workspace=workspace, executor=local_executor(), run=run)
    child = child_request(definition, declared_in(known), step, workspace, compute)
    return replace(child, run=run)
