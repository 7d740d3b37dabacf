"""A copy of a notebook's folder to run in: what a run leaves there is gone before the next one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import bytes_text

_LEFT_OUT = frozenset(
    {".jupyter_pipes", ".git", ".venv", "__pycache__", ".ipynb_checkpoints", "node_modules", "pipes.toml"}
)
_LINKED = 64 * 1024**2
"""Bytes from which a file is linked instead of copied."""

_MOST_BYTES, _MOST_FILES = 4 * 1024**3, 50_000


class Workplace:
    """A folder of the notebook's name, with its files, beside links to its neighbours: `../data` is there.

    Args:
        directory: the notebook's folder.

    Raises:
        UsageError: there is too much in it to be copied.
    """

    def __init__(self, directory: Path) -> None:
        self._origin = directory.resolve()
        self._check_size()
        self._top = Path(tempfile.mkdtemp(prefix="jupyter-pipes-verify-"))
        self._around = self._top / "around"
        self.directory = self._around / (self._origin.name or "root")
        self.kept = self._top / "kept"

    def __enter__(self) -> Self:
        self.kept.mkdir()
        self._around.mkdir()
        for neighbour in self._origin.parent.iterdir():
            if neighbour != self._origin and neighbour.name not in _LEFT_OUT:
                (self._around / neighbour.name).symlink_to(neighbour)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._top, ignore_errors=True)

    def fresh(self) -> Path:
        """Return the folder as the notebook's is now; what runs in it is kept beside it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(self._origin, self.directory, symlinks=True, ignore=_left_out, copy_function=_copy)
        self._set_up(self.directory if (self.directory / "pyproject.toml").exists() else self._around)
        return self.directory

    def _set_up(self, folder: Path) -> None:
        """Name the store and the history; in the notebook's own folder only if something there may, too."""
        places = {"store": str(self.kept / "artifacts"), "history": f"sqlite:///{self.kept / 'history.db'}"}
        lines = [f"{name} = {json.dumps(place)}\n" for name, place in places.items()]
        (folder / "pipes.toml").write_text("".join(lines), encoding="utf-8")

    def _check_size(self) -> None:
        size = 0
        for files, path in enumerate(_files(self._origin), start=1):
            size += min(path.lstat().st_size, _LINKED)
            if size > _MOST_BYTES or files > _MOST_FILES:
                raise UsageError(
                    f"verify runs the notebook in a copy of its folder, and {self._origin} has more than "
                    f"{_MOST_FILES:,} files or {bytes_text(_MOST_BYTES)}: put the notebook into a smaller one"
                )


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        yield from (Path(place, name) for name in names)


def _left_out(_folder: str, names: list[str]) -> set[str]:
    return set(_LEFT_OUT.intersection(names))


def _copy(source: str, target: str) -> str:
    if Path(source).stat().st_size >= _LINKED:
        Path(target).symlink_to(source)
        return target
    return shutil.copy2(source, target)
