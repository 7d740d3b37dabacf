"""A history that an earlier version made comes up with its runs and its results."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.history import journal
from jupyter_pipes.history.history import History
from jupyter_pipes.history.sql.schema import SCHEMA_VERSION, table
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.results import ArtifactRef, FileSeen
from jupyter_pipes.model.steps import Status, Step, StepOptions
from jupyter_pipes.planning.decision import Decider, Decision
from tests.databases import MISSING, POSTGRESQL, postgresql, programs
from tests.scheduling import attempt, run_of

KEPT = Path(__file__).parents[2] / "kept" / "version_0_2_0.tar.gz"
"""The folder of a project with runs, notebooks and an exported module, made by version 0.2.0."""

VERSION_1 = """
CREATE TABLE settings (name TEXT NOT NULL, value TEXT, PRIMARY KEY (name));
CREATE TABLE events (
    run TEXT NOT NULL, seq INTEGER NOT NULL, time FLOAT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq)
);
CREATE TABLE runs (
    run TEXT NOT NULL, pipeline TEXT NOT NULL, started FLOAT NOT NULL, ended FLOAT, status TEXT NOT NULL,
    PRIMARY KEY (run)
);
CREATE INDEX ix_runs_pipeline ON runs (pipeline);
CREATE INDEX ix_runs_started ON runs (started);
CREATE TABLE results (
    id INTEGER NOT NULL PRIMARY KEY, signature TEXT NOT NULL, pipeline TEXT NOT NULL, step TEXT NOT NULL,
    run TEXT NOT NULL, time FLOAT NOT NULL, parts BLOB NOT NULL, files BLOB NOT NULL, artifacts BLOB NOT NULL
);
CREATE INDEX ix_results_signature ON results (signature);
CREATE INDEX results_by_step ON results (pipeline, step);
INSERT INTO settings VALUES ('schema', '1');
"""
STEP = Step("a", 0, "x = len(open('rows.csv').read())", "cell 1", writes=("x",), demanded=("x",))
STORY = (
    '{"kind":"RunStarted","pipeline":"study","version":"1.0.0","steps":[{"name":"a"}],"parameters":{"n":3}}',
    '{"kind":"StepDecided","step":"a","decision":"run","reasons":["first run"],"signature":"s"}',
    '{"kind":"AttemptEnded","step":"a","attempt":1,"outcome":"completed"}',
    '{"kind":"StepEnded","step":"a","status":"completed"}',
    '{"kind":"RunEnded","status":"completed"}',
)


class Old:
    """A folder with a history of version 1: two runs, and two results with the same parts."""

    def __init__(self, folder: Path) -> None:
        (folder / "rows.csv").write_text("a\n")
        workspace = Workspace(folder)
        self.place = folder / ".jupyter_pipes" / "history.db"
        self.decision = self.decide(workspace)
        self.artifact = workspace.store.put("x", 2)
        self.files = (FileSeen(str(folder / "rows.csv"), digest("a\n")),)
        workspace.history.close()
        for file in self.place.parent.glob("history.db*"):
            file.unlink()
        with sqlite3.connect(self.place) as connection:
            connection.executescript(VERSION_1)
            for run, started in (("r1", 10.0), ("r2", 20.0)):
                self._fill(connection, run, started)

    def decide(self, workspace: Workspace) -> Decision:
        return Decider(workspace, "study", (workspace.settings.directory,)).decide(STEP, {}, {})

    def _fill(self, connection: sqlite3.Connection, run: str, started: float) -> None:
        events = [(run, seq, started + seq, body) for seq, body in enumerate(STORY)]
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", events)
        connection.execute(
            "INSERT INTO runs VALUES (?, 'study', ?, ?, 'completed')", (run, started, started + 4)
        )
        packed = map(msgspec.msgpack.encode, (self.decision.parts, self.files, [self.artifact]))
        connection.execute(
            "INSERT INTO results (signature, pipeline, step, run, time, parts, files, artifacts)"
            " VALUES (?, 'study', 'a', ?, ?, ?, ?, ?)",
            (self.decision.signature, run, started + 2, *packed),
        )


@pytest.fixture
def old(tmp_path: Path) -> Old:
    return Old(tmp_path)


def test_its_runs_are_listed_and_shown(old: Old) -> None:
    history = History(f"sqlite:///{old.place}")
    found = [(run.run, run.pipeline, run.status, run.started, run.ended) for run in history.runs("study")]
    assert found == [
        ("r2", "study", Status.COMPLETED, 20.0, 24.0),
        ("r1", "study", Status.COMPLETED, 10.0, 14.0),
    ]
    view = history.view("r1")
    assert (view.version, view.parameters, view.steps["a"].status) == ("1.0.0", {"n": 3}, "completed")
    assert history.database.rows("setting", name="schema")[0][0] == str(SCHEMA_VERSION)
    history.close()


def test_its_results_are_hits_with_their_parts_and_files(old: Old, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    decision = old.decide(workspace)
    assert decision.decision == "cached"
    assert decision.result is not None
    assert (decision.result.run, decision.result.files) == ("r2", old.files)
    assert decision.result.artifacts == (old.artifact,)
    assert workspace.history.parts(decision.result.parts) == old.decision.parts
    (tmp_path / "rows.csv").write_text("b\n")
    assert old.decide(workspace).reasons == ("file rows.csv: other content",)


def test_what_is_recorded_afterwards_stands_beside_it(old: Old) -> None:
    history = History(f"sqlite:///{old.place}")
    history.remark("r1", ev.RunTagged(("kept",)))
    assert history.view("r1").tags == ("kept",)
    assert history.claim("s", "r3", "a") is None
    history.close()
    again = History(f"sqlite:///{old.place}")
    assert [run.run for run in again.runs()] == ["r2", "r1"]
    again.close()


def test_a_migration_that_fails_leaves_the_old_history_as_it_was(old: Old) -> None:
    with sqlite3.connect(old.place) as connection:
        connection.execute("UPDATE results SET files = x'c1' WHERE run = 'r2'")
    with pytest.raises(msgspec.DecodeError):
        History(f"sqlite:///{old.place}")
    with sqlite3.connect(old.place) as connection:
        assert connection.execute("SELECT value FROM settings").fetchall() == [("1",)]
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]
        assert connection.execute("SELECT run FROM results ORDER BY id").fetchall() == [("r1",), ("r2",)]


@pytest.fixture
def study(tmp_path: Path) -> Workspace:
    """A project as version 0.2.0 left it."""
    shutil.unpack_archive(KEPT, tmp_path)
    return Workspace(tmp_path / "study")


def test_what_was_said_of_a_step_is_read_from_runs_that_version_2_kept(study: Workspace) -> None:
    runs = [run for run in study.history.runs() if run.pipeline != "functions"]
    options = [study.history.view(run.run).steps["scale"].planned.options for run in runs]
    said = StepOptions(retries=2, retry_delay=1.0, timeout=600.0, stage="work", tags=("a", "b"))
    assert options == [said] * 4


def test_a_run_that_version_2_kept_is_gone_on_with_as_was_said_of_its_steps(study: Workspace) -> None:
    run = study.history.runs("failing")[0].run
    scheduler = Scheduler()
    started = next(journal.read(study.history.database, run, study.history.seals)).event
    cached = ev.StepEnded("load", Status.CACHED)
    run_of(scheduler, started, cached, ev.StepDecided("scale", "run"))
    commands = run_of(scheduler, attempt("scale", "failed"))
    assert [command.delay for command in commands if isinstance(command, do.WaitForRetry)] == [1.0]


@pytest.fixture(params=["sqlite", POSTGRESQL])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'history.db'}"
    elif programs() is None:
        pytest.skip(MISSING)
    else:
        with postgresql() as url:
            yield url


def test_of_an_event_of_version_2_nothing_else_is_changed(empty: str) -> None:
    body = (
        '{"kind":"RunStarted","pipeline":"p","version":"1.0.0","steps":[{"name":"a","stage":"s","cell_id":"c"}],'
        '"parameters":{"big":123456789012345678901234567890,"exact":0.1000,"text":"\\u00e9"},"later":{"x":[1]}}'
    )
    history = History(empty)
    history.database.change([("add_event", {"run": "r", "seq": 0, "time": 1.0, "body": body})])
    history.database.change([("add_event", {"run": "broken", "seq": 0, "time": 1.0, "body": "{"})])
    with history.database.engine.begin() as connection:
        connection.execute(table("settings").update().values(value="2"))
    history.close()
    again = History(empty)
    bodies = {run: again.database.rows("events", run=run, after=-1)[0][2] for run in ("r", "broken")}
    again.close()
    changed = '{"name":"a","cell_id":"c","options":{"stage":"s"}}'
    assert bodies["r"] == body.replace('{"name":"a","stage":"s","cell_id":"c"}', changed)
    assert bodies["broken"] == "{", "what cannot be read is told when it is asked for"


def test_the_artifacts_of_version_1_are_read_as_they_were_written() -> None:
    """A result that was kept once must be found by every later version: its layout is fixed here."""
    written = msgspec.msgpack.encode(
        [{"name": "x", "digest": "d", "type": "int", "bytes": 1, "serializer": "json"}]
    )
    (read,) = msgspec.msgpack.decode(written, type=tuple[ArtifactRef, ...])
    assert read == ArtifactRef("x", "d", "int", 1, "json")
