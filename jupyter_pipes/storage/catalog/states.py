"""What a place of the catalog holds, in a word that is another one when it holds something else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_pipes.storage.catalog.entries import SQLITE, Entry
from jupyter_pipes.storage.file_digests import file_digest


def absolute(where: str, directory: Path) -> str:
    """Return a filled path that does not hang on the working directory any more."""
    if where.startswith(SQLITE) and not where.startswith((f"{SQLITE}/", f"{SQLITE}:")):
        return f"{SQLITE}{directory / where.removeprefix(SQLITE)}"
    return where if "://" in where else str(directory / where)


def state_of(entry: Entry, where: str, directory: Path) -> str:
    """Return the state of a place; "" if nothing is there. What stands in a table is not looked at.

    Args:
        entry: whose it is.
        where: its path, filled.
        directory: the folder that paths count from.

    Raises:
        OSError: another file system cannot be asked.
        sqlite3.Error: a file is no database.
    """
    if entry.is_table:
        return "table" if _may_be_there(entry.table, where, directory) else ""
    return remote_state(where) if "://" in where else file_digest(directory / where)


def _may_be_there(table: str, where: str, directory: Path) -> bool:
    """Return whether a table is there, as far as no server has to be asked for it."""
    file = where.removeprefix(SQLITE).partition("?")[0]
    if not where.startswith(SQLITE) or not file or file.startswith(":"):
        return True
    path = directory / file
    if not path.exists():
        return False
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        return database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def remote_state(url: str) -> str:
    """Return what another file system tells of a file's content; "" if there is none.

    Raises:
        OSError: it cannot be asked.
    """
    core: Any = import_module("fsspec.core")
    files: Any
    path: str
    files, path = core.url_to_fs(url)
    files.invalidate_cache()
    try:
        told: dict[str, Any] = files.info(path)
    except FileNotFoundError:
        return ""
    content = next((told[key] for key in ("ETag", "etag", "md5", "checksum", "sha256") if key in told), None)
    return f"{told.get('size')}:{content}" if content else str(files.ukey(path))
