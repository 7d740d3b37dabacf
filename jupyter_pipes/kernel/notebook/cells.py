"""The cells that a kernel ran, as a notebook has them: the latest text of each, in the file's order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from jupyter_pipes.kernel.notebook import saved
from jupyter_pipes.kernel.notebook.saved import LiveCell, SavedCell, SavedNotebook
from jupyter_pipes.kernel.notebook.whereabouts import Execution
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines import notebook


class RanCell(Struct, frozen=True):
    """A cell as it was run last.

    Attributes:
        source: its text.
        count: the execution count.
        has_id: whether the front end sent an id.
        time: when, in seconds since 1970.
    """

    source: str
    count: int
    has_id: bool
    time: float


class KernelCells:
    """The cells that this kernel ran, in the notebook's order, the latest text of each.

    Args:
        path: the notebook's file, if known.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.executions: list[Execution] = []
        self._cells: dict[str, RanCell] = {}
        self._read: tuple[Path, int, SavedNotebook | None] | None = None
        self._live: SavedNotebook | None = None

    def define(self, cell_id: str | None, source: str, count: int) -> str:
        """Take the text of a cell that is run; a cell run again keeps its place. Return the cell's key.

        Args:
            cell_id: the nbformat id, None where the front end does not send it.
            source: the cell's whole text.
            count: the execution count, which numbers cells without an id.
        """
        self.executions.append(Execution(cell_id, source))
        key = self._key_of_id(cell_id, source) if cell_id else self._key_of_text(source, count)
        ran = RanCell(source, count, cell_id is not None, time.time())
        twin = self._twin(source) if cell_id and key not in self._cells else None
        # Never changed in place: another thread may be reading them.
        renamed = {key if old == twin else old: cell for old, cell in self._cells.items()}
        self._cells = {**renamed, key: ran}
        return key

    @property
    def ran(self) -> Mapping[str, RanCell]:
        """Key -> the cell, in the order in which they came."""
        return self._cells

    def show(self, cells: Sequence[LiveCell]) -> None:
        """Take the notebook as a front end shows it now, all its cells in order: it goes before the file."""
        self._live = saved.shown(self.path or Path(), time.time(), cells)

    @property
    def state(self) -> tuple[object, ...]:
        """What `ordered` and `upcoming` hang on: the same objects as long as nothing changed."""
        return self._cells, self.saved(), self.path

    def upcoming(self) -> KernelCells:
        """Return the cells as a run from a front end's button takes them; these, if none shows its cells.

        Steps and parameters are what is written there now, and cells that never ran count as in a file. Other
        cells stay as they were run, as the kernel's variables do.
        """
        if self._live is None:
            return self
        upcoming = KernelCells(self.path)
        upcoming.executions, upcoming._live = self.executions, self._live
        written = {cell.key: cell.source for cell in self._live.cells if cell.is_code}
        upcoming._cells = {
            **{key: ran for key, ran in self._cells.items() if key in written or not ran.has_id},
            **{key: self._taken(key, source) for key, source in written.items()},
        }
        return upcoming

    def adopt(self, upcoming: KernelCells) -> None:
        """Define the cells as they are upcoming."""
        self._cells = upcoming._cells

    def _taken(self, key: str, source: str) -> RanCell:
        ran = self._cells.get(key)
        if ran is None or not ran.count:
            # No variable of the kernel comes from it.
            return RanCell(source, 0, True, 0.0)
        is_declared = any(_is_declaration(text) for text in (source, ran.source))
        return RanCell(source, ran.count, True, ran.time) if is_declared else ran

    def forget(self, key: str) -> None:
        """Take back a definition: the cell turned out to be none."""
        self._cells = {old: cell for old, cell in self._cells.items() if old != key}

    def has_id(self, key: str) -> bool:
        """Whether the front end sent an id for this cell: then it is defined anew when it is run again."""
        return key in self._cells and self._cells[key].has_id

    def ordered(self) -> tuple[list[Cell], list[Diagnostic]]:
        """Return the cells and what is wrong with their `%%` lines."""
        cells = self._cells
        places = _places(cells, self.saved())
        read = [
            notebook.cell_from_source(key, places.get(key, number), cells[key].source)
            for number, key in enumerate(_in_order(cells, places), 1)
        ]
        return [cell for cell, _ in read], [problem for _, problems in read for problem in problems]

    def saved(self) -> SavedNotebook | None:
        """Return the notebook as a front end shows it, else as it was saved last; None if nobody can tell."""
        if self._live is not None:
            return self._live
        path = self.path
        if path is None or not path.exists():
            return None
        changed = path.stat().st_mtime_ns
        if self._read is None or self._read[:2] != (path, changed):
            self._read = (path, changed, saved.read(path))
        return self._read[2]

    def _saved_cells(self) -> Iterable[SavedCell]:
        file = self.saved()
        return file.cells if file else ()

    def _key_of_id(self, cell_id: str, source: str) -> str:
        """Return the id; of cells that share one in the file, that of the cell with this text."""
        keys = {cell.source: cell.key for cell in self._saved_cells() if cell.id == cell_id}
        return keys.get(source, cell_id) if len(keys) > 1 else cell_id

    def _key_of_text(self, source: str, count: int) -> str:
        """Return the key of the cell that defined the same step, or of the saved cell with this text."""
        cell, _ = notebook.cell_from_source("", count, source)
        if cell.role == "step" and not cell.append:
            same = (key for key in self._cells if self._defines(key, cell.name))
            return next(same, None) or self._key_in_file(source) or f"step-{cell.name}"
        return self._key_in_file(source) or f"execution-{count}"

    def _defines(self, key: str, step: str) -> bool:
        ran = self._cells[key]
        if ran.has_id:
            return False
        cell, _ = notebook.cell_from_source("", ran.count, ran.source)
        return cell.role == "step" and not cell.append and cell.name == step

    def _key_in_file(self, source: str) -> str | None:
        return next((cell.key for cell in self._saved_cells() if cell.source == source), None)

    def _twin(self, source: str) -> str | None:
        """Return the key of the same text that ran before anybody told its id."""
        return next(
            (key for key, ran in self._cells.items() if not ran.has_id and ran.source == source), None
        )


def _places(cells: Mapping[str, RanCell], file: SavedNotebook | None) -> dict[str, int]:
    """Return key -> place in the file, from 1: by id, else by text: front ends make up ids where none are."""
    saved_cells = list(enumerate(file.cells, 1)) if file else []
    places = {cell.key: place for place, cell in saved_cells}
    by_text = {cell.source: place for place, cell in reversed(saved_cells) if cell.key not in cells}
    others = {key: by_text[ran.source] for key, ran in cells.items() if ran.source in by_text}
    return {**others, **places}


def _in_order(keys: Iterable[str], places: Mapping[str, int]) -> list[str]:
    """Return the keys in the file's order; what the file does not have stays behind its predecessor."""
    ranked: list[tuple[int, int, str]] = []
    place = 0
    for order, key in enumerate(keys):
        place = places.get(key, place)
        ranked.append((place, order, key))
    return [key for _, _, key in sorted(ranked)]


def _is_declaration(source: str) -> bool:
    """Return whether running a cell defines something and computes nothing."""
    cell, _ = notebook.cell_from_source("", 0, source)
    return cell.role in ("step", "params")


def is_same_state(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """Return whether nothing changed between two states: texts may be equal, all else is the same."""
    return all(
        old is new or (isinstance(old, str) and old == new) for old, new in zip(before, now, strict=True)
    )
