"""What the history is kept in: SQLite by default, PostgreSQL by URL; statements by name."""

from __future__ import annotations

import atexit
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakSet

from jupyter_pipes.history.sql.failures import database_errors, is_lock
from jupyter_pipes.history.sql.links import (
    ONE_WAIT,
    Change,
    EngineLink,
    SqliteLink,
    Transaction,
    engine_of,
)
from jupyter_pipes.history.sql.schema import SCHEMA_VERSION
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.settings import sqlite_path

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PATIENCE = 600.0
"""Seconds for which a lock of another process is waited for."""


def warm_up() -> None:
    """Import what making a database needs: it takes a second, which a first run then does not."""
    import_module("sqlalchemy")


class Readable(Protocol):
    """What answers the named statements that select."""

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a statement selects, the first `most` of them."""
        ...


_WRITTEN = "events, documents, runs, fields, results, claims, leases, sightings, files"


class Database:
    """The database at `url` (SQLAlchemy's form), made or brought up to date when first opened.

    What every run asks goes by the names in `statements.py`; SQLite answers it without SQLAlchemy, whose
    import would take longer than the rest. Everything else uses `engine`.

    Raises:
        ConfigurationError: the URL is for a database that is not supported.
        StoreError: it cannot be opened or written, or a newer version of jupyter_pipes made it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.RLock()
        self._open: SqliteLink | EngineLink | None = None
        _databases.add(self)
        if not self._is_current():
            from jupyter_pipes.history.sql import migrations

            with database_errors("the history cannot be opened", url):
                self._patiently(lambda: migrations.bring_up_to_date(self.engine))

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for what is not asked at every run."""
        return engine_of(self._url)

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them.

        Raises:
            StoreError: the history cannot be read.
        """
        with database_errors("the history cannot be read", self._url):
            return self._patiently(lambda: self._link().rows(statement, values, most))

    def change(
        self, changes: Iterable[Change], patience: float = PATIENCE, fence: Change | None = None
    ) -> int:
        """Carry out named statements in one transaction, and return how many rows they changed.

        Args:
            changes: what is to be carried out.
            patience: seconds for which another process's lock is waited for.
            fence: what must change a row first, in the same transaction.

        Raises:
            Conflict: a row with this key is there already; nothing was changed.
            Fenced: there was no such row; nothing was changed.
            Locked: another process had the history to itself all the time; nothing was changed.
            StoreError: the history cannot be written; nothing was changed.
        """
        changes = list(changes)
        with database_errors("the history cannot be written", self._url):
            return self._patiently(lambda: self._link().change(changes, fence), patience)

    def _patiently(self, ask: Callable[[], Answer], patience: float = PATIENCE) -> Answer:
        """Return an answer of the database; while another process has it locked, say so and wait."""
        began, is_told = time.monotonic(), False
        while True:
            try:
                with self._lock:
                    return ask()
            except Exception as error:
                if not is_lock(error) or time.monotonic() - began >= patience:
                    raise
            if not is_told:
                _logger.warning("the history is locked by another process: waiting for it")
                is_told = True
            time.sleep(ONE_WAIT / 10)

    @contextmanager
    def exclusive(self) -> Generator[Transaction]:
        """Give a transaction beside which nobody else writes: at its end all of it is there, or nothing.

        Raises:
            StoreError: the history cannot be written; nothing was changed.
        """
        with database_errors("the history cannot be written", self._url):
            connection = self._patiently(self._alone)
            with connection:
                yield Transaction(connection)
                connection.commit()

    def _alone(self) -> Connection:
        """Return a connection in a transaction beside which nobody else writes."""
        connection = self.engine.execution_options(begin="BEGIN IMMEDIATE").connect()
        try:
            connection.begin()
            if connection.dialect.name == "postgresql":
                # Events first, as every writer does: two that wait for each other would both be stuck.
                connection.exec_driver_sql(f"LOCK TABLE {_WRITTEN} IN EXCLUSIVE MODE")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """Give a transaction that only reads.

        Raises:
            StoreError: the history cannot be read.
        """
        with database_errors("the history cannot be read", self._url), self.engine.connect() as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None
        if "engine" in self.__dict__:
            self.engine.dispose()

    def tidy(self) -> None:
        """Work SQLite's log into its file, if nobody uses it now; a full disk could not make the log anew."""
        with self._lock, suppress(sqlite3.Error):
            if isinstance(self._open, SqliteLink):
                self._open.tidy()

    def _link(self) -> SqliteLink | EngineLink:
        if self._open is None:
            path = sqlite_path(self._url)
            self._open = SqliteLink(path) if path else EngineLink(self.engine)
        return self._open

    def _is_current(self) -> bool:
        """Whether the tables are there as this version has them."""
        try:
            versions = self.rows("setting", name="schema")
        except StoreError:
            # Not there yet, or not to be opened at all: making it tells which.
            self.close()
            return False
        return [str(version) for (version,) in versions] == [str(SCHEMA_VERSION)]


_databases: WeakSet[Database] = WeakSet()
# A child leaves those of its parent alone.
os.register_at_fork(after_in_child=_databases.clear)


@atexit.register
def _tidy_all() -> None:
    """End as databases want it: a copy of SQLite's one file is whole then."""
    for database in list(_databases):
        database.tidy()
