"""Tables of databases: written in one transaction, by SQLAlchemy."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_pipes.storage.catalog.entries import SQLITE, Entry
from jupyter_pipes.storage.catalog.formats import defaults, library_of
from jupyter_pipes.storage.catalog.losses import differences


class _Lost(Exception):
    """Ends the transaction: a strict entry would lose types."""


def write_table(entry: Entry, url: str, value: Any) -> tuple[str, ...]:
    """Replace a table by a data frame; return what it loses. A strict entry that loses something is left.

    Raises:
        TypeError: the value is no data frame of pandas.
        sqlalchemy.exc.SQLAlchemyError: what the database says.
    """
    pandas: Any = import_module("pandas")
    sqlalchemy: Any = import_module("sqlalchemy")

    if library_of(value) != "pandas":
        raise TypeError(f"a table is made of a DataFrame of pandas, not of a {type(value).__name__}")
    _make_folder(url)
    engine = sqlalchemy.create_engine(url)
    lost: tuple[str, ...] = ()
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                # Its driver begins a transaction by itself only before rows are written.
                connection.exec_driver_sql("BEGIN")
            options = {"if_exists": "replace", **defaults(value, "to_sql"), **entry.save}
            value.to_sql(entry.table, connection, **options)
            back: Any = pandas.read_sql_table(entry.table, connection, **entry.load)
            lost = differences("sql", value, back)
            if lost and entry.strict:
                raise _Lost
    except _Lost:
        return lost
    finally:
        engine.dispose()
    return lost


def _make_folder(url: str) -> None:
    """Make the folder of a database that is a file, as is made for every other file."""
    file = url.removeprefix(SQLITE)
    if file not in (url, "") and not file.startswith(":"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
