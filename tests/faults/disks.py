"""A disk so small that it can be filled: a file system in memory, where the machine lets one be mounted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE = "200m"
_FILLER = "filler"
_PIECE = 64 * 1024


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk at a new folder, until the block ends; give whether that was allowed."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    is_mounted = (
        sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int) -> None:
    """Fill the disk of a folder, but for so many bytes; others may be writing to it meanwhile."""
    with (folder / _FILLER).open("wb") as file:
        while (size := _free(folder) - leave) > 0:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, size)
                return
            leave += _PIECE


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def make_room(folder: Path) -> None:
    """Take away what filled the disk."""
    (folder / _FILLER).unlink(missing_ok=True)
