"""The tables of the history, in SQLAlchemy's terms: the one place that says what they hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData, Table

SCHEMA_VERSION = 4
"""Goes up when a table changes, or what an event says; see `migrations.py`."""


@cache
def schema() -> MetaData:
    """Return the tables: `events` and `documents` are the truth, the others are indexes made from them.

    - `events`: the journals of all runs.
    - `documents`: attachments, which events name by digest: parts of signatures, definitions, environments.
    - `runs`, `fields`: one row for each run, and one for each thing to search it by (`params.lr`, `tags`, …).
    - `results`: what a signature finds again.
    - `claims`: which run computes a signature just now.
    - `leases`, `sightings`: who drives a run, and how often each machine saw its lease renewed, and when.
    - `files`: digests of files that were read once, by what tells that they did not change since.
    """
    import sqlalchemy as sa

    tables = sa.MetaData()

    def keys(*names: str, of: Any = sa.Text) -> list[Column[Any]]:
        return [sa.Column(name, of, primary_key=True) for name in names]

    def columns(*names: str, of: Any = sa.Text, **options: Any) -> list[Column[Any]]:
        return [sa.Column(name, of, nullable=False, **options) for name in names]

    sa.Table("settings", tables, *keys("name"), sa.Column("value", sa.Text))
    events = *keys("run"), *keys("seq", of=sa.Integer), *columns("time", of=sa.Float), *columns("body")
    sa.Table("events", tables, *events)
    sa.Table("documents", tables, *keys("digest"), *columns("body", of=sa.LargeBinary))
    sa.Table(
        "runs",
        tables,
        *keys("run"),
        *columns("pipeline", index=True),
        *columns("version", "state", server_default=""),
        *columns("status"),
        *columns("started", of=sa.Float, index=True),
        sa.Column("ended", sa.Float),
        *columns("progress", of=sa.Float, server_default="0"),
        *columns("params", server_default="{}"),
        *columns("title", server_default=""),
        *columns("archived", of=sa.Boolean, server_default=sa.false()),
        *columns("origin", "host", "user", server_default=""),
    )
    sa.Table(
        "fields",
        tables,
        *keys("run", "field"),
        *keys("place", of=sa.Integer),
        *columns("text"),
        sa.Column("number", sa.Float),
        # With the run in them, a search reads nothing but the index.
        sa.Index("fields_by_text", "field", "text", "run"),
        sa.Index("fields_by_number", "field", "number", "run"),
    )
    sa.Table(
        "results",
        tables,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *columns("signature", index=True),
        *columns("pipeline", "step"),
        *columns("run", index=True),
        *columns("time", of=sa.Float),
        *columns("parts"),
        *columns("kept", of=sa.LargeBinary),
        sa.Index("results_by_step", "pipeline", "step", "id"),
    )
    sa.Table("claims", tables, *keys("signature"), *columns("run", "step"))
    sa.Table(
        "leases",
        tables,
        *keys("run"),
        *columns("holder", "host"),
        *columns("pid", of=sa.Integer),
        *columns("machine", "process_started"),
        *columns("term", of=sa.Float),
        *columns("renewals", of=sa.Integer),
        *columns("renewed", of=sa.Float),
    )
    sa.Table(
        "sightings",
        tables,
        *keys("observer", "run"),
        *columns("holder"),
        *columns("renewals", of=sa.Integer),
        *columns("seen", "earlier", "doubted", of=sa.Float),
    )
    sa.Table("files", tables, *keys("host", "path"), *columns("stamp", "digest"))
    return tables


def table(name: str) -> Table:
    """Return the table of that name."""
    return schema().tables[name]
