"""What files hold, by digests that are made again only when a file changed; what folders hold, by names."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

from blake3 import blake3

from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.storage.whole_files import reach_disk

_CLOCK_STEP = 2_000_000_000
"""Nanoseconds within which two changes of a file may carry the same time, on the coarsest file systems."""

_TICK = 20_000_000
"""Nanoseconds within which they may on others, whose clock goes on a hundred times a second at least."""

_SECOND = 1_000_000_000
_PIECE = 1024 * 1024
"""Bytes that are read at once: what stays in a CPU's cache."""

_LEAST_PIECE = 4096
"""Of a file that is not what its size says, so many are read at once."""

_MOST_NAMES = 2_000
"""Names of a folder that are remembered at most."""

_DIGEST = re.compile(r"\(\d+ names, \w+\)")
"""What stands for more than those."""

_NO_DATA = (".ipynb", ".pyc", "__pycache__", "~")
"""How names end of what is there beside data."""

_seen: dict[str, tuple[str, str]] = {}
_new: set[str] = set()
_synced: dict[str, str] = {}


def file_digest(path: Path | str) -> str:
    """Return the BLAKE3 hex digest of the file's content, "" if there is no file or none that can be read.

    It is read again unless size, mtime, ctime and inode are all as they were.
    """
    name = str(path)
    try:
        stat = os.stat(name)  # noqa: PTH116 - asked for every file at every decision: twice as fast as Path's
        if not S_ISREG(stat.st_mode):
            return ""
        stamp = stamp_of(stat)
        seen_stamp, seen_digest = _seen.get(name, ("", ""))
        if seen_stamp == stamp:
            return seen_digest
        digest = content_digest(path)
    except OSError:
        return ""
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _CLOCK_STEP:
        _seen[name] = (stamp, digest)
        _new.add(name)
    return digest


def content_digest(path: Path | str) -> str:
    """Return the BLAKE3 hex digest of what a file holds, read in pieces: what is mapped counts as memory.

    Raises:
        OSError: it cannot be read.
    """
    hasher = blake3()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        # Most files are small: in a step's process each page of room costs more than to read it.
        size = os.fstat(file.fileno()).st_size
        piece = memoryview(bytearray(min(max(size, _LEAST_PIECE), _PIECE)))
        while size := file.readinto(piece):
            hasher.update(piece[:size])
    return hasher.hexdigest()


def names_in(folder: Path | str, until: int | None = None) -> tuple[str, ...]:
    """Return the names in a folder, sorted; none where there is no folder, their digest where they are many.

    Hidden ones, notebooks and compiled code do not count.

    Args:
        folder: the folder.
        until: leaves out what was made or changed from then on, in nanoseconds since 1970.
    """
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and not entry.name.endswith(_NO_DATA)
                and (until is None or entry.stat(follow_symlinks=False).st_ctime_ns < until)
            ]
    except OSError:
        return ()
    if len(names) > _MOST_NAMES:
        return (
            f"({len(names)} names, {digest_of([','.join(sorted(names)).encode('utf-8', 'replace')])[:12]})",
        )
    return tuple(sorted(names))


def still_there(folder: Path | str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those names that `names_in` found in a folder and that are in it yet; many stay one digest."""
    if names_in(folder) == names or _DIGEST.fullmatch("".join(names)):
        return names
    return tuple(name for name in names if os.path.lexists(os.path.join(folder, name)))  # noqa: PTH118 - many


def file_stamp(path: Path | str) -> str:
    """Return what changes whenever the file's content does, "" if there is no file."""
    try:
        return stamp_of(os.stat(path))  # noqa: PTH116 - asked for every file that is opened
    except (OSError, ValueError):
        return ""


def may_change_unseen(path: Path | str) -> bool:
    """Return whether a file was changed so lately that its stamp may stay as it is when it changes again."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - asked for every file that is opened
    except (OSError, ValueError):
        return False
    return _is_late(max(stat.st_mtime_ns, stat.st_ctime_ns), time.time_ns())


def _is_late(changed: int, now: int) -> bool:
    return now - changed <= (_TICK if changed % _SECOND else _CLOCK_STEP)


def remember_written(path: Path, digest: str) -> None:
    """Take the word of who has just written the whole file, under this name, for its digest."""
    try:
        stamp = stamp_of(path.stat())
    except OSError:
        return
    _seen[str(path)] = (stamp, digest)
    _new.add(str(path))


def recall(digests: Iterable[tuple[str, str, str]]) -> None:
    """Take (path, stamp, digest) that an earlier process kept of what it had read."""
    for path, stamp, digest in digests:
        _seen.setdefault(path, (stamp, digest))
        _synced.setdefault(path, stamp)


@contextmanager
def keeping() -> Generator[list[tuple[str, str, str]]]:
    """Give what is to be kept (`take_new`), of files that are on the disk by then; once more if that fails.

    After a power cut, a file that was not there may have kept its size and its times, and lost its content.
    """
    taken = take_new()
    try:
        reach_disk(path for path, stamp, _ in taken if not is_synced(path, stamp))
        yield taken
    except BaseException:
        _new.update(path for path, _, _ in taken)
        raise
    note_synced({path: stamp for path, stamp, _ in taken})


def note_synced(stamps: Mapping[str, str]) -> None:
    """Learn path -> stamp of files that are on the disk as they were then."""
    _synced.update(stamps)


def is_synced(path: str, stamp: str) -> bool:
    """Return whether the file is known to have reached the disk with this stamp."""
    return _synced.get(path) == stamp


def take_new() -> list[tuple[str, str, str]]:
    """Return (path, stamp, digest) of what was read since the last call, to be kept."""
    paths = list(_new)
    _new.difference_update(paths)
    return [(path, *_seen[path]) for path in paths]


def has_new() -> bool:
    """Return whether there is anything to be kept."""
    return bool(_new)


def stamp_of(stat: os.stat_result) -> str:
    """Return what changes whenever the content of the file changes, or another file takes its place."""
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


def is_same_file(stamp: str, other: str) -> bool:
    """Return whether two stamps of one path are of the same file, changed or not."""
    return stamp.rpartition(":")[2] == other.rpartition(":")[2]


def is_checked(path: Path, stat: os.stat_result, digest: str) -> bool:
    """Return whether an open file is known to have this digest."""
    return _seen.get(str(path)) == (stamp_of(stat), digest)


def checked_stamp(path: Path | str, digest: str) -> str:
    """Return the stamp that the file had when it was known to have this digest, "" if it is not known."""
    stamp, seen_digest = _seen.get(str(path), ("", ""))
    return stamp if seen_digest == digest else ""


def trust(digests: Iterable[tuple[str, str, str]]) -> None:
    """Take (path, stamp, digest) that another process has just found, whatever was known before."""
    _seen.update((path, (stamp, digest)) for path, stamp, digest in digests)
