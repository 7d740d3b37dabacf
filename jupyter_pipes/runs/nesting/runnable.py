"""What a pipeline is to those who make its runs, and read the pipelines that its steps are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.hooks.given import CallbacksByHook
    from jupyter_pipes.model.steps import Diagnostic
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.planning.preparation import Values
    from jupyter_pipes.planning.request import Definition
    from jupyter_pipes.runs.nesting.requests import Children, Origin


class RunnablePipeline(Protocol):
    """A `Pipeline`; see there."""

    graph: Graph
    parameters: tuple[Parameter, ...]
    directory: Path
    origin: str
    above: tuple[Origin, ...]
    name: str
    version: str
    callbacks: CallbacksByHook

    @property
    def workspace(self) -> Workspace:
        """Where its runs are kept."""
        ...

    @property
    def children(self) -> Children:
        """The pipelines that steps of it are."""
        ...

    @property
    def state_as_written(self) -> str:
        """The digest of its state where its definition has not all of it."""
        ...

    def definition(self) -> Definition:
        """Return what of it is kept with each run."""
        ...

    def observed_graph(self) -> Graph:
        """Return its graph with what runs showed of it."""
        ...

    def problems(
        self, selected: Iterable[str] | None = None, queue: str = ..., graph: Graph | None = None
    ) -> tuple[Diagnostic, ...]:
        """Return what keeps it from running."""
        ...

    def values(self, said: Mapping[str, object], run: str = "") -> Values:
        """Return the values of its parameters."""
        ...
