"""What goes wrong with the database, as errors of the project."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_pipes.model.errors import StoreError


class Conflict(StoreError):
    """A row with this key is there already."""


class Fenced(StoreError):
    """Who wished to write has lost the right to: its lease is gone."""


class Locked(StoreError):
    """Another process has the history to itself just now."""


@contextmanager
def database_errors(what: str, url: str) -> Generator[None]:
    """Turn what goes wrong with the database at `url` into a StoreError that begins with `what`."""
    try:
        yield
    except ImportError as error:
        driver = "pip install 'jupyter_pipes[postgresql]', or the driver that the URL names"
        raise StoreError(f"{what}: {error}; install its driver: {driver}") from error
    except PermissionError as error:
        raise StoreError(f"{what}: {error}; check {_without_password(url)} and its permissions") from error
    except Exception as error:
        reason = getattr(error, "orig", None) or error
        if not _is_of_database(error):
            raise
        kind = Locked if is_lock(error) else Conflict if type(reason).__name__ in _CONFLICTS else StoreError
        remedy = _how_to_write(url) if _is_read_only(reason) else f"check free space and rights of {url}"
        raise kind(_without_password(f"{what}: {reason}; {remedy}")) from error


_CONFLICTS = ("IntegrityError", "UniqueViolation")
_LOCKS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_LOCKS_OF_SERVERS = ("55P03", "40P01")
"""What PostgreSQL calls a lock that was not to be had in time, and two that wait for each other."""


def is_lock(error: BaseException) -> bool:
    """Return whether another process has the database to itself just now."""
    reason: Any = getattr(error, "orig", None) or error
    # The lower byte is the kind, the others say more.
    code = getattr(reason, "sqlite_errorcode", 0) & 0xFF
    return code in _LOCKS or getattr(reason, "sqlstate", None) in _LOCKS_OF_SERVERS


def _is_of_database(error: Exception) -> bool:
    return any(cls.__module__ in ("sqlite3", "sqlalchemy.exc") for cls in type(error).__mro__)


def _is_read_only(reason: Any) -> bool:
    return getattr(reason, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY


def _how_to_write(url: str) -> str:
    path = Path(url.partition("///")[2])
    try:
        owner = path.owner()
    except (OSError, KeyError):  # gone, or of a user that the system has no name for
        owner = "another user"
    return f"{path} belongs to {owner}: ask for the right to write it, or work in a copy of the project"


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)[^@/]*@", "…@", url)
