"""The database: the same answers from SQLite, with and without SQLAlchemy, and PostgreSQL; all or nothing."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from jupyter_pipes.history.sql.database import Database
from jupyter_pipes.history.sql.failures import Conflict, Locked
from jupyter_pipes.history.sql.links import Change, Transaction
from jupyter_pipes.history.sql.schema import SCHEMA_VERSION, schema, table
from jupyter_pipes.model.errors import ConfigurationError, StoreError
from tests.databases import POSTGRESQL, postgresql, programs
from tests.waiting import until

KINDS = ["file", "engine", POSTGRESQL]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql() as url:
        yield url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
        return url
    return f"sqlite:///{tmp_path}/history.db" + ("?timeout=10" if request.param == "engine" else "")


@pytest.fixture
def open_database(url: str) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def open_one() -> Database:
        opened.append(Database(url))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()


def event(seq: int, run: str = "r") -> Change:
    return "add_event", {"run": run, "seq": seq, "time": float(seq), "body": f"{run} {seq} ä'"}


def rows(database: Database, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in database.rows(statement, **values)]


# What is asked ------------------------------------------------------------------------------------------


def test_events_come_back_in_order_and_from_where_it_is_asked(database: Database) -> None:
    assert rows(database, "last_event", run="r") == [(None,)]
    assert database.change([event(seq) for seq in (2, 0, 1)]) == 3
    assert rows(database, "events", run="r", after=0) == [(1, 1.0, "r 1 ä'"), (2, 2.0, "r 2 ä'")]
    assert rows(database, "events", run="r", after=-1, most=1) == [(0, 0.0, "r 0 ä'")]
    assert rows(database, "last_event", run="r") == [(2,)]
    assert rows(database, "events", run="s", after=-1) == []


def test_bytes_are_kept_once_and_as_they_are(database: Database) -> None:
    document = {"digest": "d", "body": bytes(range(256))}
    assert database.change([("add_document", document)]) == 1
    assert database.change([("add_document", {"digest": "d", "body": b"other"})]) == 0
    ((body,),) = rows(database, "document", digest="d")
    assert bytes(body) == bytes(range(256))


RUN = {
    "run": "r",
    "pipeline": "p",
    "version": "1.0.0",
    "state": "s",
    "status": "running",
    "started": 5.0,
    "ended": None,
    "progress": 0.0,
    "params": "{}",
    "title": "",
    "archived": False,
    "origin": "",
    "host": "",
    "user": "",
}


def test_a_run_is_begun_ended_and_begun_again(database: Database) -> None:
    database.change([("add_run", RUN), ("add_run", {**RUN, "run": "s", "started": 6.0})])
    end = {"of_run": "r", "ended": 9.0, "status": "completed", "progress": 1.0}
    assert database.change([("end_run", end)]) == 1
    first, second = (
        ("r", "p", "1.0.0", "s", "completed", 5.0, 9.0),
        ("s", "p", "1.0.0", "s", "running", 6.0, None),
    )
    assert rows(database, "runs") == [second, first]
    assert rows(database, "runs_of", pipeline="q") == []
    assert rows(database, "running", status="running") == [second]
    assert database.change([("add_run", {**RUN, "version": "1.0.1"})]) == 1
    assert rows(database, "runs")[1] == ("r", "p", "1.0.1", "s", "running", 5.0, None)


def test_of_the_results_of_each_step_the_newest_is_found_at_once(database: Database) -> None:
    common = {"pipeline": "p", "run": "r", "time": 1.0, "parts": "", "kept": b""}
    found = [("a", "1"), ("b", "1"), ("a", "2")]
    database.change([("add_result", {"step": step, "signature": signed, **common}) for step, signed in found])
    newest = rows(database, "newest_results", pipeline="p")
    assert sorted((row[2], row[0]) for row in newest) == [("a", "2"), ("b", "1")]
    assert [row[2] for row in rows(database, "results", signature="1")] == ["b", "a"]
    assert [row[0] for row in rows(database, "results_of", pipeline="p", step="a", most=1)] == ["2"]


def test_a_claim_is_had_by_one_and_given_back_by_that_one_only(database: Database) -> None:
    claim = {"signature": "s", "run": "r", "step": "a"}
    assert database.change([("add_claim", claim)]) == 1
    assert database.change([("add_claim", {**claim, "run": "q"})]) == 0
    assert database.change([("drop_claim", {"of_signature": "s", "of_run": "q"})]) == 0
    assert rows(database, "claim", signature="s") == [("r", "a")]
    assert database.change([("drop_claim", {"of_signature": "s", "of_run": "r"})]) == 1


# All or nothing -----------------------------------------------------------------------------------------


def test_a_row_that_is_there_already_is_a_conflict_and_nothing_is_changed(database: Database) -> None:
    database.change([event(0)])
    with pytest.raises(Conflict, match="the history cannot be written"):
        database.change([("add_run", RUN), event(1), event(0)])
    assert rows(database, "events", run="r", after=-1) == [(0, 0.0, "r 0 ä'")]
    assert rows(database, "runs") == []
    assert database.change([event(1)]) == 1


def test_what_fails_half_way_changes_nothing_and_the_next_change_goes_on(database: Database) -> None:
    def changes() -> Iterator[Change]:
        yield event(0)
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        database.change(changes())
    with pytest.raises(StoreError):
        database.change([event(0), ("add_run", {**RUN, "pipeline": None})])
    assert rows(database, "last_event", run="r") == [(None,)]
    assert database.change([event(0)]) == 1


def test_what_is_written_is_seen_by_another_session_at_once(open_database: Callable[[], Database]) -> None:
    first, second = open_database(), open_database()
    assert rows(second, "last_event", run="r") == [(None,)]
    first.change([event(0)])
    assert rows(second, "last_event", run="r") == [(0,)]
    with pytest.raises(Conflict):
        second.change([event(0)])


def test_a_closed_database_opens_itself_again(database: Database) -> None:
    database.change([event(0)])
    database.close()
    assert rows(database, "last_event", run="r") == [(0,)]


# Making it ----------------------------------------------------------------------------------------------

MAKE = """
import sys
from jupyter_pipes.history.sql.database import Database
sys.stdin.readline()
print(Database(sys.argv[1]).rows("setting", name="schema")[0][0])
"""


@pytest.mark.slow
def test_sessions_that_open_a_new_project_at_once_all_find_its_tables(url: str) -> None:
    words = [sys.executable, "-c", MAKE, url]
    sessions = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for session in sessions:
        assert session.stdin
        session.stdin.write("\n")
        session.stdin.flush()
    answers = [session.communicate(timeout=60) for session in sessions]
    assert [out.strip() for out, _ in answers] == [str(SCHEMA_VERSION)] * 4, answers


def test_the_tables_are_those_of_the_schema(database: Database) -> None:
    found = sa.inspect(database.engine)
    assert set(found.get_table_names()) == set(schema().tables)
    for name, expected in schema().tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(expected.columns.keys())


def test_what_a_newer_version_made_is_refused_and_left_alone(open_database: Callable[[], Database]) -> None:
    first = open_database()
    with first.engine.begin() as connection:
        connection.execute(sa.text("UPDATE settings SET value = '99' WHERE name = 'schema'"))
    with pytest.raises(StoreError, match=r"newer jupyter_pipes \(schema 99.*upgrade"):
        open_database()
    assert rows(first, "setting", name="schema") == [("99",)]


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises((ConfigurationError, StoreError), match="history"):
        Database("mysql://nowhere/x")


@contextmanager
def locked(url: str) -> Generator[None]:
    """Lock the history against writers, as a rebuild does in another process, or a backup."""
    other = Database(url)
    with other.exclusive():
        yield
    other.close()


def test_a_lock_is_told_to_who_does_not_wait(open_database: Callable[[], Database], url: str) -> None:
    database = open_database()
    with locked(url), pytest.raises(Locked):
        database.change([event(0)], patience=0)
    assert database.change([event(0)]) == 1


def test_a_lock_is_waited_for_and_told_once(
    open_database: Callable[[], Database], url: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database()
    changed: list[int] = []
    with locked(url):
        writer = threading.Thread(target=lambda: changed.append(database.change([event(0)])))
        writer.start()
        until(lambda: bool(caplog.messages), "a word about it")
        assert changed == []
    writer.join()
    assert changed == [1]
    assert caplog.messages == ["the history is locked by another process: waiting for it"]


# Texts --------------------------------------------------------------------------------------------------

FIELD = {"run": "r", "field": "tags", "place": 0, "text": "x", "number": None}


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


# In SQLAlchemy's terms ----------------------------------------------------------------------------------


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
        with database.exclusive() as transaction:
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


@pytest.mark.slow
def test_a_missing_driver_is_told_with_how_to_get_one() -> None:
    with pytest.raises(StoreError, match=r"pip install 'jupyter_pipes\[postgresql\]'"):
        Database("postgresql+pg8000://me@127.0.0.1:1/none")


WRITES = """\
import sys
from jupyter_pipes.history.sql.database import Database
databases = [Database(sys.argv[1]), Database(sys.argv[1] + "?timeout=10")]
for place, database in enumerate(databases):
    database.change([("add_field", {"run": "r", "field": "f", "place": place, "text": "t", "number": None})])
    database.rows("runs")
"""


@pytest.mark.slow
@pytest.mark.parametrize("read_meanwhile", [False, True])
def test_a_process_that_ends_leaves_its_changes_in_the_database_itself(
    tmp_path: Path, read_meanwhile: bool
) -> None:
    """Not in SQLite's log, so that a copy of the one file is whole; whether or not others have it open."""
    path = tmp_path / "history.db"
    with contextlib.closing(Database(f"sqlite:///{path}")) as other:
        if read_meanwhile:
            other.rows("runs")
        else:
            other.close()
        subprocess.run([sys.executable, "-c", WRITES, f"sqlite:///{path}"], check=True)
        log = path.with_name("history.db-wal")
        assert not log.exists() or not log.stat().st_size
        shutil.copyfile(path, tmp_path / "copy.db")
    with contextlib.closing(Database(f"sqlite:///{tmp_path}/copy.db")) as copy:
        assert texts(copy) == ["t", "t"]
