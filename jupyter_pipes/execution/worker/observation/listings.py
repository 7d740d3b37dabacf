"""Which folders a step lists, and what stood in them then: from audit events and fanotify."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

from jupyter_pipes.model.results import FolderSeen
from jupyter_pipes.storage.file_digests import names_in, still_there

_SEARCHERS = frozenset(("_frozen_importlib_external", "importlib", "pkgutil", "pkg_resources", "zipimport"))
"""Modules that look for code: what they list is no input of the step."""

_MOST = 500
"""Folders that are remembered at most: who walks through more of them names a tree."""

_COARSE = 5
"""Linux's CLOCK_REALTIME_COARSE, which it takes the times of files from."""

_WILDCARD = re.compile(r"[^/]*[*?[].*", re.DOTALL)

_NATIVE_READER = re.compile(
    r"\bscan_\w+|\b(?:pl|polars)\.read_|\bread_(?:parquet|feather|orc|ipc|ndjson|delta|table)\b|duckdb"
    r"|(?:\.|\bimport\b[^\n]*\b)datasets?\b|\bload_dataset\b"
)


class Listings:
    """The folders that were listed, each with its names as they were at first."""

    def __init__(self) -> None:
        self._began = file_time()
        self._listed: dict[str, tuple[str, ...]] = {}
        self._opened: set[str] = set()
        self._is_looking = False

    def note(self, folder: str) -> None:
        """Take note that a folder, a real path, is about to be listed."""
        self._note(folder, None)

    def note_opened(self, folder: str) -> None:
        """Take note that a folder is opened for something else, or listed to find code."""
        self._opened.add(folder)

    def note_native(self, folder: str) -> None:
        """Take note that something opened a folder, at whatever time: compiled code does so to list it."""
        if folder not in self._opened:
            self._note(folder, self._began)

    def seen(self, shown: Callable[[str], str]) -> Iterator[FolderSeen]:
        """Yield the folders, each with its path as `shown` tells it; what was removed since is left out.

        The step did that itself: in the next run it is not there, which is no change, and what comes is new.
        """
        for folder, names in self._listed.items():
            place = shown(os.path.join(folder, ""))  # noqa: PTH118 - many a step
            yield FolderSeen(place, still_there(folder, names))

    def _note(self, folder: str, until: int | None) -> None:
        if self._is_looking or folder in self._listed or len(self._listed) >= _MOST:
            return
        self._is_looking = True
        try:
            self._listed[folder] = names_in(folder, until)
        finally:
            self._is_looking = False


def file_time() -> int:
    """Return the time that a file made now carries, in nanoseconds since 1970."""
    return time.clock_gettime_ns(_COARSE if sys.platform == "linux" else time.CLOCK_REALTIME)


def reads_folders_natively(code: str) -> bool:
    """Return whether code calls what may read all files of a folder by compiled code."""
    return _NATIVE_READER.search(code) is not None


def is_search_for_code(frame: FrameType | None) -> bool:
    """Return whether a module that looks for code called what called what runs in this frame.

    Args:
        frame: of the code that an audit hook hands an event to.
    """
    hook = frame and frame.f_back
    caller = hook and hook.f_back
    name = str(caller.f_globals.get("__name__", "")) if caller else ""
    return name.partition(".")[0] in _SEARCHERS


def folder_of_pattern(pattern: str) -> str:
    """Return the folder that a pattern looks into first: the one before its first wildcard."""
    return _WILDCARD.sub("", pattern) or os.curdir
