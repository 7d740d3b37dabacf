"""What is exported, what its graph must be, and its steps without what functions cannot hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.export.plain.docstrings import plain_text
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_pipes.model.steps import Cell, Step
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.storage.catalog.entries import Catalog


class Exported(Struct, frozen=True):
    """A pipeline on its way to another engine.

    Attributes:
        graph: the pipeline, without errors.
        cells: the notebook's cells, for comments and the heading.
        parameters: the declared parameters.
        catalog: what the settings say of names.
        name: the pipeline's name.
        source: where it comes from, for people ("train.ipynb").
        stem: how the module or the folder is called that is written.
        beside: the modules that stand in the notebook's folder.
    """

    graph: Graph
    cells: Sequence[Cell]
    parameters: Sequence[Parameter]
    catalog: Catalog
    name: str
    source: str
    stem: str
    beside: Sequence[str] = ()

    @property
    def origin(self) -> str:
        """The line that tells that it is an export, and of what."""
        return f"Exported from {self.source} by jupyter_pipes."

    @property
    def heading(self) -> str:
        """What it is about, as the notebook says it, and where it comes from."""
        return f"{title(self.graph, self.cells)}\n\n{self.origin}"


def check_graph(graph: Graph, name: str) -> None:
    """Refuse a pipeline with errors: an export of it could not run.

    Raises:
        InvalidPipeline: it has some; the message tells the first.
    """
    if graph.errors:
        first = graph.errors[0]
        message = f"{name} cannot be exported: {first.message}"
        raise InvalidPipeline(message, step=first.step, line=first.line, diagnostics=graph.errors)


def with_values_only(step: Step) -> Step:
    """Return the step without what is handed on beside values: states, and streams of random numbers.

    Raises:
        NotebookError: it draws from a stream that an earlier step drew from.
    """
    if shared := sorted(STREAM_NAMES & step.reads.keys()):
        raise NotebookError(
            f"step {step.name} goes on with the random numbers of step {step.reads[shared[0]]} "
            f"({shared[0]}), which a module cannot hand on: seed each step that draws, or pass a generator "
            "from step to step (rng = np.random.default_rng(0))",
            step=step.name,
        )
    # A module has its definitions once: what they hold needs no handing on.
    reads = {name: owner for name, owner in step.reads.items() if not is_state(name)}
    writes = tuple(name for name in step.writes if not is_state(name))
    return replace(step, reads=reads, writes=writes)


def title(graph: Graph, cells: Sequence[Cell]) -> str:
    """Return the notebook's first Markdown cell as text, "" where it is a step's own."""
    first = next((cell for cell in cells if cell.source.strip()), None)
    if first is None or first.role != "markdown" or first.source in {step.doc for step in graph.steps}:
        return ""
    return plain_text(first.source)
