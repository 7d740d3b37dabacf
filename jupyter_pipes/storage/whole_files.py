"""Files written as a whole or not at all, also where the power is cut a moment later."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.system.threads import own_pool

_AT_ONCE = 8
"""Files whose way to the disk is waited for at the same time."""

_LONG_AGO = 3600.0
"""Seconds after a change by which it is on the disk: systems see to that within a minute, at most ten."""

_IMPOSSIBLE = (errno.EINVAL, errno.ENOTSUP)
"""What file systems answer that can sync nothing, or no folders: there is nothing more to be done then."""

_ALL_THE_WAY: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""What takes a file through the cache of the disk as well, on macOS; elsewhere `fsync` does."""


class NotOnDisk(OSError):
    """What was written cannot be brought to the disk: it is there as long as the machine runs, and no longer.

    Attributes:
        places: the files and folders that cannot be.
    """

    places: frozenset[str] = frozenset()


def reach_disk(places: Iterable[Path | str]) -> None:
    """Have the content of files, and the names in folders, outlast a power cut; return when they do.

    They are waited for at the same time: a disk takes about as long for many as for one. What is not there,
    cannot be read, or did not change for long, is passed over.

    Raises:
        NotOnDisk: some cannot be brought there; all others are.
    """
    recent = [place for place in {str(place) for place in places} if _is_recent(place)]
    errors = {place: error for place, error in zip(recent, _synced(recent), strict=True) if error is not None}
    if errors:
        place, error = next(iter(errors.items()))
        failure = NotOnDisk(error.errno, os.strerror(error.errno or errno.EIO), place)
        failure.places = frozenset(errors)
        raise failure


def _synced(places: Sequence[str]) -> list[OSError | None]:
    if len(places) < 2:
        return [_sync(place) for place in places]
    with own_pool(min(len(places), _AT_ONCE)) as threads:
        try:
            return list(threads.map(_sync, places))
        except RuntimeError:
            # An interpreter on its way out, which waits for this thread, lets no other begin.
            return [_sync(place) for place in places]


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give the place of a draft that becomes the file when the block ends, and goes if it ends in an error.

    The draft has the file's ending, and an existing file's permissions stay. A link stays one: what it leads
    to is replaced.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is a folder, a pipe or a device")
    draft = target.with_name(f".{os.urandom(4).hex()}-{target.name}")
    try:
        yield draft
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        # Else a power cut may leave the new name with nothing in it, and the old content gone.
        reach_disk([draft])
        draft.replace(target)
        reach_disk([target.parent])
    finally:
        draft.unlink(missing_ok=True)


def replace_file(path: Path, text: str) -> None:
    """Write a notebook or module as a whole or not at all.

    Raises:
        NotebookError: the file cannot be written there.
    """
    try:
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NotebookError(f"cannot write {path}: {error.strerror or error}") from error


def _is_recent(place: str) -> bool:
    try:
        # A time to come is that of another clock.
        return time.time() - os.stat(place).st_ctime < _LONG_AGO  # noqa: PTH116 - asked for many files
    except FileNotFoundError:
        return False


def _sync(place: str) -> OSError | None:
    """Bring one place to the disk; return why it cannot be."""
    try:
        file = os.open(place, os.O_RDONLY)
    except (FileNotFoundError, PermissionError):
        # Folders that a user may not look into are not of our making.
        return None
    except OSError as error:
        return error
    try:
        if _ALL_THE_WAY is None:
            os.fsync(file)
        else:
            fcntl.fcntl(file, _ALL_THE_WAY)
    except OSError as error:
        return None if error.errno in _IMPOSSIBLE else error
    finally:
        os.close(file)
    return None
