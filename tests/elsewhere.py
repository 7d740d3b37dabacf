"""A run as a controller of another machine writes it, for tests of who follows it."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from tests.leases import hold


class Elsewhere:
    """The run `r` of two steps, `a` and `b`, in a folder's project.

    Args:
        folder: the folder.
        queue: to which queue its controller was handed.
        pipeline, origin: whose run it is.
    """

    def __init__(self, folder: Path, queue: str = "", pipeline: str = "p", origin: str = "") -> None:
        self.workspace = Workspace(folder)
        self.workspace.open()
        self._journal = self.workspace.history.journal("r")
        self._records: list[ev.Record] = []
        steps = (ev.PlannedStep("a"), ev.PlannedStep("b"))
        self.add(ev.RunStarted(pipeline, "1.0.0", steps, origin=origin, queue=queue))
        hold(self.workspace.history, "r")

    def add(self, *events: ev.AnyEvent) -> None:
        """Write facts of the run."""
        records = [self._journal.number(event) for event in events]
        self._records += records
        self._journal.write(records, fold("r", self._records))
