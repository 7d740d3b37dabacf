"""Tables of databases: written in one transaction, by SQLAlchemy."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jupyter_pipes.storage.catalog.entries import SQLITE, Entry
from jupyter_pipes.storage.catalog.formats import defaults, library_of
from jupyter_pipes.storage.catalog.losses import lost_of


def write_table(entry: Entry, url: str, value: Any) -> tuple[str, ...]:
    """Replace a table by a data frame; return what it loses. A strict entry that loses something is left.

    Raises:
        TypeError: the value is no data frame of pandas.
        sqlalchemy.exc.SQLAlchemyError: what the database says.
    """
    # What stands in a table that is added to would be read again as well.
    is_tried = entry.strict or entry.save.get("if_exists") == "append"
    lost = look_at_table(entry, url, value) if is_tried else ()
    if lost and entry.strict:
        return lost
    _check(value)
    _make_folder(url)
    with _engine(url) as engine, _transaction(engine) as connection:
        _put(entry, connection, value)
        return lost if is_tried else _lost(entry, connection, value)


def look_at_table(entry: Entry, url: str, value: Any) -> tuple[str, ...]:
    """Return what a table of such a database loses of a value; what was made for it is gone afterwards.

    Raises:
        TypeError: the value is no data frame of pandas.
        sqlalchemy.exc.SQLAlchemyError: what the database says.
    """
    _check(value)
    # All databases of SQLite are alike: one in memory tells of a file that is not there yet, too.
    with _engine(SQLITE if url.startswith("sqlite") else url) as engine:
        return _tried(entry, engine, value)


def _check(value: Any) -> None:
    if library_of(value) != "pandas" or not hasattr(value, "to_sql"):
        kind = f"{library_of(value)}.{type(value).__name__}"
        raise TypeError(f"a table is made of a DataFrame of pandas, not of a {kind}")


@contextmanager
def _engine(url: str) -> Generator[Any]:
    sqlalchemy: Any = import_module("sqlalchemy")

    engine = sqlalchemy.create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _transaction(engine: Any) -> Generator[Any]:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Its driver begins a transaction by itself only before rows are written.
            connection.exec_driver_sql("BEGIN")
        yield connection


def _tried(entry: Entry, engine: Any, value: Any) -> tuple[str, ...]:
    """Return what is lost in a table of another name, which is gone afterwards.

    Others never see it where the database has transactions for tables.
    """
    sqlalchemy: Any = import_module("sqlalchemy")

    apart = replace(entry, table=f"jupyter_pipes_{secrets.token_hex(6)}")
    table = sqlalchemy.Table(apart.table, sqlalchemy.MetaData(), schema=entry.save.get("schema"))
    try:
        with _transaction(engine) as connection:
            _put(apart, connection, value)
            lost = _lost(apart, connection, value)
            connection.rollback()
    finally:
        table.drop(engine, checkfirst=True)
    return lost


def _put(entry: Entry, connection: Any, value: Any) -> None:
    options = {"if_exists": "replace", **defaults(value, "to_sql"), **entry.save}
    value.to_sql(entry.table, connection, **options)


def _lost(entry: Entry, connection: Any, value: Any) -> tuple[str, ...]:
    pandas: Any = import_module("pandas")
    where = {key: value for key, value in entry.save.items() if key == "schema"}

    def read_again() -> Any:
        # A statement that fails takes back what its savepoint has seen, and nothing that was written.
        with connection.begin_nested():
            return pandas.read_sql_table(entry.table, connection, **{**where, **entry.load})

    return lost_of(entry.format, value, read_again)


def _make_folder(url: str) -> None:
    """Make the folder of a database that is a file, as is made for every other file."""
    file = url.removeprefix(SQLITE)
    if file not in (url, "") and not file.startswith(":"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
