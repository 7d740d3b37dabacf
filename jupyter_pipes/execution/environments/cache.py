"""Folders that are made once and shared by steps, runs and projects; one that is half made is never used."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
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


def unused(seconds: float) -> list[Kept]:
    """Return the folders that nobody used for so long, the longest first, and what is left of broken ones."""
    base, now = cache_folder(), time.time()
    folders = [Path(entry.path) for entry in os.scandir(base) if entry.is_dir()] if base.is_dir() else []
    since = {folder: now - _last_use(folder) for folder in folders}
    old = sorted(
        (folder for folder in folders if since[folder] >= seconds), key=lambda folder: -since[folder]
    )
    return [Kept(folder, _size(folder), since[folder]) for folder in old]


def remove(folder: Path) -> None:
    """Remove a folder of the cache, unless somebody is just making it."""
    with contextlib.suppress(OSError), FileLock(_lock(folder)):
        (folder / _MADE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> str:
    return f"{folder}.lock"


def _last_use(folder: Path) -> float:
    mark = folder / _MADE
    return (mark if mark.exists() else folder).stat().st_mtime


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))
