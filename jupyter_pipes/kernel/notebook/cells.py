"""The cells that a kernel ran, as a notebook has them: the latest text of each, in the file's order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.kernel.notebook import saved
from jupyter_pipes.kernel.notebook.saved import LiveCell, SavedCell, SavedNotebook
from jupyter_pipes.kernel.notebook.whereabouts import Execution
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines import notebook
from jupyter_pipes.pipelines.sections.division import OWN, Division, divided
from jupyter_pipes.pipelines.sections.uses import use_of


class RanCell(Struct, frozen=True):
    """A cell as it was run last.

    Attributes:
        source: its text.
        count: the execution count.
        has_id: whether the front end sent an id.
        time: when, in seconds since 1970.
        pipeline: the one that was in use then.
    """

    source: str
    count: int
    has_id: bool
    time: float
    pipeline: str = OWN


class KernelCells:
    """The cells that this kernel ran, in the notebook's order, the latest text of each.

    Args:
        path: the notebook's file, if known.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._used = OWN
        self._is_divided = False
        self.executions: list[Execution] = []
        self._cells: dict[str, RanCell] = {}
        self._read: tuple[Path, int, SavedNotebook | None] | None = None
        self._live: SavedNotebook | None = None
        self._is_upcoming = False
        self.moved_from: str | None = None
        """Whose the cell was that runs now, if it is another's now."""

    def define(self, cell_id: str | None, source: str, count: int) -> str:
        """Take the text of a cell that is run; a cell run again keeps its place. Return the cell's key.

        Args:
            cell_id: the nbformat id, None where the front end does not send it.
            source: the cell's whole text.
            count: the execution count, which numbers cells without an id.
        """
        self.executions.append(Execution(cell_id, source))
        key = self._key_of_id(cell_id, source) if cell_id else self._key_of_text(source, count)
        twin = self._twin(source) if cell_id and key not in self._cells else None
        # Never changed in place: another thread may be reading them.
        renamed = {key if old == twin else old: cell for old, cell in self._cells.items()}
        before = self._cells.get(key)
        ran = RanCell(source, count, cell_id is not None, time.time(), self._used)
        self._cells = {**renamed, key: ran}
        self._is_divided = self._has_several() or use_of(source) is not None
        if cell_id and self._is_divided:
            # It stands where the notebook has it, whatever ran before it.
            self._used = self._owners()[key]
            self._cells = {**self._cells, key: replace(ran, pipeline=self._used)}
        is_moved = before is not None and before.pipeline != self._used and _is_ours(source)
        self.moved_from = before.pipeline if before is not None and is_moved else None
        return key

    @property
    def used(self) -> str:
        """The pipeline that `%pipeline use` chose last, or to which the cell belongs that ran last."""
        return self._used

    def use(self, pipeline: str) -> None:
        """Take it that what runs next is a pipeline's, where nothing else tells whose it is."""
        self._used, self._is_divided = pipeline, True

    @property
    def names(self) -> tuple[str, ...]:
        """The pipelines that the cells name, in order."""
        return tuple(dict.fromkeys(name for name in self._owners().values() if name != OWN))

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
        upcoming._used, upcoming._is_divided, upcoming._is_upcoming = self._used, self._is_divided, True
        upcoming.executions, upcoming._live = self.executions, self._live
        written = {cell.key: cell.source for cell in self._live.cells if cell.is_code}
        upcoming._cells = {
            **{key: ran for key, ran in self._cells.items() if key in written or not ran.has_id},
            **{key: self._taken(key, source) for key, source in written.items()},
        }
        return upcoming

    def adopt(self, upcoming: KernelCells, pipeline: str) -> None:
        """Define the cells of a pipeline, and those that all have, as they are upcoming."""
        theirs = upcoming._declared_by_others(pipeline)
        taken = {key: ran for key, ran in upcoming._cells.items() if key not in theirs}
        kept = {key: ran for key, ran in self._declared_by_others(pipeline).items() if key not in taken}
        self._cells = {**kept, **taken}

    def _declared_by_others(self, pipeline: str) -> dict[str, RanCell]:
        owners, cells = self._owners(), self._cells
        return {
            key: cells[key]
            for key, owner in owners.items()
            if owner != pipeline and _is_ours(cells[key].source)
        }

    def _taken(self, key: str, source: str) -> RanCell:
        ran = self._cells.get(key)
        if ran is None or not ran.count:
            # No variable of the kernel comes from it.
            return RanCell(source, 0, True, 0.0)
        is_declared = any(_is_declaration(text) for text in (source, ran.source))
        return RanCell(source, ran.count, True, ran.time) if is_declared else ran

    def take_earlier(self, source: str, count: int) -> None:
        """Take the text of a cell that ran before the extension was loaded: imports and helpers count too."""
        key = self.define(None, source, count) if source else ""
        if key and _is_ours(source):
            # It failed then.
            self._forget(key)

    def take_back(self, key: str, *, was_ours: bool) -> None:
        """Take back a cell that turned out to be none, as its first line means nothing.

        Args:
            key: the cell's key.
            was_ours: whether it is a `%%` line of ours that does not fit: as long as it stands in the
                notebook, runs are told so. A cell that nobody has an id of would stand there for ever.
        """
        if not (was_ours and self.has_id(key)):
            self._forget(key)

    def _forget(self, key: str) -> None:
        self._cells = {old: cell for old, cell in self._cells.items() if old != key}

    def has_id(self, key: str) -> bool:
        """Whether the front end sent an id for this cell: then it is defined anew when it is run again."""
        return key in self._cells and self._cells[key].has_id

    def ordered(self) -> Division:
        """Return the cells in order, whose they are, and what is wrong with their `%%` lines."""
        cells, owners = self._cells, self._owners()
        places = _places(cells, self.saved())
        read: list[Cell] = []
        problems: list[Diagnostic] = []
        keys = _in_order(cells, places)
        for number, key in enumerate(keys, 1):
            cell, found = notebook.cell_from_source(key, places.get(key, number), cells[key].source)
            read.append(cell)
            problems += found
        return divided(read, [cells[key].source for key in keys], [owners[key] for key in keys], problems)

    def _owners(self) -> dict[str, str]:
        """Return key -> whose each cell is that ran."""
        cells, file = self._cells, self.saved()
        if not self._has_several():
            return dict.fromkeys(cells, OWN)
        ran = {key: cell.pipeline for key, cell in cells.items()}
        if file is None or not self._is_told_by(file):
            return ran
        places = _places(cells, file)
        placed = (key for key, cell in cells.items() if cell.has_id and key in places)
        return {**ran, **{key: file.cells[places[key] - 1].pipeline for key in placed}}

    def _has_several(self) -> bool:
        """Return whether the notebook has, or had, other pipelines than its own."""
        file = self.saved()
        return self._is_divided or (file is not None and file.is_divided)

    def _is_told_by(self, file: SavedNotebook) -> bool:
        """Return whether the notebook has all `%pipeline use` as they were run in its cells."""
        uses = [(key, ran) for key, ran in self._cells.items() if ran.has_id and use_of(ran.source)]
        if self._is_upcoming or not uses:
            return True
        texts = {cell.key: cell.source.strip() for cell in file.cells}
        everywhere = set(texts.values())
        return all(
            texts[key] == ran.source.strip()
            if key in texts
            else ran.source.strip() in everywhere or ran.time < file.time
            for key, ran in uses
        )

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
            place = f"@{self._used}" if self._used else ""
            return next(same, None) or self._key_in_file(source) or f"step-{cell.name}{place}"
        return self._key_in_file(source) or f"execution-{count}"

    def _defines(self, key: str, step: str) -> bool:
        ran = self._cells[key]
        if ran.has_id or ran.pipeline != self._used:
            return False
        cell, _ = notebook.cell_from_source("", ran.count, ran.source)
        return cell.role == "step" and not cell.append and cell.name == step

    def _key_in_file(self, source: str) -> str | None:
        """Return the key of the saved cell with this text; one of ours must be of the pipeline in use."""
        found = [cell for cell in self._saved_cells() if cell.source == source]
        own = next((cell.key for cell in found if cell.pipeline == self._used), None)
        return own or next((cell.key for cell in found if not _is_ours(source)), None)

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


def _is_ours(source: str) -> bool:
    """Return whether a cell belongs to one pipeline; others belong to all."""
    return notebook.cell_from_source("", 0, source)[0].role in ("step", "params", "setup")


def _is_declaration(source: str) -> bool:
    """Return whether running a cell defines something and computes nothing."""
    cell, _ = notebook.cell_from_source("", 0, source)
    return cell.role in ("step", "params")


def is_same_state(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """Return whether nothing changed between two states: texts may be equal, all else is the same."""
    return all(
        old is new or (isinstance(old, str) and old == new) for old, new in zip(before, now, strict=True)
    )
