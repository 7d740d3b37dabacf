"""The statements: those kept for SQLite are what is compiled now; every one can be carried out."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from jupyter_pipes.history.sql.schema import schema
from jupyter_pipes.history.sql.statements import compiled
from jupyter_pipes.history.sql.statements_sqlite import TEXTS


def test_what_is_kept_for_sqlite_is_what_is_compiled_now() -> None:
    """If this fails: `python -m jupyter_pipes.history.sql.statements`."""
    assert compiled(sqlite.dialect(paramstyle="named")) == TEXTS


def test_postgresql_has_the_same_statements() -> None:
    assert compiled(postgresql.dialect()).keys() == TEXTS.keys()


@pytest.mark.parametrize("name", TEXTS)
def test_a_statement_fits_the_tables(name: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        for table in schema().sorted_tables:
            connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
        connection.execute(f"EXPLAIN {TEXTS[name]}", _Anything())


SEARCHED = [
    "events",
    "results",
    "results_of",
    "claim",
    "document",
    "runs_of",
    "last_event",
    "files",
    "newest_results",
]


@pytest.mark.parametrize("name", SEARCHED)
def test_what_is_asked_at_every_run_reads_an_index_and_no_whole_table(name: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        schema_of(connection)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {TEXTS[name]}", _Anything()).fetchall()
    assert not [step for *_, step in plan if step.startswith("SCAN ")], plan


def test_a_result_that_a_step_adopts_is_not_looked_for_among_all_of_its_run() -> None:
    """A run may have left thousands of results, and each cached step of the next one adopts one of them."""
    with sqlite3.connect(":memory:") as connection:
        schema_of(connection)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {TEXTS['adopt_result']}", _Anything()).fetchall()
    searched = [step for *_, step in plan if "INDEX" in step]
    assert searched
    assert not [step for step in searched if "(run=?" in step], plan


def schema_of(connection: sqlite3.Connection) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
    schema().create_all(engine)


class _Anything(dict[str, object]):
    """A value for every parameter."""

    def __missing__(self, key: str) -> object:
        return 1
