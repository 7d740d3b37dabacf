"""Which files a step reads and writes, seen by an audit hook, and what those that it read held."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.storage.file_digests import file_digest
from jupyter_pipes.storage.settings import FOLDER

_CODE = (".py", ".pyc", ".so", ".pyi")
_BYTECODE = f"{os.sep}__pycache__{os.sep}"
_watching: list[FileWatch] = []


class FileWatch:
    """Collects the project's files that are opened while `watching`.

    Files of installed packages and of what is kept of runs do not count. Among the files read, those that the
    step wrote itself do not count either, nor does Python code, which is looked at as code.
    """

    def __init__(self, project: Path, store: str) -> None:
        self._project = full_folder(project)
        outside = (sys.prefix, sys.base_prefix, store.removeprefix("file://"), project / FOLDER)
        self._outside = tuple(map(full_folder, outside))
        self._read: dict[str, None] = {}
        self._written: dict[str, None] = {}

    @contextmanager
    def watching(self) -> Generator[None]:
        """See every `open` of this process from here on."""
        _install()
        _watching.append(self)
        try:
            yield
        finally:
            _watching.remove(self)

    def note(self, path: str, flags: int) -> None:
        """Take note that `path` was opened with `flags` (as for `os.open`)."""
        full = os.path.realpath(path)
        if not full.startswith(self._project) or full.startswith(self._outside) or _BYTECODE in full:
            return
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self._written[full] = None
        elif not full.endswith(_CODE):
            self._read[full] = None

    def note_renamed(self, old: str, new: str) -> None:
        """Take note that what was at `old` is at `new` now: many write a file so that it is whole at once."""
        if os.path.realpath(old) in self._written:
            self.note(new, os.O_WRONLY)

    def seen(self) -> tuple[FileSeen, ...]:
        """Return the files read and not written, with the digests of their content now."""
        digests = ((name, file_digest(Path(name))) for name in self._read if name not in self._written)
        return tuple(FileSeen(name, digest) for name, digest in digests if digest)

    def written(self) -> tuple[str, ...]:
        """Return the files written that are there now, as `FileSeen.path` has them."""
        return tuple(filter(os.path.isfile, self._written))


def full_folder(path: Path | str) -> str:
    """Return the real path of a folder, as the paths of what is in it begin."""
    return os.path.join(os.path.realpath(path), "")  # noqa: PTH118 - it must end with a separator


@cache
def _install() -> None:
    # An audit hook cannot be removed, so one serves all attempts of the process.
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in ("open", "os.rename"):
        return
    paths = arguments[:1] if event == "open" else arguments[:2]
    if not all(isinstance(path, (str, bytes, os.PathLike)) for path in paths):
        return
    # In a folder that was removed no path can be told; the step's own `open` must not fail for that.
    with suppress(OSError, ValueError):
        if event == "open":
            _watching[-1].note(os.fsdecode(paths[0]), arguments[2] or 0)
        else:
            _watching[-1].note_renamed(*map(os.fsdecode, paths))
