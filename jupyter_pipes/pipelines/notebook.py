"""Notebook files: .ipynb -> cells with their roles."""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic
from jupyter_pipes.pipelines.arguments import as_shown, check_path, is_text
from jupyter_pipes.pipelines.sections.division import Division, divided, owners
from jupyter_pipes.pipelines.step_names import LONGEST_NAME
from jupyter_pipes.pipelines.step_options import parse_step
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence


_MAGIC_LINE = pattern(
    r"""(?P<above> (?: [^\S\n]* (?:\#[^\n]* | %%(?:time|capture|prun)\b[^\n]*)? \n )* )
        [^\S\n]* %%(?P<name>step|params|setup)(?=\s|$) (?P<argument>.*)""",
    re.VERBOSE,
)
_DRIVES_US = pattern(
    r"""(?P<indent>[ \t]*)
        (?: %(?:load_ext|reload_ext)\s+jupyter_pipes\b
          | (?:[\w.,\[\]() \t'"]+=\s*)?
            (?: %pipeline\b
              | (?:await\s+)? get_ipython\(\)\.run_line_magic\(\s*['"]pipeline['"] ) )""",
    re.VERBOSE,
)


class NotebookFile(Struct, frozen=True):
    """A notebook file, read.

    Attributes:
        path: where it was read from, absolute.
        content: the file's JSON, as nbformat version 4.
        division: its code and Markdown cells, in order, and whose they are.
    """

    path: Path
    content: dict[str, Any]
    division: Division

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its code and Markdown cells, in order."""
        return self.division.cells

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the cells' `%%` lines."""
        return self.division.diagnostics

    def pipeline(self, name: str | None) -> tuple[str, list[Cell], list[Diagnostic]]:
        """Return the name of one of its pipelines, with its cells and their problems.

        Args:
            name: the pipeline; None for the notebook's own, or the only one.

        Raises:
            UsageError: there is none of that name, or several and none is named.
        """
        chosen = self.division.chosen(name, self.path.stem, self.path.name)
        return (chosen or self.path.stem, *self.division.of(chosen))

    @property
    def pipelines(self) -> tuple[str, ...]:
        """The names of its pipelines."""
        return tuple(name or self.path.stem for name in self.division.names)

    @property
    def directory(self) -> Path:
        """The notebook's folder, which is its steps' working directory."""
        return self.path.parent

    def with_ids(self) -> dict[str, Any]:
        """Return the file's JSON with an id of its own for each cell, where its version has ids."""
        cells = self.content.get("cells")
        if self.content.get("nbformat_minor", 0) < 5 or not isinstance(cells, list):
            return self.content
        written = cast("list[dict[str, Any]]", cells)
        ids = cell_ids([cell.get("id") for cell in written])
        return {
            **self.content,
            "cells": [{**cell, "id": each} for cell, each in zip(written, ids, strict=True)],
        }


class _RawCell(Struct, frozen=True):
    cell_type: str
    source: str | list[str]
    id: str | None = None

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else "".join(self.source)


class _Language(Struct, frozen=True):
    name: str | None = None


class _Metadata(Struct, frozen=True):
    language_info: _Language = _Language()


class _Notebook(Struct, frozen=True):
    """What we read of a notebook: its schema is nbformat's matter, and takes it a second to load."""

    cells: list[_RawCell]
    metadata: _Metadata = _Metadata()


def read(path: str | os.PathLike[str]) -> NotebookFile:
    """Read a notebook file.

    Raises:
        NotebookError: there is no such file, or it is no notebook with Python code.
    """
    place = full_path(path)
    content = _load(place)
    cells = _decode(place, content).cells
    ids = cell_ids([cell.id for cell in cells])
    texts: list[str] = []
    read_cells: list[Cell] = []
    problems: list[Diagnostic] = []
    for number, (cell_id, cell) in enumerate(zip(ids, cells, strict=True), start=1):
        if cell.cell_type in ("code", "markdown"):
            kind = "code" if cell.cell_type == "code" else "markdown"
            read_cell, found = cell_from_source(cell_id, number, cell.text, kind)
            # Markdown says nothing of the cells below it.
            texts.append(cell.text if kind == "code" else "")
            read_cells.append(read_cell)
            problems += found
    whose = owners(texts, place.stem)
    return NotebookFile(place, content, divided(read_cells, texts, whose, problems))


@remembered
def cell_from_source(
    cell_id: str, number: int, source: str, kind: Literal["code", "markdown"] = "code"
) -> tuple[Cell, tuple[Diagnostic, ...]]:
    """Say what a cell is by its `%%` line, which may have comments above it, and `%%time` and its like.

    A `%%` line that does not fit becomes a diagnostic; the cell keeps its role, so that it causes no others.
    """
    magic = _MAGIC_LINE.match(source) if kind == "code" else None
    if magic is None:
        text = _without_driving_lines(source) if kind == "code" else source
        return Cell(cell_id, number, kind, text), ()
    line = magic["above"].count("\n") + 1
    if magic["name"] == "step":
        return _step_cell(cell_id, number, source, magic["argument"], line)
    role = "params" if magic["name"] == "params" else "setup"
    problems: tuple[Diagnostic, ...] = ()
    if argument := magic["argument"].strip():
        message = f"%%{role} takes nothing behind it, but has {argument!r}: put that on the next line"
        problems = (Diagnostic("JP030", message, None, line, number),)
    return Cell(cell_id, number, role, source), problems


