"""Connections to the database: to SQLite's file itself, or by SQLAlchemy; they carry out statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from jupyter_pipes.history.sql.failures import Fenced, database_errors
from jupyter_pipes.history.sql.statements_sqlite import TEXTS
from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.settings import sqlite_path

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ONE_WAIT = 0.25
"""Seconds after which the database itself gives up waiting, so that somebody can be told."""

Change = tuple[str, Mapping[str, Any]]
"""The name of a statement that writes (`statements.py`), and its parameters."""

FENCED = "who wished to write has no right to any more"

_DIALECTS = ("sqlite", "postgresql")


class SqliteLink:
    """A connection to SQLite's file, without SQLAlchemy.

    Args:
        path: the file's, or its URI.
    """

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(
            path, timeout=ONE_WAIT, isolation_level=None, check_same_thread=False, uri=True
        )
        _tune(self._connection)

    def rows(self, statement: str, values: Mapping[str, Any], most: int) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them."""
        return _first(self._connection.execute(TEXTS[statement], values), most)

    def change(self, changes: Iterable[Change], fence: Change | None) -> int:
        """Carry out named statements in one transaction, and return how many rows they changed."""
        changed = 0
        # Taking the lock at once: two that read first and then wish to write would block each other.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if fence is not None and not self._connection.execute(TEXTS[fence[0]], fence[1]).rowcount:
                raise Fenced(FENCED)
            for statement, rows in _grouped(changes):
                changed += self._connection.executemany(TEXTS[statement], rows).rowcount
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return changed

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def tidy(self) -> None:
        """Work SQLite's log into its file, if nobody uses it now."""
        # Whoever uses the log just now keeps it: nobody waits for that.
        self._connection.execute("PRAGMA busy_timeout=0")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class Transaction:
    """An open transaction of SQLAlchemy's that knows the statements by name."""

    def __init__(self, connection: Connection) -> None:
        from jupyter_pipes.history.sql.statements import compiled

        self.connection = connection
        self._texts = compiled(connection.dialect)

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them."""
        return _first(self.connection.exec_driver_sql(self._texts[statement], values), most)

    def change(self, changes: Iterable[Change]) -> int:
        """Carry out named statements, and return how many rows they changed."""
        execute = self.connection.exec_driver_sql
        return sum(execute(self._texts[statement], rows).rowcount for statement, rows in _grouped(changes))


class EngineLink:
    """A connection by SQLAlchemy, made anew when it was lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def rows(self, statement: str, values: Mapping[str, Any], most: int) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them."""
        with self._connected() as connection, connection.begin():
            return Transaction(connection).rows(statement, most=most, **values)

    def change(self, changes: Iterable[Change], fence: Change | None) -> int:
        """Carry out named statements in one transaction, and return how many rows they changed."""
        with self._connected() as connection, connection.begin():
            transaction = Transaction(connection)
            if fence is not None and not transaction.change([fence]):
                raise Fenced(FENCED)
            return transaction.change(changes)

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _connected(self) -> Generator[Connection]:
        """Give the connection; a lost one is made anew for the next caller."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            yield self._connection
        except Exception:
            if self._connection.invalidated:
                self.close()
            raise


def _first(cursor: Any, most: int) -> list[Any]:
    return list(cursor.fetchall() if most < 0 else cursor.fetchmany(most))


def _grouped(changes: Iterable[Change]) -> Generator[tuple[str, list[dict[str, Any]]]]:
    """Yield each statement with the values of all changes by it that follow one another."""
    for statement, group in groupby(changes, key=itemgetter(0)):
        # One expression for thousands of values: a call for each would take as long as the database.
        yield (
            statement,
            [
                {
                    name: value
                    if not isinstance(value, str) or (value.isascii() and "\0" not in value)
                    else _storable(value)
                    for name, value in row.items()
                }
                for _, row in group
            ],
        )


def _storable(value: str) -> str:
    """Return a text as every database takes it: NUL and what is no Unicode are written escaped."""
    return value.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def engine_of(url: str) -> Engine:
    """Return SQLAlchemy's engine for a URL, set up as the history needs it.

    Raises:
        ConfigurationError: it is for a database that is not supported.
        StoreError: its driver is not installed.
    """
    import sqlalchemy as sa
    from sqlalchemy import event

    with database_errors("the history cannot be opened", url):
        place = sa.make_url(url)
        if path := sqlite_path(url):
            # SQLAlchemy would take escapes and options out of the names of folders.
            is_url = path.startswith("file:")
            file = path.partition("?")[0] if is_url else path
            place = sa.URL.create("sqlite", database=file, query=place.query if is_url else {})
        if place.drivername == "postgresql":
            # Which driver a URL without one means hangs on the version of SQLAlchemy.
            place = place.set(drivername="postgresql+psycopg")
        named = {"paramstyle": "named"} if place.get_backend_name() == "sqlite" else {}
        engine = sa.create_engine(place, pool_pre_ping=True, **named)
    if engine.dialect.name not in _DIALECTS:
        raise ConfigurationError(
            f"history: {engine.dialect.name} is not supported; use sqlite:/// or postgresql://"
        )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "connect", _on_connect_to_server)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    # Else the driver begins transactions by itself, and not before tables are made or dropped.
    connection.isolation_level = None
    _tune(connection)


def _on_connect_to_server(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{ONE_WAIT}s'")
    cursor.close()
    connection.commit()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get("begin", "BEGIN")))


def _tune(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={round(ONE_WAIT * 1000)}")
    # Readers (a second tab, the command line) must not block the controller's appends.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
