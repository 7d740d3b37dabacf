"""The history in PostgreSQL: a real server, and the same behaviour as in SQLite."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from jupyter_pipes.history import journal
from jupyter_pipes.history.cleanup.collect import collect, plan_collection
from jupyter_pipes.history.history import History
from jupyter_pipes.history.rebuilding import Rebuilt, rebuild
from jupyter_pipes.history.seals import Seals
from jupyter_pipes.history.search.search import find_runs
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.repeat import resume
from tests.conftest import MakePipeline
from tests.databases import MISSING, Server, programs, server
from tests.history.test_rebuilding import rows, spoil
from tests.stories import Story, newest_result

pytestmark = [pytest.mark.slow, pytest.mark.skipif(programs() is None, reason=MISSING)]

_numbers = itertools.count()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def url(running: Server) -> str:
    """The URL of a new database, as a user writes it."""
    name = f"test_{next(_numbers)}"
    engine = sa.create_engine(running.url.replace(":", "+psycopg:", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return running.url.rpartition("/")[0] + "/" + name


@pytest.fixture
def workspace(url: str, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "pipes.toml").write_text(f'history = "{url}"\n')
    opened = Workspace(tmp_path)
    yield opened
    opened.history.close()


# Journal and history ------------------------------------------------------------------------------------


def test_what_is_written_is_read_the_same(workspace: Workspace) -> None:
    story = Story(workspace, "r")
    signature = story.compute("a", b"1" * 2000)
    story.accept("a", b"no matter")
    story.end()
    other = History(workspace.settings.history)
    assert other.view("r") == story.view
    assert [record.seq for record in journal.read(other.database, "r", other.seals)] == list(
        range(story.view.seq + 1)
    )
    assert other.attachment(story.view.definition) == b"definition of r"
    result = other.results(signature)[0]
    assert other.parts(result.parts) is not None
    assert [found.run for found in other.results_of("p", "a")] == ["r", "r"]
    assert other.newest_results("p").keys() == {"a"}
    assert [(run.run, run.status) for run in other.runs()] == [("r", Status.COMPLETED)]
    other.close()


def test_a_second_writer_is_refused_and_a_remark_is_not(workspace: Workspace) -> None:
    first = Story(workspace, "r")
    workspace.history.remark("r", ev.RunTagged(("x",)))
    first.compute("a", b"1")
    assert workspace.history.view("r").tags == ("x",)
    workspace.history.journal("r").append(ev.NoteAdded("a", 1, "by another"), workspace.history.view("r"))
    with pytest.raises(StoreError, match="run r cannot be recorded"):
        first.end()
    assert workspace.history.view("r").status is Status.RUNNING


def test_a_write_is_whole_or_not_at_all(workspace: Workspace) -> None:
    database = workspace.history.database
    tag = ("add_field", {"run": "r", "field": "tags", "place": 0, "text": "x", "number": None})
    with pytest.raises(StoreError, match="cannot be written"):
        database.change([tag, ("add_event", {"run": None, "seq": 0, "time": 0.0, "body": ""})])
    assert rows(database)["fields"] == []


@pytest.mark.parametrize(
    "text", ["nul \0 here", "\ud800 alone", "emoji 🍰", "%(run)s %s :x ?", "'; DROP TABLE runs"]
)
def test_any_text_can_be_kept(workspace: Workspace, text: str) -> None:
    story = Story(workspace, "r")
    story.tell(ev.RunTagged((text,)), ev.RunRenamed(text), ev.MetricReported("a", 1, text, text))
    story.end()
    assert workspace.history.view("r").status is Status.COMPLETED


def test_several_that_open_a_new_history_at_once_make_it_once(url: str) -> None:
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            History(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_one_of_two_gets_a_claim_and_the_other_learns_who(workspace: Workspace) -> None:
    other = History(workspace.settings.history)
    workspace.history.leases.take("r", 30.0)
    assert workspace.history.claim("s", "r", "a") is None
    owner = other.claim("s", "q", "b")
    assert owner is not None
    assert (owner.run, owner.step, owner.standing.is_over) == ("r", "a", False)
    workspace.history.release("s", "r")
    assert other.claim("s", "q", "b") is None
    other.close()


def test_a_lost_connection_is_told_and_the_next_call_works(running: Server, workspace: Workspace) -> None:
    story = Story(workspace, "r")
    running.stop()
    with pytest.raises(StoreError, match="the history cannot be read"):
        workspace.history.runs()
    with pytest.raises(StoreError, match="the history cannot be written"):
        workspace.history.claim("s", "r", "a")
    running.start()
    story.end()
    assert [run.status for run in workspace.history.runs()] == [Status.COMPLETED]
    running.stop()
    running.start()
    with pytest.raises(StoreError, match="the history cannot be read"):
        workspace.history.runs()
    assert len(workspace.history.runs()) == 1


def test_a_password_is_never_told(running: Server) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        History(running.url.replace("test@", "test:secret@") + "_none_such")
    assert "secret" not in str(caught.value)


# Rebuild, collection, search ----------------------------------------------------------------------------


def test_a_rebuild_gives_the_same_rows(workspace: Workspace) -> None:
    for number in range(3):
        story = Story(workspace, f"r{number}", at=1000.0 * (number + 1))
        signature = story.compute("a", b"1")
        story.end()
    database = workspace.history.database
    before = rows(database)
    spoil(database)
    assert rebuild(database, Seals()) == Rebuilt(3, ())
    assert rows(database) == before
    assert [result.run for result in workspace.history.results(signature)] == ["r2", "r1", "r0"]


def test_a_collection_takes_old_runs_and_keeps_what_others_use(workspace: Workspace) -> None:
    old = Story(workspace, "old")
    signature = old.compute("a", b"1")
    lost = old.compute("b", b"2")
    old.end()
    result = newest_result(workspace, signature)
    assert result is not None
    recent = Story(workspace, "recent", at=1e12)
    recent.reuse("a", result)
    recent.end()
    planned = plan_collection(workspace, older=1000.0)
    assert collect(workspace, older=1000.0) == planned
    assert (planned.runs, planned.results, planned.documents) == (("old",), 1, 2)
    assert newest_result(workspace, signature) == result
    assert newest_result(workspace, lost) is None
    assert [run.run for run in workspace.history.runs()] == ["recent"]


def test_writers_wait_for_a_transaction_that_is_alone_and_readers_do_not(workspace: Workspace) -> None:
    story = Story(workspace, "r")
    with workspace.history.database.exclusive() as transaction:
        writer = threading.Thread(target=story.end)
        other = History(workspace.settings.history)
        writer.start()
        assert len(other.runs()) == 1
        other.close()
        transaction.change([("title_run", {"of_run": "r", "title": "first"})])
    writer.join()
    assert workspace.history.view("r").status is Status.COMPLETED


def test_runs_are_searched(workspace: Workspace) -> None:
    for number in range(3):
        story = Story(workspace, f"r{number}", at=1000.0 + number)
        story.compute("a", str(number).encode())
        story.end(Status.FAILED if number else Status.COMPLETED)
    engine = workspace.history.database.engine
    found = find_runs(engine, "status:failed AND metrics.loss:[0.4 TO 0.6]", now=datetime.now(UTC))
    assert [run.run for run in found] == ["r2", "r1"]


# End to end ---------------------------------------------------------------------------------------------

CELLS = ("%%params\nn: int = 1", "%%step a\nx = n", "%%step b\ny = x + 1\n1 / (y - 2)")


def decisions(pipeline: Pipeline) -> dict[str, str]:
    return {step.name: step.decision for step in pipeline.plan().steps}


def test_a_pipeline_runs_reuses_explains_and_resumes(
    url: str, tmp_path: Path, pipeline_of: MakePipeline
) -> None:

    (tmp_path / "pipes.toml").write_text(f'history = "{url}"\n')
    pipeline = pipeline_of(*CELLS)
    failed = pipeline.run(check=False)
    assert failed.status is Status.FAILED
    assert decisions(pipeline) == {"a": "cached", "b": "run"}
    again = resume(failed).wait()
    assert again.id == failed.id
    assert (again.status, again.steps["a"].status) == (Status.FAILED, Status.COMPLETED)
    done = pipeline.run(params={"n": 5})
    assert done["y"] == 6
    assert pipeline.run(params={"n": 5}).steps["b"].status is Status.CACHED
    assert "parameter n" in str(pipeline.why("a", params={"n": 7}))
    assert not (tmp_path / ".jupyter_pipes" / "history.db").exists()
    pipeline.workspace.history.close()


def test_two_processes_with_the_same_signature_compute_it_once(
    url: str, tmp_path: Path, pipeline_of: MakePipeline
) -> None:
    (tmp_path / "pipes.toml").write_text(f'history = "{url}"\n')
    pipeline = pipeline_of("%%step a\nimport time\ntime.sleep(1.5)\nx = 1")
    command = [Path(sys.executable).with_name("jupyter-pipes"), "run", pipeline.origin]
    processes = [subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    statuses = sorted(
        str(pipeline.workspace.history.view(run.run).steps["a"].status)
        for run in pipeline.workspace.history.runs()
    )
    assert statuses == ["cached", "completed"]
    pipeline.workspace.history.close()
