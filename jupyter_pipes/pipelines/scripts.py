"""The files that `%run` lines name: read with the notebook, for the names that they bind are its names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.analysis.files.uses import written_by_magic
from jupyter_pipes.analysis.notebook.run_scripts import named_scripts
from jupyter_pipes.model.steps import Cell, Script


def with_scripts(cells: Iterable[Cell], directory: Path) -> list[Cell]:
    """Return the cells with the scripts that they run, as far as these can be read.

    What an earlier `%%writefile` cell writes counts as it stands there, whatever the file holds now.

    Args:
        cells: the notebook's cells.
        directory: the folder from which paths count.
    """
    written: dict[Path, str] = {}
    return [_with_its_scripts(cell, directory, written) if "%" in cell.source else cell for cell in cells]


def _with_its_scripts(cell: Cell, directory: Path, written: dict[Path, str]) -> Cell:
    if cell.role not in ("code", "step", "setup"):
        return cell
    if text := written_by_magic(cell.body):
        path = directory / text.path
        written[path] = (written.get(path, "") if text.is_appended else "") + text.text
    if "%run" not in cell.source:
        return cell
    return msgspec.structs.replace(cell, scripts=tuple(_read(named_scripts(cell.body), directory, written)))


def _read(paths: Iterable[str], directory: Path, written: Mapping[Path, str]) -> Iterator[Script]:
    for path in paths:
        # As `%run` does, which adds the ending; what it cannot read, the step will say when it runs.
        for candidate in (directory / path, directory / f"{path}.py"):
            with suppress(OSError, ValueError):
                text = written.get(candidate) or candidate.read_text(encoding="utf-8")
                yield Script(path, _code_of(text) if candidate.suffix == ".ipynb" else text)
                break


def _code_of(text: str) -> str:
    notebook: Any = json.loads(text)
    sources = (cell["source"] for cell in notebook.get("cells", ()) if cell.get("cell_type") == "code")
    return "\n".join(source if isinstance(source, str) else "".join(source) for source in sources)
