"""What Linux tells an ordinary user of the files that a process opens, compiled code included: fanotify."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from jupyter_pipes.execution.worker.held_files import moved_up

_CLOEXEC, _NONBLOCK, _REPORT_DIR_FID, _REPORT_NAME = 0x1, 0x2, 0x400, 0x800
_MARK_ADD, _EVENT_ON_CHILD = 0x1, 0x0800_0000
_MODIFY, _OPEN, _MOVED_TO, _CREATE, _IS_FOLDER = 0x2, 0x20, 0x80, 0x100, 0x4000_0000
_HERE = -100
_HANDLE_FOR_ID = 0x200
_LONGEST_HANDLE = 128
_HEAD, _INFO, _HANDLE = struct.Struct("=IBBHQii"), struct.Struct("=BxH8x"), struct.Struct("=Ii")

_GROUP = "anon_inode:[fanotify]"
"""What Linux calls a group of fanotify."""

_MOST_FOLDERS = 200
"""Folders watched at most, those nearest to the notebook first: each costs a few microseconds a step."""

_MOST_ENTRIES = 5_000
"""Entries of a folder that are looked at most to find the folders in it."""

inherited = -1
"""The group of this process that the helper made and keeps: closing one may take the system 10 ms."""


class Opened(NamedTuple):
    """Something that happened to a file.

    Attributes:
        path: the file, or a folder that was made or moved there, or opened.
        is_written: whether it was made, changed or moved there; else it was opened.
        is_own: whether this process did it; else some other did, perhaps one that it started.
        is_folder: whether it is a folder.
    """

    path: str
    is_written: bool
    is_own: bool
    is_folder: bool = False


class NativeWatch:
    """Watches the folders of a project from here on, where the system can.

    It takes Linux 5.13 and a file system whose files have handles; elsewhere nothing is seen. The process
    that asks is told which events are its own, whichever library caused them; of others, no process.

    Args:
        roots: the folders to watch, with those in them, ending with a slash.
        outside: beginnings of paths that are left out.
        files: files whose folders are watched as well, wherever they are.
    """

    def __init__(self, roots: tuple[str, ...], outside: tuple[str, ...], files: Iterable[str] = ()) -> None:
        self._outside = outside
        self._folders: dict[bytes, str] = {}
        self._group = inherited if inherited >= 0 else new_group()
        if self._group < 0:
            return
        for folder in {os.path.dirname(file) for file in files}:  # noqa: PTH120 - many a step
            if not f"{folder}{os.sep}".startswith(roots):
                self.watch(folder)
        self._watch_all(roots)
        # An inherited one has seen what happened before.
        for _ in self.take():
            pass

    def watch(self, folder: str) -> None:
        """Watch one more folder, without those in it."""
        mask = _OPEN | _MODIFY | _MOVED_TO | _CREATE | _IS_FOLDER | _EVENT_ON_CHILD
        path = os.fsencode(folder)
        handle = _handle_of(path) if self._group >= 0 and len(self._folders) < _MOST_FOLDERS else b""
        if handle and _calls().fanotify_mark(self._group, _MARK_ADD, mask, _HERE, path) == 0:
            self._folders[handle] = folder

    @property
    def is_lost(self) -> bool:
        """Whether the step closed what events are read from; what it did since is not known then."""
        try:
            return self._group >= 0 and os.readlink(f"/proc/self/fd/{self._group}") != _GROUP  # noqa: PTH115 - many a step
        except OSError:
            return True

    def watches(self, folder: str) -> bool:
        """Return whether all that happens to the files of a folder is told."""
        return folder in self._folders.values() and not self.is_lost

    def take(self) -> Iterator[Opened]:
        """Yield what happened since the last call, in order of first mention."""
        with suppress(BlockingIOError):
            while self._group >= 0 and not self.is_lost and (data := os.read(self._group, 1 << 18)):
                yield from self._events(data)

    def _events(self, data: bytes) -> Iterator[Opened]:
        place = 0
        while place < len(data):
            size, _, _, head, mask, _, process = _HEAD.unpack_from(data, place)
            path = self._path(data[place + head : place + size])
            if path:
                is_written, is_own = bool(mask & (_MODIFY | _MOVED_TO | _CREATE)), process == os.getpid()
                yield Opened(path, is_written, is_own, bool(mask & _IS_FOLDER))
            place += size

    def _path(self, record: bytes) -> str:
        """Return the path in an event's record: a folder's handle with a name; "" where there is none."""
        if len(record) < _INFO.size + _HANDLE.size:
            return ""
        _, size = _INFO.unpack_from(record)
        length, _ = _HANDLE.unpack_from(record, _INFO.size)
        end = _INFO.size + _HANDLE.size + length
        folder = self._folders.get(record[_INFO.size : end], "")
        name = record[end:size].rstrip(b"\0")
        return _place(folder, os.fsdecode(name)) if folder and name else ""

    def _watch_all(self, roots: tuple[str, ...]) -> None:
        waiting = [root.rstrip(os.sep) or os.sep for root in roots]
        for folder in waiting:
            self.watch(folder)
            if len(waiting) < _MOST_FOLDERS:
                waiting += self._inner(folder)

    def _inner(self, folder: str) -> list[str]:
        with suppress(OSError):
            # Each folder in it is a link to it more; where file systems count none, there is 1.
            if os.stat(folder).st_nlink != 2:  # noqa: PTH116 - many a step
                with os.scandir(folder) as entries:
                    listed = islice(entries, _MOST_ENTRIES)
                    return [each.path for each in listed if self._is_watched(each)]
        return []

    def _is_watched(self, entry: os.DirEntry[str]) -> bool:
        is_data = not entry.name.startswith(".") and entry.name not in ("__pycache__", "node_modules")
        return is_data and entry.is_dir(follow_symlinks=False) and not _inside(entry.path, self._outside)


def _place(folder: str, name: str) -> str:
    """Return the path of what an event names within a folder: "." is the folder itself."""
    return folder if name == os.curdir else os.path.join(folder, name)  # noqa: PTH118 - many a step


def _inside(folder: str, places: tuple[str, ...]) -> bool:
    return f"{folder}{os.sep}".startswith(places)


def new_group() -> int:
    """Return the number of a file that events can be read from, -1 where there are none."""
    if sys.platform != "linux":
        return -1
    with suppress(AttributeError):
        flags = _CLOEXEC | _NONBLOCK | _REPORT_DIR_FID | _REPORT_NAME
        group = int(_calls().fanotify_init(flags, os.O_RDONLY))
        return moved_up(group) if group >= 0 else group
    return -1


def _handle_of(path: bytes) -> bytes:
    """Return what the system names a folder by in events; b"" if its file system has no such names."""
    handle = ctypes.create_string_buffer(_HANDLE.size + _LONGEST_HANDLE)
    for flags in (_HANDLE_FOR_ID, 0):
        _HANDLE.pack_into(handle, 0, _LONGEST_HANDLE, 0)
        if _calls().name_to_handle_at(_HERE, path, handle, ctypes.byref(ctypes.c_int()), flags) == 0:
            length, _ = _HANDLE.unpack_from(handle)
            return handle.raw[: _HANDLE.size + length]
    return b""


@cache
def _calls() -> Any:
    calls: Any = ctypes.CDLL(None)
    calls.fanotify_mark.argtypes = [
        ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p
    ]  # fmt: skip
    calls.name_to_handle_at.argtypes = [
        ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int
    ]  # fmt: skip
    return calls
