"""Which files a step reads and writes, and what those that it read held: from audit events and fanotify."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from inspect import currentframe
from pathlib import Path
from typing import Any

from jupyter_pipes.execution.worker.held_files import FileLost, HeldFile
from jupyter_pipes.execution.worker.observation.commands import places_named
from jupyter_pipes.execution.worker.observation.listings import (
    Listings,
    folder_of_pattern,
    is_search_for_code,
)
from jupyter_pipes.execution.worker.observation.native import NativeWatch, Opened
from jupyter_pipes.model.results import FileSeen, FolderSeen
from jupyter_pipes.storage.file_digests import file_digest, file_stamp, may_change_unseen
from jupyter_pipes.storage.settings import FOLDER
from jupyter_pipes.system.threads import is_own_thread

_CODE = (".py", ".pyc", ".so", ".pyi")
_BYTECODE = f"{os.sep}__pycache__{os.sep}"
_OF_DATABASES = ("-journal", "-wal", "-shm", ".wal")
"""What stands behind a database's path in those of files that it uses meanwhile."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_watching: list[FileWatch] = []

UNKNOWN = "unknown"
"""The digest of a file of which nobody can say what it held when it was read: no content equals it."""


class FileWatch:
    """Collects the project's files that are opened while `watching`.

    Files of installed packages and of what is kept of runs do not count, nor does Python code, which is
    looked at as code. What the step's own process opens is seen, by compiled libraries too where the system
    tells it (`NativeWatch`); of what it starts, Python processes forked from it, and the files that command
    lines name.

    Args:
        project: the notebook's folder.
        store: URL of the artifact store.
        named: the files, and folders elsewhere, that stand as text in the step's code, as they were before.
        reads_natively: whether its code calls what reads whole folders by compiled code.

    Attributes:
        is_blind: whether the step closed what tells us of files, so that some may be unknown.
    """

    def __init__(
        self,
        project: Path,
        store: str,
        named: Iterable[FileSeen] = (),
        *,
        reads_natively: bool = False,
    ) -> None:
        self._project = full_folder(project)
        kept = (store.removeprefix("file://"), project / FOLDER)
        self._outside = (*installed_folders(), *map(full_folder, kept))
        paths = [(os.path.join(self._project, seen.path), seen.digest) for seen in named]  # noqa: PTH118
        files = [FileSeen(path, digest, True) for path, digest in paths if not path.endswith(os.sep)]
        self._named = {os.path.realpath(seen.path): seen for seen in files}
        self._folders = {full_folder(path): path for path, _ in paths if path.endswith(os.sep)}
        self._process = os.getpid()
        self._from_forks: HeldFile | None = None
        self.is_blind = False
        self._read: dict[str, str] = {}
        self._at_opening: dict[str, str] = {}
        self._before: dict[str, str] = {}
        self._written: dict[str, None] = {}
        self._in_commands: dict[str, None] = {}
        self._not_there: dict[str, None] = {}
        self._databases: set[str] = set()
        self._listings = Listings()
        self._reads_natively = reads_natively

    @contextmanager
    def watching(self, *, is_alone: bool) -> Generator[None]:
        """See every file that is opened from here on.

        Args:
            is_alone: whether all that this process does is the step's: else only what Python tells counts.
        """
        _install()
        folders = (self._project, *self._folders)
        native = NativeWatch(folders, self._outside, self._named) if is_alone else None
        _watching.append(self)
        try:
            yield
        finally:
            _watching.remove(self)
            self._take_from_forks()
            if native is not None:
                self._take_native(native)
                self.is_blind |= native.is_lost
            self._take_databases(native)
            self._take_made_by_commands()

    def note(self, path: str, flags: int) -> None:
        """Take note that `path` is about to be opened with `flags` (as for `os.open`)."""
        full = os.path.realpath(path)
        if not self._counts(full):
            return
        if os.getpid() != self._process:
            self._tell_parent(full, flags)
        elif flags & _WRITING:
            if flags & os.O_APPEND and os.path.isfile(full):  # noqa: PTH113 - many a step
                # What was there stays.
                self._note_read(full)
            self._note_written(full)
        elif os.path.isdir(full):  # noqa: PTH112 - many a step
            self._listings.note_opened(full)
        elif not full.endswith(_CODE):
            self._note_read(full)

    def leave_out(self, path: Path | str) -> None:
        """Have a file, or all that is in a folder, not count, whenever it is opened."""
        self._outside = (*self._outside, full_folder(path))
        for noted in (self._read, self._written):
            for full in [full for full in noted if not self._counts(full)]:
                del noted[full]

    def note_listing(self, path: str, *, is_search: bool = False) -> None:
        """Take note that a folder is about to be listed, perhaps only in search of code."""
        full = os.path.realpath(path)
        if not self._counts(os.path.join(full, "")):  # noqa: PTH118 - many a step
            return
        if is_search:
            self._listings.note_opened(full)
        elif os.getpid() != self._process:
            self._tell_parent(full, os.O_DIRECTORY)
        else:
            self._listings.note(full)

    def note_renamed(self, old: str, new: str) -> None:
        """Take note that what is at `old` comes to be at `new`: many write a file so, to have it whole."""
        source, target = os.path.realpath(old), os.path.realpath(new)
        self.note(target, os.O_WRONLY)
        inner = [path for path in self._written if path.startswith(f"{source}{os.sep}")]
        for path in inner:
            self.note(target + path.removeprefix(source), os.O_WRONLY)

    def note_database(self, path: str) -> None:
        """Take note that a database is about to be opened: whether it is written shows at the end."""
        full = os.path.realpath(path)
        self.note(full, os.O_RDONLY)
        self._databases.add(full)

    def note_command(self, arguments: object, folder: object) -> None:
        """Take note of a command line: the files that it names are read, or written, by what it starts."""
        for full in filter(self._counts, places_named(arguments, folder)):
            if os.path.isfile(full):  # noqa: PTH113 - many a step
                self._in_commands[full] = None
                self.note(full, os.O_RDONLY)
            else:
                self._not_there[full] = None

    def note_fork(self) -> None:
        """Have forked processes tell here what they open."""
        if self._from_forks is None and sys.platform == "linux":
            self._from_forks = HeldFile(os.memfd_create("files"))

    def seen(self) -> tuple[FileSeen, ...]:
        """Return the files read, with the digests of what was read.

        Those that the step wrote later are among them, with what they held before; what it wrote first is
        not. Those that are gone by now have no digest: when they come again, they are read anew.
        """
        read = (FileSeen(self._shown(full), digest) for full, digest in self._digests())
        return (*read, *filter(self._is_only_named, self._named.values()))

    def written(self) -> tuple[str, ...]:
        """Return the files written that are there now, as `FileSeen.path` has them."""
        return tuple(self._shown(full) for full in self._written if os.path.isfile(full))  # noqa: PTH113

    def listed(self) -> tuple[FolderSeen, ...]:
        """Return the folders listed, with what stood in them."""
        return tuple(self._listings.seen(self._shown))

    def _digests(self) -> Iterator[tuple[str, str]]:
        for full, stamp in self._read.items():
            if full in self._written:
                if full in self._before:
                    yield full, self._before[full]
            elif stamp and not os.path.lexists(full):
                yield full, ""
            elif digest := self._digest(full, stamp):
                yield full, digest

    def _digest(self, full: str, stamp: str) -> str:
        now = file_digest(full) if stamp in ("", file_stamp(full)) else UNKNOWN
        return now if self._at_opening.get(full, now) == now else UNKNOWN

    def _is_only_named(self, seen: FileSeen) -> bool:
        full = os.path.realpath(seen.path)
        # Under a name that is a link it counts beside where the link leads now.
        is_read = full in self._read and not os.path.islink(seen.path)  # noqa: PTH114 - many a step
        return bool(seen.digest) and full not in self._written and not is_read

    def _shown(self, full: str) -> str:
        """Return the path as it is told: outside of the project as the code names it."""
        if full.startswith(self._project):
            return full
        if full in self._named:
            return self._named[full].path
        folder = next(folder for folder in self._folders if full.startswith(folder))
        return self._folders[folder] + full.removeprefix(folder)

    def _counts(self, full: str) -> bool:
        is_ours = full.startswith((self._project, *self._folders)) or full in self._named
        # With a separator behind it a file is found among them as a folder is.
        return is_ours and not f"{full}{os.sep}".startswith(self._outside) and _BYTECODE not in full

    def _note_read(self, full: str) -> None:
        if full in self._read:
            return
        self._read[full] = file_stamp(full)
        if may_change_unseen(full):
            self._at_opening[full] = file_digest(full)

    def _note_written(self, full: str) -> None:
        if full in self._read and full not in self._written:
            self._before[full] = self._at_opening.get(full) or file_digest(full) or UNKNOWN
        self._written[full] = None

    def _tell_parent(self, full: str, flags: int) -> None:
        if self._from_forks is not None:
            os.write(self._from_forks.number(), f"{flags} {full}\0".encode("utf-8", "surrogateescape"))

    def _take_from_forks(self) -> None:
        told, self._from_forks = self._from_forks, None
        if told is None:
            return
        try:
            number = told.number()
        except FileLost:
            self.is_blind = True
            return
        data = os.pread(number, os.fstat(number).st_size, 0)
        lines = data.decode("utf-8", "surrogateescape").split("\0")[:-1]
        told.close()
        for line in lines:
            flags, _, path = line.partition(" ")
            if int(flags) & os.O_DIRECTORY and not int(flags) & _WRITING:
                self.note_listing(path)
            else:
                self.note(path, int(flags))

    def _take_native(self, native: NativeWatch) -> None:
        events = list(native.take())
        databases = (*self._databases, *(each.path for each in events if each.path.endswith(_OF_DATABASES)))
        holding_databases = {os.path.dirname(path) for path in databases}  # noqa: PTH120 - many a step
        for opened in events:
            path = _main_file(opened.path)
            if opened.is_folder and opened.path not in holding_databases:
                self._take_folder(opened)
            if opened.is_folder and not opened.is_written:
                continue
            if not self._counts(path):
                continue
            if opened.is_written and (opened.is_own or path in self._in_commands):
                self._written |= dict.fromkeys(filter(self._counts, _files_at(path)))
            elif opened.is_own and not opened.is_written and not path.endswith(_CODE):
                self._read.setdefault(path, "")

    def _take_folder(self, opened: Opened) -> None:
        """Take that a folder was opened for a listing, but by databases: they do so to have it on disk.

        What happens in a folder that others made meanwhile is not told.
        """
        if not self._counts(os.path.join(opened.path, "")):  # noqa: PTH118 - many a step
            return
        is_listed = opened.is_own and not opened.is_written
        is_new = opened.is_written and not opened.is_own
        if is_listed or (is_new and self._reads_natively):
            self._listings.note_native(opened.path)

    def _take_made_by_commands(self) -> None:
        """Take as written what a command line named before it was there."""
        made = filter(os.path.isfile, self._not_there)
        self._written |= dict.fromkeys(made)

    def _take_databases(self, native: NativeWatch | None) -> None:
        """Take as written those that are others now; where the system tells who wrote, it is told already."""
        for path in self._databases:
            is_told = native is not None and native.watches(os.path.dirname(path))  # noqa: PTH120 - many a step
            if not is_told and self._read.get(path) != file_stamp(path):
                self._written[path] = None