def without_comments_above(lines: list[str]) -> list[str]:
    """Return a cell's lines from its `%%step`, `%%params` or `%%setup` line on; all if it has none."""
    magic = _MAGIC_LINE.match("".join(lines))
    return lines[magic["above"].count("\n") :] if magic else lines


def _load(path: Path) -> dict[str, Any]:
    try:
        if "\0" in str(path):
            raise FileNotFoundError
        if not is_text(str(path)):
            raise NotebookError(f"cannot read {as_shown(str(path))}: its path is not UTF-8; rename it")
        # A named pipe or a device would be waited for, or never end.
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise NotebookError(f"{path} is no file: a notebook cannot be read from a pipe or a device")
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotebookError(f"there is no file {as_shown(str(path))}; check the path") from None
    except RecursionError:
        raise NotebookError(
            f"{path} cannot be read: its JSON is nested too deeply for a notebook; restore or save it again"
        ) from None
    except OSError as error:
        raise NotebookError(f"cannot read {as_shown(str(path))}: {error.strerror or error}") from error
    except ValueError as error:
        raise NotebookError(
            f"{path} is not a notebook: its content is no valid JSON ({error}); restore or save it again"
        ) from error
    if not isinstance(content, dict) or "nbformat" not in content:
        raise NotebookError(f"{path} is JSON but not a notebook: it has no nbformat entry")
    return cast("dict[str, Any]", content) if content["nbformat"] == 4 else _upgraded(path, content)


def _upgraded(path: Path, content: Any) -> dict[str, Any]:
    """Return the JSON of another format version as that of version 4."""
    nbformat: Any = import_module("nbformat")
    try:
        return json.loads(nbformat.writes(nbformat.reads(json.dumps(content), as_version=4)))
    except Exception as error:  # nbformat lets AttributeError, KeyError, … of a wrong structure through
        raise invalid(path, error) from error


def _decode(path: Path, content: dict[str, Any]) -> _Notebook:
    try:
        notebook = msgspec.convert(content, _Notebook)
    except msgspec.ValidationError as error:
        raise invalid(path, error) from error
    language = notebook.metadata.language_info.name or "python"
    if language.lower() not in ("python", "ipython", "python3"):
        raise NotebookError(f"{path} is a notebook in {language}; only Python notebooks make pipelines")
    return notebook


def invalid(path: Path, error: Exception) -> NotebookError:
    """Return the error of a file that does not keep to nbformat's schema."""
    reason = str(error).partition("\n")[0]
    return NotebookError(f"{path} is not a valid notebook: {reason}; open and save it in Jupyter")


def full_path(path: str | os.PathLike[str]) -> Path:
    """Return a path that a user wrote, absolute; `~` is the home folder, unless a file is called so.

    Raises:
        UsageError: it is no path.
    """
    text = check_path("the notebook or module", path)
    place = Path(text)
    if text.startswith("~") and not place.exists():
        # Of a user that the system does not know, it is a name like any other.
        with suppress(RuntimeError):
            place = place.expanduser()
    return place.absolute()


def cell_ids(written: Sequence[str | None]) -> list[str]:
    """Every cell's id; a made-up one where it is missing or taken."""
    others = frozenset(written)
    ids: dict[str, None] = {}
    for number, cell_id in enumerate(written, start=1):
        if cell_id and cell_id not in ids:
            ids[cell_id] = None
            continue
        made_up = f"cell-{number}"
        while made_up in others or made_up in ids:
            made_up += "-"
        ids[made_up] = None
    return list(ids)


def _step_cell(
    cell_id: str, number: int, source: str, argument: str, line: int
) -> tuple[Cell, tuple[Diagnostic, ...]]:
    try:
        parsed = parse_step(argument)
    except UsageError as error:
        word = next(iter(argument.split()), "")
        can_be_shown = 0 < len(word) <= LONGEST_NAME and word != PARAMS_OWNER
        name = error.step or (word if can_be_shown else f"cell {number}")
        problem = Diagnostic("JP030", error.message, name, line, number)
        return Cell(cell_id, number, "step", source, name), (problem,)
    return Cell(cell_id, number, "step", source, parsed.name, parsed.options, parsed.append), ()


def _without_driving_lines(source: str) -> str:
    """Blank the lines that drive us (`%pipeline run`), so that no step runs them; line numbers stay."""
    lines = source.split("\n")
    continued = False
    for place, line in enumerate(lines):
        match = _DRIVES_US.match(line)
        if match or continued:
            # An indented line may be all that its block has.
            lines[place] = f"{match['indent']}pass" if match and match["indent"] else ""
            continued = line.endswith("\\")
    return "\n".join(lines)
