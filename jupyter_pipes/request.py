"""What one run is to do, as data: made by whoever starts it, carried out by the controller."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from jupyter_pipes.definition import Arguments, Definition, pack
from jupyter_pipes.graph import Graph
from jupyter_pipes.model import Cell
from jupyter_pipes.selection import Selection

if TYPE_CHECKING:
    from jupyter_pipes.decision import Decision


class RunRequest(Struct, frozen=True):
    """What a run is to do.

    Attributes:
        run: its id.
        pipeline, version, state: whose run it is, and in which state that is.
        graph: the whole pipeline.
        selection: the steps that it takes.
        values: step -> parameter -> value, for the parameters that the step reads.
        shown: the values as JSON carries them, for the journal.
        directory: the folder that steps run in.
        python_path: what is put in front of `sys.path` in a step.
        taken: the decisions of the steps whose outputs are taken as they are.
        fail_fast: whether the first failure stops everything.
        origin: where the pipeline came from (a notebook's path).
        declarations: the cells that declared the parameters.
        given: the parameter values that were said, as they were.
        repeats: the run that it runs again, else "".
    """

    run: str
    pipeline: str
    version: str
    state: str
    graph: Graph
    selection: Selection
    values: dict[str, dict[str, Any]]
    shown: dict[str, Any]
    directory: Path
    python_path: tuple[Path, ...] = ()
    taken: dict[str, Decision] = field(default_factory=dict[str, "Decision"])
    fail_fast: bool = False
    origin: str = ""
    declarations: tuple[Cell, ...] = ()
    given: dict[str, object] = field(default_factory=dict[str, object])
    repeats: str = ""

    @property
    def definition(self) -> Definition:
        """What runs the pipeline again."""
        return Definition(
            self.pipeline,
            self.graph.steps,
            self.graph.parameters,
            self.declarations,
            str(self.directory),
            tuple(map(str, self.python_path)),
            self.origin,
        )

    @property
    def arguments(self) -> Arguments:
        """What it was given."""
        values = {step: pack(named) for step, named in self.values.items() if named}
        return Arguments(values, pack(self.given), self.shown, self.selection, self.fail_fast)
