"""The tables of the history, in SQLAlchemy's terms: the one place that says what they hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table

SCHEMA_VERSION = 3
"""Goes up when a table changes, or what an event says; see `migrations.py`."""


@cache
def schema() -> MetaData:
    """Return the tables: `events` and `documents` are the truth, the others are indexes made from them.

    - `events`: the journals of all runs.
    - `documents`: what events refer to by digest: parts of signatures, definitions, environments.
    - `runs`, `fields`: one row for each run, and one for each thing to search it by (`params.lr`, `tags`, …).
    - `results`: what a signature finds again.
    - `claims`: who computes a signature just now.
    - `files`: digests of files that were read once, by what tells that they did not change since.
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
        sa.Column("params", sa.Text, nullable=False, server_default="{}"),
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
        # With the run in them, a search reads nothing but the index.
        sa.Index("fields_by_text", "field", "text", "run"),
        sa.Index("fields_by_number", "field", "number", "run"),
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
        sa.Column("kept", sa.LargeBinary, nullable=False),
        sa.Index("results_by_step", "pipeline", "step", "id"),
    )
    sa.Table(
        "claims",
        tables,
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Float, nullable=False),
    )
    sa.Table(
        "files",
        tables,
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    return tables


def table(name: str) -> Table:
    """Return the table of that name."""
    return schema().tables[name]
