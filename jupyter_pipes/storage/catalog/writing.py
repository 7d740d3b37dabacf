"""Writes a kept value to the place that the catalog gives it, as a whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.storage.catalog.entries import SQLITE, Entry
from jupyter_pipes.storage.catalog.formats import ending_of, write_file
from jupyter_pipes.storage.catalog.losses import losses, reason_of
from jupyter_pipes.storage.catalog.placeholders import OF_A_RUN, is_any, masked, with_variables
from jupyter_pipes.storage.catalog.states import state_of
from jupyter_pipes.storage.catalog.tables import look_at_table, write_table
from jupyter_pipes.storage.whole_files import replacing


class Written(Struct, frozen=True):
    """What came of writing a value.

    Attributes:
        state: what the place holds then (`states.state_of`).
        losses: what of the value the format did not keep, in words.
        error: why nothing was written; "" if it was.
    """

    state: str = ""
    losses: tuple[str, ...] = ()
    error: str = ""


def write(entry: Entry, place: str, value: Any, directory: Path) -> Written:
    """Write a value; what goes wrong is told without what environment variables hold.

    Args:
        entry: of one name.
        place: its path, filled but for environment variables.
        value: what is written.
        directory: the folder that paths count from.
    """
    try:
        where = with_variables(place)
        lost = _written(entry, where, value, directory)
        if lost and entry.strict:
            return Written(losses=lost, error=f"{'; '.join(lost)} (strict = true: nothing was written)")
        return Written(state_of(entry, where, directory), lost)
    except PipesError as error:
        return Written(error=masked(error.message, place))
    except Exception as error:  # a library's function may raise anything
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Written(error=masked(reason, place))


def look(entry: Entry, value: Any) -> Written:
    """Say what would come of writing a value, without writing it to its place."""
    try:
        return Written(losses=_looked_at(entry, value))
    except PipesError as error:
        return Written(error=error.message)
    except Exception as error:  # a library's function may raise anything
        return Written(error=masked(reason_of(error), entry.path))


def _looked_at(entry: Entry, value: Any) -> tuple[str, ...]:
    if entry.is_table and not entry.path.startswith(SQLITE) and is_any(entry.path, *OF_A_RUN):
        raise ConfigurationError("its database is known in a run only, so what that loses is told then")
    if entry.is_table:
        return look_at_table(entry, with_variables(entry.path), value)
    with _draft(entry, value) as draft:
        return losses(entry, str(draft), value)


@contextmanager
def _draft(entry: Entry, value: Any) -> Generator[Path]:
    """A file with the value that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="jupyter-pipes-") as folder:
        draft = Path(folder, f"value{ending_of(entry.format)}")
        write_file(entry.format, value, draft, entry.save)
        yield draft


def _written(entry: Entry, where: str, value: Any, directory: Path) -> tuple[str, ...]:
    """Write a value, unless the entry is strict and it would lose something; return what it loses."""
    if entry.is_table:
        return write_table(entry, where, value)
    with _draft(entry, value) as draft:
        lost = losses(entry, str(draft), value)
        if not (lost and entry.strict):
            _put(draft, where, directory)
    return lost


def _put(draft: Path, where: str, directory: Path) -> None:
    if urlsplit(where).scheme and "://" in where:
        _upload(draft, where)
        return
    target = directory / where
    target.resolve().parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as beside, draft.open("rb") as source, beside.open("xb") as file:
        while piece := source.read(1 << 22):
            file.write(piece)


def _upload(draft: Path, url: str) -> None:
    """Put a file to another file system: object stores show it as a whole, others by moving it there."""
    core: Any = import_module("fsspec.core")
    files: Any
    path: str
    files, path = core.url_to_fs(url)
    parent = path.rpartition("/")[0]
    if parent:
        files.makedirs(parent, exist_ok=True)
    # One transaction: what is written appears when it ends.
    with files.transaction:
        files.put_file(str(draft), path)
    files.invalidate_cache()
