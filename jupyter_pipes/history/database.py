"""The connection to the history: SQLite by default, PostgreSQL by URL; statements by name."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakSet

from jupyter_pipes.history.schema import SCHEMA_VERSION
from jupyter_pipes.history.statements_sqlite import TEXTS
from jupyter_pipes.model.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PATIENCE = 600.0
"""Seconds for which a lock of another process is waited for."""

_ONE_WAIT = 0.25
"""Seconds after which the database itself gives up waiting, so that somebody can be told."""

Change = tuple[str, Mapping[str, Any]]
"""The name of a statement that writes (`statements.py`), and its parameters."""


def warm_up() -> None:
    """Import what making a database needs: it takes a second, which a first run then does not."""
    import_module("sqlalchemy")


class Readable(Protocol):
    """What answers the named statements that select."""

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a statement selects, the first `most` of them."""
        ...


_FILE = "sqlite:///"
_DIALECTS = ("sqlite", "postgresql")
_WRITTEN = "events, documents, runs, fields, results, claims, leases, sightings, files"


class Conflict(StoreError):
    """A row with this key is there already."""


class Locked(StoreError):
    """Another process has the history to itself just now."""


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
        self._open: _SqliteLink | _EngineLink | None = None
        _databases.add(self)
        if not self._is_current():
            from jupyter_pipes.history import migrations

            with database_errors("the history cannot be opened", url):
                self._patiently(lambda: migrations.bring_up_to_date(self.engine))

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for what is not asked at every run."""
        return _engine(self._url)

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them.

        Raises:
            StoreError: the history cannot be read.
        """
        with database_errors("the history cannot be read", self._url):
            return self._patiently(lambda: self._link().rows(statement, values, most))

    def change(self, changes: Iterable[Change], patience: float = PATIENCE) -> int:
        """Carry out named statements in one transaction, and return how many rows they changed.

        Args:
            changes: what is to be carried out.
            patience: seconds for which another process's lock is waited for.

        Raises:
            Conflict: a row with this key is there already; nothing was changed.
            Locked: another process had the history to itself all the time; nothing was changed.
            StoreError: the history cannot be written; nothing was changed.
        """
        changes = list(changes)
        with database_errors("the history cannot be written", self._url):
            return self._patiently(lambda: self._link().change(changes), patience)

    def _patiently(self, ask: Callable[[], Answer], patience: float = PATIENCE) -> Answer:
        """Return an answer of the database; while another process has it locked, say so and wait."""
        began, is_told = time.monotonic(), False
        while True:
            try:
                with self._lock:
                    return ask()
            except Exception as error:
                if not _is_lock(error) or time.monotonic() - began >= patience:
                    raise
            if not is_told:
                _logger.warning("the history is locked by another process: waiting for it")
                is_told = True
            time.sleep(_ONE_WAIT / 10)

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
            if isinstance(self._open, _SqliteLink):
                self._open.tidy()

    def _link(self) -> _SqliteLink | _EngineLink:
        if self._open is None:
            path = self._url.removeprefix(_FILE)
            is_file = path != self._url and ("?" not in path or path.startswith("file:"))
            self._open = _SqliteLink(path) if is_file else _EngineLink(self.engine)
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


class _SqliteLink:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(
            path, timeout=_ONE_WAIT, isolation_level=None, check_same_thread=False, uri=True
        )
        _tune(self._connection)

    def rows(self, statement: str, values: Mapping[str, Any], most: int) -> list[Any]:
        return _first(self._connection.execute(TEXTS[statement], values), most)

    def change(self, changes: Iterable[Change]) -> int:
        changed = 0
        # Taking the lock at once: two that read first and then wish to write would block each other.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in _grouped(changes):
                changed += self._connection.executemany(TEXTS[statement], rows).rowcount
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return changed

    def close(self) -> None:
        self._connection.close()

    def tidy(self) -> None:
        # Whoever uses the log just now keeps it: nobody waits for that.
        self._connection.execute("PRAGMA busy_timeout=0")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class Transaction:
    """An open transaction of SQLAlchemy's that knows the statements by name."""

    def __init__(self, connection: Connection) -> None:
        from jupyter_pipes.history.statements import compiled

        self.connection = connection
        self._texts = compiled(connection.dialect)

    def rows(self, statement: str, *, most: int = -1, **values: object) -> list[Any]:
        """Return the rows that a named statement selects, the first `most` of them."""
        return _first(self.connection.exec_driver_sql(self._texts[statement], values), most)

    def change(self, changes: Iterable[Change]) -> int:
        """Carry out named statements, and return how many rows they changed."""
        execute = self.connection.exec_driver_sql
        return sum(execute(self._texts[statement], rows).rowcount for statement, rows in _grouped(changes))


class _EngineLink:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def rows(self, statement: str, values: Mapping[str, Any], most: int) -> list[Any]:
        with self._connected() as connection, connection.begin():
            return Transaction(connection).rows(statement, most=most, **values)

    def change(self, changes: Iterable[Change]) -> int:
        with self._connected() as connection, connection.begin():
            return Transaction(connection).change(changes)

    def close(self) -> None:
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
        yield statement, [{name: _storable(value) for name, value in row.items()} for _, row in group]


def _storable(value: object) -> object:
    """Return a value as every database takes it: NUL and what is no Unicode are written escaped."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _engine(url: str) -> Engine:
    import sqlalchemy as sa
    from sqlalchemy import event

    with database_errors("the history cannot be opened", url):
        place = sa.make_url(url)
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
    cursor.execute(f"SET lock_timeout = '{_ONE_WAIT}s'")
    cursor.close()
    connection.commit()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get("begin", "BEGIN")))


def _tune(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={round(_ONE_WAIT * 1000)}")
    # Readers (a second tab, the command line) must not block the controller's appends.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


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
        kind = Locked if _is_lock(error) else Conflict if type(reason).__name__ in _CONFLICTS else StoreError
        raise kind(_without_password(f"{what}: {reason}; check free space and rights of {url}")) from error


_CONFLICTS = ("IntegrityError", "UniqueViolation")
_LOCKS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_LOCKS_OF_SERVERS = ("55P03", "40P01")
"""What PostgreSQL calls a lock that was not to be had in time, and two that wait for each other."""


def _is_lock(error: BaseException) -> bool:
    reason: Any = getattr(error, "orig", None) or error
    # The lower byte is the kind, the others say more.
    code = getattr(reason, "sqlite_errorcode", 0) & 0xFF
    return code in _LOCKS or getattr(reason, "sqlstate", None) in _LOCKS_OF_SERVERS


def _is_of_database(error: Exception) -> bool:
    return any(cls.__module__ in ("sqlite3", "sqlalchemy.exc") for cls in type(error).__mro__)


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)[^@/]*@", "…@", url)