def leave_out(path: Path | str) -> None:
    """Have a file, or all in a folder, be none of the step's: what it holds counts in another way."""
    for watch in _watching:
        watch.leave_out(path)


def full_folder(path: Path | str) -> str:
    """Return the real path of a folder, as the paths of what is in it begin."""
    return os.path.join(os.path.realpath(path), "")  # noqa: PTH118 - it must end with a separator


@cache
def installed_folders() -> tuple[str, ...]:
    """Return the real paths of the folders that installed packages are in."""
    return full_folder(sys.prefix), full_folder(sys.base_prefix)


def _main_file(path: str) -> str:
    """Return the database that a file beside it belongs to, else the file itself."""
    for ending in _OF_DATABASES:
        if path.endswith(ending) and os.path.exists(path.removesuffix(ending)):  # noqa: PTH110 - many a step
            return path.removesuffix(ending)
    return path


def _files_at(path: str) -> Iterator[str]:
    """Yield the file, or all files of a folder: who made it has made them."""
    if not os.path.isdir(path):  # noqa: PTH112 - many a step
        yield path
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118 - many a step


@cache
def _install() -> None:
    # An audit hook cannot be removed, so one serves all attempts of the process.
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # A debugged step has the controller in its process, which brings files back beside it.
    if _watching and event in _EVENTS and not is_own_thread():
        # In a folder that was removed no path can be told; the step's own call must not fail for that.
        with suppress(OSError, ValueError):
            _EVENTS[event](_watching[-1], arguments)


