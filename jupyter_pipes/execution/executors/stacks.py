"""Asks the process of a running step on this machine where it is."""

from __future__ import annotations

import linecache
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from jupyter_pipes.execution.worker.observation.stack import NAME, SIGNAL, Quoted
from jupyter_pipes.model.errors import UsageError

_PATIENCE = 2.0
"""Seconds that a process has to answer: the system answers for it, unless it is stopped or very busy."""

_LOOK = 0.01

_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')
_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[^\n]*\n", re.MULTILINE)
_ESCAPED = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
_OUTERMOST, _CUT = "in _run_module_as_main\n", "  ...\n"
"""What the last line of an answer ends with: the helper is started as a module; only 100 calls are told."""


class Frame(Struct, frozen=True):
    """A call that has not returned.

    Attributes:
        place: the path of its file; for code of the notebook what tracebacks call it: `Step fit`, `cell 2`.
        line: of the file, or of the cell.
        function: its name; `<module>` outside of functions.
        code: the text of the line, "" if it is not known.
        is_of_notebook: whether it is code of a cell.
    """

    place: str
    line: int
    function: str
    code: str
    is_of_notebook: bool


def frames_of(pid: int) -> tuple[Frame, ...]:
    """Return the calls that a step's process is in, the latest last, from the first in the notebook's code.

    Where none is in that, it is all calls of the process: it loads inputs, keeps outputs, or awaits.

    Raises:
        UsageError: the process cannot be asked, or does not answer.
    """
    file = _opened(pid)
    try:
        before = os.fstat(file).st_size
        os.kill(pid, SIGNAL)
        _wait(file, before)
        told = os.pread(file, os.fstat(file).st_size, 0)
    except ProcessLookupError as error:
        raise UsageError("the step has just ended") from error
    finally:
        os.close(file)
    quoted = _quoted(told[:before].splitlines())
    threads = [_frames(text, quoted) for text in _THREAD.split(told[before:].decode("ascii", "replace"))[1:]]
    # Python tells the newest thread first; the main one is there from the start.
    return _shown(threads[-1]) if threads else ()


def _opened(pid: int) -> int:
    """Return the open file into which the process answers."""
    try:
        files = [entry for entry in Path(f"/proc/{pid}/fd").iterdir() if _is_ours(entry)]
        return os.open(files[0], os.O_RDONLY)
    except (OSError, IndexError) as error:
        raise UsageError(
            "the step's process cannot be asked where it is: it runs elsewhere, in the kernel itself, or not "
            "on Linux, has just ended, or closed all of its files"
        ) from error


def _is_ours(entry: Path) -> bool:
    try:
        return str(entry.readlink()).startswith(f"/memfd:{NAME} ")
    except FileNotFoundError:
        return False


def _wait(file: int, before: int) -> None:
    end = time.monotonic() + _PATIENCE
    while not _is_whole(os.pread(file, os.fstat(file).st_size, before)):
        if time.monotonic() > end:
            raise UsageError(
                "the step's process does not answer: it is stopped, waits for a disk, or handles SIGURG "
                "itself"
            )
        time.sleep(_LOOK)


def _is_whole(told: bytes) -> bool:
    text = told.decode("ascii", "replace")
    return "Current thread 0x" in text and text.endswith((_OUTERMOST, _CUT))


def _quoted(lines: Iterable[bytes]) -> dict[str, Quoted]:
    pieces = (msgspec.json.decode(line, type=Quoted) for line in lines if line.startswith(b"{"))
    return {piece.name: piece for piece in pieces}


def _frames(text: str, quoted: dict[str, Quoted]) -> list[Frame]:
    """Return the calls of one thread, the latest last."""
    return [_frame(match, quoted) for match in reversed([*_FRAME.finditer(text)])]


def _frame(match: re.Match[str], quoted: dict[str, Quoted]) -> Frame:
    name, line, function = _unescaped(match["file"]), int(match["line"]), _unescaped(match["function"])
    piece = quoted.get(name)
    if piece is None:
        return Frame(name, line, function, linecache.getline(name, line).strip(), is_of_notebook=False)
    code = piece.lines[line - 1].strip() if line <= len(piece.lines) else ""
    return Frame(piece.label, line, function, code, is_of_notebook=True)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[0][2:], 16)), text)


def _shown(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    return tuple(_from_notebook(frames)) or tuple(frames)


def _from_notebook(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Yield the calls from the first that is in code of the notebook."""
    is_inside = False
    for frame in frames:
        is_inside = is_inside or frame.is_of_notebook
        if is_inside:
            yield frame
