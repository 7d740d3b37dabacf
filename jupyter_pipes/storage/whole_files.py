"""Files written as a whole or not at all."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from jupyter_pipes.model.errors import NotebookError


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give the place of a draft that becomes the file when the block ends, and goes if it ends in an error.

    The draft has the file's ending, and an existing file's permissions stay. A link stays one: what it leads
    to is replaced.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is a folder, a pipe or a device")
    draft = target.with_name(f".{secrets.token_hex(4)}-{target.name}")
    try:
        yield draft
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def replace_file(path: Path, text: str) -> None:
    """Write a notebook or module as a whole or not at all.

    Raises:
        NotebookError: the file cannot be written there.
    """
    try:
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NotebookError(f"cannot write {path}: {error.strerror or error}") from error
