"""Files written as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    pass


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
