"""Notebook files: .ipynb -> cells with their roles; steps' outputs -> an executed copy."""

from __future__ import annotations

import json
import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines.step_options import parse_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_pipes.model.steps import StepError

LOG_LIMIT = 2**20
"""Bytes of a step's log that an executed notebook keeps: half from its head, half from its tail."""

_MAGIC_LINE = re.compile(r"\s*%%(step|params|setup)(?=\s|$)(.*)")
_DRIVES_US = re.compile(
    r"""(?P<indent>[ \t]*)
        (?: %(?:load_ext|reload_ext)\s+jupyter_pipes\b
          | (?:[\w.,\[\]() \t'"]+=\s*)?
            (?: %pipeline\b
              | (?:await\s+)? get_ipython\(\)\.run_line_magic\(\s*['"]pipeline['"] ) )""",
    re.VERBOSE,
)


class Document(Struct, frozen=True):
    """A notebook file, read.

    Attributes:
        path: where it was read from, absolute.
        content: the file's JSON, as nbformat version 4.
        cells: its code and Markdown cells, in order.
        diagnostics: cells whose `%%` line does not fit.
    """

    path: Path
    content: dict[str, Any]
    cells: tuple[Cell, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def directory(self) -> Path:
        """The notebook's folder, which is its steps' working directory."""
        return self.path.parent

    def node(self) -> Any:
        """Return a fresh nbformat node of it.

        Raises:
            NotebookError: it does not keep to nbformat's schema.
        """
        nbformat = _nbformat()
        try:
            node = nbformat.reads(json.dumps(self.content), as_version=4)
            nbformat.validate(node)
        except Exception as error:  # nbformat lets AttributeError, KeyError, … of a wrong structure through
            raise _invalid(self.path, error) from error
        return node


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


def read(path: str | os.PathLike[str]) -> Document:
    """Read a notebook file.

    Raises:
        NotebookError: there is no such file, or it is no notebook with Python code.
    """
    place = Path(path).expanduser().absolute()
    content = _load(place)
    cells = _decode(place, content).cells
    ids = _cell_ids([cell.id for cell in cells])
    found = [
        cell_from_source(cell_id, number, cell.text, "code" if cell.cell_type == "code" else "markdown")
        for number, (cell_id, cell) in enumerate(zip(ids, cells, strict=True), start=1)
        if cell.cell_type in ("code", "markdown")
    ]
    diagnostics = tuple(problem for _, problems in found for problem in problems)
    return Document(place, content, tuple(cell for cell, _ in found), diagnostics)


def cell_from_source(
    cell_id: str, number: int, source: str, kind: Literal["code", "markdown"] = "code"
) -> tuple[Cell, tuple[Diagnostic, ...]]:
    """Say what a cell is by its first line, as nbformat or a kernel gives its source.

    A `%%` line that does not fit becomes a diagnostic; the cell keeps its role, so that it causes no others.
    """
    magic = _MAGIC_LINE.match(source) if kind == "code" else None
    if magic is None:
        text = _without_driving_lines(source) if kind == "code" else source
        return Cell(cell_id, number, kind, text), ()
    if magic[1] == "step":
        return _step_cell(cell_id, number, source, magic[2])
    role = "params" if magic[1] == "params" else "setup"
    problems: tuple[Diagnostic, ...] = ()
    if magic[2].strip():
        message = f"%%{role} takes nothing behind it, but has {magic[2].strip()!r}: put that on the next line"
        problems = (_bad_line(message, None, number, source),)
    return Cell(cell_id, number, role, source), problems


def write_executed(
    document: Document, outputs: Mapping[str, Sequence[Mapping[str, Any]]], path: str | os.PathLike[str]
) -> None:
    """Write a copy of the notebook whose only outputs are these, below their cells.

    Args:
        document: the notebook as read.
        outputs: cell id -> nbformat outputs of the cell (see `interleave`); other cells get none.
        path: file to write; it is replaced as a whole or not at all.

    Raises:
        NotebookError: the outputs do not make a valid notebook, or the file cannot be written.
    """
    nbformat = _nbformat()
    notebook = document.node()
    # State of widgets whose views are gone with the old outputs.
    notebook.metadata.pop("widgets", None)
    count = 0
    ids = _cell_ids([node.get("id") for node in notebook.cells])
    for cell_id, node in zip(ids, notebook.cells, strict=True):
        if notebook.nbformat_minor >= 5:
            node["id"] = cell_id
        if node.cell_type == "code":
            count += cell_id in outputs
            _put_outputs(node, outputs.get(cell_id), count)
    try:
        nbformat.validate(notebook)
        text = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    except (nbformat.ValidationError, TypeError, ValueError) as error:
        raise NotebookError(f"the outputs of this run do not make a valid notebook: {error}") from error
    replace_file(Path(path), text if text.endswith("\n") else text + "\n")


def interleave(
    log: bytes, shown: Sequence[tuple[int, Mapping[str, Any]]], error: StepError | None = None
) -> list[dict[str, Any]]:
    """Return an attempt's nbformat outputs in the order in which they appeared.

    Args:
        log: all that the attempt printed.
        shown: (size of the log in bytes when it was displayed, nbformat output) of each rich output.
        error: how the attempt failed, if it did.
    """
    outputs: list[dict[str, Any]] = []
    start = 0
    for offset, output in sorted(shown, key=lambda pair: pair[0]):
        end = min(max(offset, start), len(log))
        outputs += _stream(log, start, end)
        outputs.append(dict(output))
        start = end
    outputs += _stream(log, start, len(log))
    return outputs + ([_error_output(error)] if error else [])


def replace_file(path: Path, text: str) -> None:
    """Write a text file as a whole or not at all; an existing file's permissions stay.

    Raises:
        NotebookError: the file cannot be written there.
    """
    temporary = path.with_name(f".{path.name}-{uuid4().hex[:8]}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NotebookError(f"cannot write {path}: {error.strerror or error}") from error


def _nbformat() -> Any:
    # Its types are incomplete; what comes out of it is annotated where it enters.
    return import_module("nbformat")


def _load(path: Path) -> dict[str, Any]:
    content: Any = _json(path)
    if not isinstance(content, dict) or "nbformat" not in content:
        raise NotebookError(f"{path} is JSON but not a notebook: it has no nbformat entry")
    return cast("dict[str, Any]", content) if content["nbformat"] == 4 else _upgraded(path, content)


def _upgraded(path: Path, content: Any) -> dict[str, Any]:
    """Return the JSON of another format version as that of version 4."""
    nbformat = _nbformat()
    try:
        return json.loads(nbformat.writes(nbformat.reads(json.dumps(content), as_version=4)))
    except Exception as error:  # nbformat lets AttributeError, KeyError, … of a wrong structure through
        raise _invalid(path, error) from error


def _decode(path: Path, content: dict[str, Any]) -> _Notebook:
    try:
        notebook = msgspec.convert(content, _Notebook)
    except msgspec.ValidationError as error:
        raise _invalid(path, error) from error
    language = notebook.metadata.language_info.name or "python"
    if language.lower() not in ("python", "ipython", "python3"):
        raise NotebookError(f"{path} is a notebook in {language}; only Python notebooks make pipelines")
    return notebook


def _invalid(path: Path, error: Exception) -> NotebookError:
    reason = str(error).partition("\n")[0]
    return NotebookError(f"{path} is not a valid notebook: {reason}; open and save it in Jupyter")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotebookError(f"there is no file {path}") from None
    except OSError as error:
        raise NotebookError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise NotebookError(
            f"{path} is not a notebook: its content is no valid JSON ({error}); restore or save it again"
        ) from error


def _cell_ids(given: Sequence[str | None]) -> list[str]:
    """Every cell's id; a made-up one where it is missing or taken."""
    ids: list[str] = []
    for number, cell_id in enumerate(given, start=1):
        ids.append(cell_id if cell_id and cell_id not in ids else f"cell-{number}")
    return ids


def _step_cell(cell_id: str, number: int, source: str, line: str) -> tuple[Cell, tuple[Diagnostic, ...]]:
    try:
        parsed = parse_step(line)
    except UsageError as error:
        name = error.step or next(iter(line.split()), f"cell {number}")
        problem = _bad_line(error.message, name, number, source)
        return Cell(cell_id, number, "step", source, name), (problem,)
    return Cell(cell_id, number, "step", source, parsed.name, parsed.options, parsed.append), ()


def _bad_line(message: str, step: str | None, number: int, source: str) -> Diagnostic:
    line = source[: len(source) - len(source.lstrip())].count("\n") + 1
    return Diagnostic("JP030", message, step, line, number)


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


def _put_outputs(node: Any, outputs: Sequence[Mapping[str, Any]] | None, count: int) -> None:
    nbformat = _nbformat()
    node.execution_count = None if outputs is None else count
    node.outputs = [nbformat.from_dict(dict(output)) for output in outputs or ()]
    for output in node.outputs:
        if output.output_type == "execute_result":
            output.execution_count = count


def _stream(log: bytes, start: int, end: int) -> list[dict[str, Any]]:
    """The stream output for one stretch of a log, or none when it is empty."""
    fits = len(log) <= LOG_LIMIT
    head, tail = (len(log), len(log)) if fits else (LOG_LIMIT // 2, len(log) - LOG_LIMIT // 2)
    text = log[start : min(end, head)].decode(errors="replace")
    if start <= head < min(end, tail):
        text += f"\n[… {tail - head:,} bytes of the log are left out …]\n"
    text = _overwritten(text + log[max(start, tail) : end].decode(errors="replace"))
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def _overwritten(text: str) -> str:
    """What a terminal shows in the end: text behind a carriage return replaces what stood there."""
    if "\r" not in text:
        return text
    return "\n".join(map(_overwritten_line, text.replace("\r\n", "\n").split("\n")))


def _overwritten_line(line: str) -> str:
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown


def _error_output(error: StepError) -> dict[str, Any]:
    traceback = error.traceback.splitlines() or [f"{error.type}: {error.message}"]
    return {"output_type": "error", "ename": error.type, "evalue": error.message, "traceback": traceback}
