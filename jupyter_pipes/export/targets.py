"""Where an export may be written: what somebody else made is never replaced without being asked for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.export.executed_notebook import METADATA
from jupyter_pipes.model.errors import NotebookError, UsageError

_MARK = re.compile(
    rb'^[rRuU]?"""[^"]*Exported from [^\n]* by jupyter_pipes\.'
    rb"|^# Exported from [^\n]* by jupyter_pipes\."
    rb"|^<!DOCTYPE html>\n<!-- Report of run [^\n]* by jupyter_pipes\."
)


class FilesInTheWay(UsageError):
    """Files are there that would be replaced.

    Attributes:
        files: they, in the order in which they would be written.
    """

    def __init__(self, files: tuple[Path, ...]) -> None:
        super().__init__(f"{files[0]} is there already: name another file")
        self.files = files


def check_new(files: Iterable[Path]) -> None:
    """Refuse to replace any file.

    Raises:
        FilesInTheWay: some are there already.
    """
    if there := tuple(file for file in files if file.is_file()):
        raise FilesInTheWay(there)


def check_target(path: Path, *, force: bool, source: str = "", replaces_own: bool = True) -> None:
    """Refuse a place where a file cannot be written, or where it would replace somebody's own.

    Args:
        path: the file to write; a link stands for what it leads to.
        force: whether an existing file may be replaced.
        source: the notebook or module that is exported: it is nobody's export, whatever it looks like.
        replaces_own: whether a file that looks like an earlier export may be replaced all the same.

    Raises:
        NotebookError: it cannot be written there.
        UsageError: there is a file that no export wrote, and `force` is false.
    """
    try:
        target = path.resolve()
        exists, size = target.exists(), target.stat().st_size if target.exists() else 0
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotebookError(f"cannot write {path}: {reason}") from error
    if target.is_dir():
        raise NotebookError(f"cannot write {path}: it is a folder; name a file in it")
    if exists and not target.is_file():
        raise NotebookError(f"cannot write {path}: it is a pipe or a device; name a file")
    if not os.access(target.parent, os.W_OK):
        raise NotebookError(
            f"cannot write {path}: {target.parent} is no folder that you can write, or is not there"
        )
    is_own = replaces_own and _looks_exported(target) and not _is(target, source)
    if size and not force and not is_own:
        raise UsageError(
            f"{path} is there already, and no export: say --force to overwrite it, or name another file"
        )


def _is(target: Path, source: str) -> bool:
    # An exported module is an export of itself; a notebook with outputs is what somebody works in.
    with suppress(OSError):
        return target.suffix == ".ipynb" and bool(source) and target.samefile(source)
    return False


def _looks_exported(path: Path) -> bool:
    """Return whether a file is a module, a report or an executed notebook as exports write them."""
    with suppress(OSError, ValueError, RecursionError):
        if path.suffix != ".ipynb":
            with path.open("rb") as file:
                return bool(_MARK.match(file.read(10_000)))
        content: Any = json.loads(path.read_bytes())
        if isinstance(content, dict):
            cells = cast("dict[str, Any]", content).get("cells")
            return any("run" in cell.get("metadata", {}).get(METADATA, {}) for cell in cells or ())
    return False
