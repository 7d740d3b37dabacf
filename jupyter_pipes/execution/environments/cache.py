"""Folders that are made once and shared by steps, runs and projects; one that is half made is never used."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock
from msgspec import Struct

_MADE = ".jupyter_pipes-made"
"""A file in a folder that is whole; its time is when the folder was last used."""


class Kept(Struct, frozen=True):
    """A folder of the cache: where it is, how many bytes it has, and for how many seconds nobody used it."""

    path: Path
    bytes: int
    unused: float


def cache_folder() -> Path:
    """Return the folder that this user's environments are in, on this machine."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "jupyter_pipes" / "environments"


def is_made(name: str) -> bool:
    """Return whether the folder of a name is there, and whole."""
    return (cache_folder() / name / _MADE).exists()


def made(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of a name; who comes first makes it, and others wait for that.

    Args:
        name: tells what is in it: equal names, equal content.
        make: fills the folder, which is not there yet.
    """
    folder = cache_folder() / name
    if not is_made(name):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(_lock(folder)):
            # Somebody else may have made it meanwhile.
            if not is_made(name):
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
    (folder / _MADE).touch()
    return folder


def kept() -> Iterator[Kept]:
    """Yield the folders of the cache, the longest unused first."""
    marks = sorted(cache_folder().glob(f"*/{_MADE}"), key=lambda mark: mark.stat().st_mtime)
    for mark in marks:
        yield Kept(mark.parent, _size(mark.parent), time.time() - mark.stat().st_mtime)


def remove(folder: Path) -> None:
    """Remove a folder of the cache, unless somebody is just making it."""
    with contextlib.suppress(OSError), FileLock(_lock(folder)):
        (folder / _MADE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> str:
    return f"{folder}.lock"


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))
