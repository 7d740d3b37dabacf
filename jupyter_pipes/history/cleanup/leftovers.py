"""What processes leave on disk beside blobs: logs, and blobs that were never finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath

from msgspec import Struct

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.blobs.base import UNFINISHED, Stored


class Log(Struct, frozen=True):
    """The log of an attempt; `stem` is what `log_stem` makes of its step's name."""

    run: str
    stem: str
    path: Path
    bytes: int


def logs(folder: Path) -> Iterator[Log]:
    """Yield the logs in a project's folder of logs, as `Workspace.log_path` names them.

    Raises:
        StoreError: the folder cannot be read.
    """
    try:
        for path in folder.glob("*/*.log"):
            stem = path.name.rsplit(".", 2)[0]
            with suppress(FileNotFoundError):
                yield Log(path.parent.name, stem, path, path.stat().st_size)
    except OSError as error:
        raise StoreError(
            f"the logs cannot be read ({folder}): {error.strerror}; check its permissions"
        ) from error


def remove_log(log: Log) -> None:
    """Remove a log, and its run's folder with the last one.

    Raises:
        StoreError: it cannot be removed.
    """
    try:
        log.path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{log.path} cannot be removed: {error.strerror}; check its permissions") from error
    with suppress(OSError):
        # Others are still there.
        log.path.parent.rmdir()


def is_abandoned(unfinished: Stored) -> bool:
    """Whether the process that was writing a blob is gone; nobody can tell where its name has no number."""
    import psutil

    number, dash, _ = PurePath(unfinished.place).name.removeprefix(UNFINISHED).partition("-")
    if not dash:
        return True
    try:
        # Numbers are used again.
        return psutil.Process(int(number)).create_time() > unfinished.changed
    except psutil.NoSuchProcess:
        return True
