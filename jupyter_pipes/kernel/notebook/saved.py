"""A saved notebook as a kernel looks at it: ids and texts of its cells, in order, and what made it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.pipelines.notebook import cell_ids
from jupyter_pipes.pipelines.sections.division import OWN, owners


class SavedCell(Struct, frozen=True):
    """A cell of a saved notebook.

    Attributes:
        key: its id; one of its own where the file has none, or the same twice.
        id: the id as it stands in the file.
        source: its text.
        is_code: whether it is code.
        is_injected: whether papermill put it there.
        pipeline: whose it is: the name, or `OWN`.
    """

    key: str
    id: str | None
    source: str
    is_code: bool
    is_injected: bool
    pipeline: str = OWN


class SavedNotebook(Struct, frozen=True):
    """A notebook file as it was saved last.

    Attributes:
        path: where it is.
        time: when it was saved, in seconds since 1970.
        cells: its cells, in order.
        made_from: the notebook that papermill made it from; None if it is nobody's output.
        is_divided: whether some of its cells belong to another pipeline than its own.
    """

    path: Path
    time: float
    cells: tuple[SavedCell, ...]
    made_from: Path | None = None
    is_divided: bool = False


class LiveCell(Struct, frozen=True):
    """A cell as a front end shows it now; `is_code` is false for Markdown and the like."""

    id: str
    source: str
    is_code: bool


class _CellMetadata(Struct, frozen=True):
    tags: Sequence[str] = ()


class _Cell(Struct, frozen=True):
    cell_type: str
    source: str | list[str]
    id: str | None = None
    metadata: _CellMetadata = _CellMetadata()


class _Papermill(Struct, frozen=True):
    input_path: str | None = None
    output_path: str | None = None


class _Metadata(Struct, frozen=True):
    papermill: _Papermill | None = None


class _Notebook(Struct, frozen=True):
    cells: list[_Cell]
    metadata: _Metadata = _Metadata()


_notebook = msgspec.json.Decoder(_Notebook)


def read(path: Path) -> SavedNotebook | None:
    """Return the notebook; None if there is none that can be read: it may be written at this moment."""
    try:
        time = path.stat().st_mtime
        notebook = _notebook.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    keys = cell_ids([cell.id for cell in notebook.cells])
    made_from = _made_from(path, notebook.metadata.papermill)
    return _divided(SavedNotebook(path, time, tuple(map(_saved, keys, notebook.cells)), made_from))


def shown(path: Path, time: float, cells: Sequence[LiveCell]) -> SavedNotebook:
    """Return the notebook as if it had been saved with these cells, at this time."""
    keys = cell_ids([cell.id for cell in cells])
    pairs = zip(keys, cells, strict=True)
    saved = tuple(SavedCell(key, cell.id, cell.source, cell.is_code, False) for key, cell in pairs)
    return _divided(SavedNotebook(path, time, saved))


def _divided(notebook: SavedNotebook) -> SavedNotebook:
    """Return the notebook with each cell's pipeline."""
    cells = notebook.cells
    pipelines = owners((cell.source if cell.is_code else "" for cell in cells), notebook.path.stem)
    if not any(pipelines):
        return notebook
    owned = tuple(replace(cell, pipeline=each) for cell, each in zip(cells, pipelines, strict=True))
    return replace(notebook, cells=owned, is_divided=True)


def _saved(key: str, cell: _Cell) -> SavedCell:
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    is_injected = "injected-parameters" in cell.metadata.tags
    return SavedCell(key, cell.id, source, cell.cell_type == "code", is_injected)


def _made_from(path: Path, papermill: _Papermill | None) -> Path | None:
    """Return the notebook that papermill ran; a file under another name than it wrote is one of its own."""
    if papermill is None or not papermill.input_path or not papermill.output_path:
        return None
    if Path(papermill.output_path).name != path.name:
        return None
    # Both paths count from the folder that papermill was called in, which only the output's own path tells.
    folder = path
    for _ in Path(papermill.output_path).parts:
        folder = folder.parent
    made_from = folder / papermill.input_path
    return made_from.resolve() if made_from.is_file() and made_from.resolve() != path.resolve() else None
