"""Room on the disk that is kept for `gc`: to take rows out of the history needs some, at first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = "reserve"
_BYTES = 4 * 1024 * 1024

_LEAST_FREE = 10 * _BYTES
"""Bytes that must be free for some to be set aside."""


def keep(folder: Path) -> None:
    """Set room aside in a project's folder, if none is yet; not where there is little left."""
    place = folder / _NAME
    # What is not set aside now will be another time.
    with suppress(OSError):
        if not place.exists() and shutil.disk_usage(folder).free >= _LEAST_FREE:
            # Zeros would take no room on some file systems.
            place.write_bytes(os.urandom(_BYTES))


@contextmanager
def given_up(folder: Path) -> Generator[None]:
    """Give the room that was set aside to what happens in the block; set it aside again at its end."""
    with suppress(OSError):
        (folder / _NAME).unlink()
    try:
        yield
    finally:
        keep(folder)
