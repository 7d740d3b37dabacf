"""The tables of the history and the connection to them; SQLite by default, another database by URL."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_pipes.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine, MetaData, Table

SCHEMA_VERSION = 2


@cache
def schema() -> MetaData:
    """Return the tables: `events` and `documents` are the truth, the others are indexes made from them.

    - `events`: the journals of all runs.
    - `documents`: what events refer to by digest: parts of signatures, definitions, environments.
    - `runs`, `fields`: one row for each run, and one for each thing to search it by (`params.lr`, `tags`, …).
    - `results`: what a signature finds again.
    - `claims`: who computes a signature just now.
    """
    import sqlalchemy as sa

    tables = sa.MetaData()
    sa.Table("settings", tables, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
    sa.Table(
        "events",
        tables,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    sa.Table(
        "documents",
        tables,
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        "runs",
        tables,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("pipeline", sa.Text, nullable=False, index=True),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False, server_default=""),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started", sa.Float, nullable=False, index=True),
        sa.Column("ended", sa.Float),
        sa.Column("progress", sa.Float, nullable=False, server_default="0"),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.Column("host", sa.Text, nullable=False, server_default=""),
        sa.Column("user", sa.Text, nullable=False, server_default=""),
    )
    sa.Table(
        "fields",
        tables,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("number", sa.Float),
        sa.Index("fields_by_text", "field", "text"),
        sa.Index("fields_by_number", "field", "number"),
    )
    sa.Table(
        "results",
        tables,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("signature", sa.Text, nullable=False, index=True),
        sa.Column("pipeline", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False, index=True),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
        sa.Column("artifacts", sa.LargeBinary, nullable=False),
        sa.Index("results_by_step", "pipeline", "step", "id"),
    )
    sa.Table(
        "claims",
        tables,
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
    )
    return tables


def table(name: str) -> Table:
    """Return the table of that name."""
    return schema().tables[name]


def connect(url: str) -> Engine:
    """Return an engine on the history at `url`, with its tables made.

    Raises:
        StoreError: it cannot be opened or written, or a newer version of jupyter_pipes made it.
    """
    import sqlalchemy as sa
    from sqlalchemy import event

    with told_as_store_error(f"the history {_without_password(url)} cannot be opened"):
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _tune_sqlite)
        with engine.begin() as connection:
            schema().create_all(connection)
            _check_version(connection)
    return engine


@contextmanager
def told_as_store_error(what: str) -> Generator[None]:
    """Turn what goes wrong with the database inside into a StoreError that begins with `what`."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise StoreError(f"{what}: {reason}; check its place, permissions and free space") from error
    except ImportError as error:
        raise StoreError(f"{what}: {error}; install the driver for this kind of database") from error


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)[^@/]*@", "…@", url)


def _tune_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # Readers (a second tab, the command line) must not block the controller's appends.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _check_version(connection: Any) -> None:
    import sqlalchemy as sa

    settings = table("settings")
    found = connection.execute(sa.select(settings.c.value).where(settings.c.name == "schema")).scalar()
    if found is None:
        connection.execute(settings.insert().values(name="schema", value=str(SCHEMA_VERSION)))
    elif int(found) > SCHEMA_VERSION:
        raise StoreError(
            f"the history was written by a newer jupyter_pipes (schema {found}, "
            f"this one knows {SCHEMA_VERSION}): upgrade jupyter_pipes"
        )