def _on_open(watch: FileWatch, arguments: tuple[Any, ...]) -> None:
    if _are_paths(arguments[:1]):
        watch.note(os.fsdecode(arguments[0]), arguments[2] or 0)


def _on_rename(watch: FileWatch, arguments: tuple[Any, ...]) -> None:
    if _are_paths(arguments[:2]):
        watch.note_renamed(*map(os.fsdecode, arguments[:2]))


def _on_connect(watch: FileWatch, arguments: tuple[Any, ...]) -> None:
    if _are_paths(arguments[:1]):
        watch.note_database(os.fsdecode(arguments[0]))


def _on_listing(watch: FileWatch, arguments: tuple[Any, ...]) -> None:
    # Without a path it is the folder that the step runs in.
    path = arguments[0] if arguments[0] is not None else os.curdir
    if _are_paths((path,)):
        watch.note_listing(os.fsdecode(path), is_search=is_search_for_code(currentframe()))


def _on_pattern(watch: FileWatch, arguments: tuple[Any, ...]) -> None:
    # A folder that is not there is not listed, and what is found in it is nothing.
    *folders, pattern = (os.fsdecode(each) for each in arguments[:2])
    watch.note_listing(os.path.join(*folders, folder_of_pattern(pattern)))  # noqa: PTH118 - many a step


def _are_paths(values: tuple[Any, ...]) -> bool:
    return all(isinstance(value, str | bytes | os.PathLike) for value in values)


_EVENTS: dict[str, Callable[[FileWatch, tuple[Any, ...]], None]] = {
    "open": _on_open,
    "os.rename": _on_rename,
    "os.listdir": _on_listing,
    "os.scandir": _on_listing,
    "pathlib.Path.glob": _on_pattern,
    "pathlib.Path.rglob": _on_pattern,
    "os.truncate": lambda watch, arguments: _on_open(watch, (arguments[0], "", os.O_WRONLY)),
    "sqlite3.connect": _on_connect,
    "subprocess.Popen": lambda watch, arguments: watch.note_command(arguments[1], arguments[2]),
    "os.posix_spawn": lambda watch, arguments: watch.note_command(arguments[1], None),
    "os.system": lambda watch, arguments: watch.note_command(arguments[0], None),
    "os.exec": lambda watch, arguments: watch.note_command(arguments[1], None),
    "os.fork": lambda watch, _: watch.note_fork(),
}
"""Audit event -> what it tells a watch (see Python's table of audit events)."""
