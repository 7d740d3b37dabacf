"""The connection to the history: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from jupyter_pipes.database import Database, Transaction
from jupyter_pipes.errors import StoreError
from jupyter_pipes.schema import table

FIELD = {"run": "r", "field": "tags", "place": 0, "text": "x", "number": None}


@pytest.fixture(params=["", "?timeout=20"], ids=["by itself", "by SQLAlchemy"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """SQLite, answered by the one and by the other."""
    return Database(f"sqlite:///{tmp_path}/history.db{request.param}")


def texts(database: Database) -> list[str]:
    with database.reading() as transaction:
        return list(transaction.connection.execute(sa.select(table("fields").c.text)).scalars())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("emoji 🍰", "emoji 🍰"),
        ("nul \0 here", r"nul \x00 here"),
        ("\ud800 alone", r"\ud800 alone"),
        (":run ? %s", ":run ? %s"),
    ],
)
def test_any_text_is_taken_and_what_no_database_takes_is_escaped(
    database: Database, text: str, kept: str
) -> None:
    database.change([("add_field", {**FIELD, "text": text})])
    assert texts(database) == [kept]


def test_named_statements_answer_with_their_values(database: Database) -> None:
    database.change([("add_document", {"digest": str(number), "body": b"1"}) for number in range(3)])
    assert database.rows("document", digest="2") == [(b"1",)]
    assert database.rows("document", digest="3") == []


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (lambda transaction: transaction.rows("none such"), KeyError),
        (lambda transaction: transaction.connection.exec_driver_sql("SELECT nonsense"), StoreError),
    ],
)
def test_a_transaction_that_fails_changes_nothing(
    database: Database, fail: Callable[[Transaction], object], error: type[Exception]
) -> None:
    def change_and_fail() -> None:
        with database.alone() as transaction:
            transaction.change([("add_field", FIELD)])
            fail(transaction)

    with pytest.raises(error):
        change_and_fail()
    assert texts(database) == []


def test_a_url_without_a_driver_means_the_one_that_the_extra_installs() -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Database("postgresql://me:secret@127.0.0.1:1/none")
    assert "psycopg." in repr(caught.value.__cause__)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_is_told_with_how_to_get_one() -> None:
    with pytest.raises(StoreError, match=r"pip install 'jupyter_pipes\[postgresql\]'"):
        Database("postgresql+pg8000://me@127.0.0.1:1/none")
