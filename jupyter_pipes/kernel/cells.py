"""The cells that a kernel ran, as a notebook has them: the latest text of each, in the file's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines import notebook


class KernelCells:
    """The cells that this kernel ran, in the notebook's order, the latest text of each."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._cells: dict[str, tuple[str, int]] = {}
        self._read: tuple[int, list[tuple[str, str]]] | None = None

    def define(self, cell_id: str | None, source: str, count: int) -> str:
        """Take the text of a cell that is run; a cell run again keeps its place. Return the cell's id.

        Args:
            cell_id: the nbformat id, None where the front end does not send it.
            source: the cell's whole text.
            count: the execution count, which numbers cells without an id.
        """
        key = cell_id or self._named_like(source, count) or self._id_in_file(source) or f"execution-{count}"
        # Never changed in place: another thread may be reading them.
        self._cells = {**self._cells, key: (source, count)}
        return key

    def ordered(self) -> tuple[list[Cell], list[Diagnostic]]:
        """Return the cells and what is wrong with their `%%` lines."""
        cells = self._cells
        places = {key: place for place, (key, _) in enumerate(self._saved(), 1)}
        read = [
            notebook.cell_from_source(key, places.get(key, number), cells[key][0])
            for number, key in enumerate(_in_order(cells, places), 1)
        ]
        return [cell for cell, _ in read], [problem for _, problems in read for problem in problems]

    def _id_in_file(self, source: str) -> str | None:
        """Return the id of the saved cell with this text, for cells that ran before anybody listened."""
        return next((key for key, text in self._saved() if text == source), None)

    def _saved(self) -> list[tuple[str, str]]:
        """Return id and text of the saved notebook's cells, in order; none without a readable file."""
        if self.path is None or not self.path.exists():
            return []
        changed = self.path.stat().st_mtime_ns
        if self._read is None or self._read[0] != changed:
            self._read = (changed, _cells_of(self.path))
        return self._read[1]

    def _named_like(self, source: str, count: int) -> str | None:
        """Return the key of the cell that defined the same step, where the front end sends no ids."""
        cell, _ = notebook.cell_from_source("", count, source)
        return f"step-{cell.name}" if cell.role == "step" and not cell.append else None


def _in_order(keys: Iterable[str], places: Mapping[str, int]) -> list[str]:
    """Return the keys in the file's order; what the file does not have stays behind its predecessor."""
    ranked: list[tuple[int, int, str]] = []
    place = 0
    for order, key in enumerate(keys):
        place = places.get(key, place)
        ranked.append((place, order, key))
    return [key for _, _, key in sorted(ranked)]


def _cells_of(path: Path) -> list[tuple[str, str]]:
    try:
        file = notebook.read(path)
    except NotebookError:
        # It is being written at this moment, or no notebook: the order of execution serves as well.
        return []
    return [(cell.id, cell.source) for cell in file.cells]
