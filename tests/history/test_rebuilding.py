"""`history rebuild` gives the same rows again, from the journals alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.history.rebuilding import Rebuilt, rebuild
from jupyter_pipes.history.seals import Seals
from jupyter_pipes.history.sql.database import Database
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.steps import Status
from tests.conftest import MakePipeline
from tests.stories import STEPS, Story, newest_result

INDEXES = ("runs", "fields", "results")


def rows(database: Database) -> dict[str, list[Any]]:
    """Return what the indexes hold, ids aside; results in their order."""
    found: dict[str, list[Any]] = {}
    with database.engine.connect() as connection:
        for name in INDEXES:
            columns = [column for column in table(name).columns if column.name != "id"]
            order = [table(name).c.id] if name == "results" else columns
            query = sa.select(*columns).order_by(*order)
            found[name] = [tuple(row) for row in connection.execute(query)]
    return found


def spoil(database: Database) -> None:
    """Damage every index."""
    with database.engine.begin() as connection:
        connection.execute(sa.update(table("runs")).values(status="lost", title="?"))
        connection.execute(sa.update(table("results")).values(signature="?"))
        connection.execute(sa.delete(table("fields")).where(table("fields").c.field.like("steps%")))
        connection.execute(sa.insert(table("runs")).values(run="ghost", pipeline="?", status="?", started=0))


def check_rebuild(database: Database, runs: int) -> None:
    before = rows(database)
    spoil(database)
    assert rebuild(database, Seals()) == Rebuilt(runs, ())
    assert rows(database) == before


ACTIONS = st.tuples(
    st.sampled_from(STEPS),
    st.sampled_from(["compute", "fail", "reuse", "accept", "tag", "rename", "archive"]),
)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.lists(ACTIONS, max_size=6), min_size=1, max_size=5), st.booleans())
def test_random_runs_have_the_same_rows_again(runs: list[list[tuple[str, str]]], last_goes_on: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        for number, actions in enumerate(runs):
            story = Story(workspace, f"run-{number}", at=1000.0 * (number + 1))
            for place, (step, action) in enumerate(actions):
                act(story, step, action, f"{number}{place}".encode())
            if number < len(runs) - 1 or not last_goes_on:
                story.end(
                    Status.FAILED if any(action == "fail" for _, action in actions) else Status.COMPLETED
                )
        check_rebuild(workspace.history.database, len(workspace.history.runs()))
        workspace.history.close()


def act(story: Story, step: str, action: str, text: bytes) -> None:
    match action:
        case "compute" | "fail":
            story.compute(step, text, outcome="completed" if action == "compute" else "failed")
        case "reuse":
            earlier = Story(story.workspace, f"of-{story.run}-{text.decode()}", at=story.at)
            signature, story.at = earlier.compute("a", text), earlier.at
            result = newest_result(story.workspace, signature)
            assert result is not None
            story.reuse(step, result)
        case "accept":
            story.accept(step, text)
        case "tag":
            story.tell(ev.RunTagged(("x", text.decode())))
        case "rename":
            story.tell(ev.RunRenamed(text.decode()))
        case _:
            story.tell(ev.RunArchived(archived=len(text) > 2))


@pytest.mark.slow
def test_real_runs_have_the_same_rows_again(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of("%%step a\nx = 1", "%%step b\ny = x + 1\n1 / (y - 2)")
    pipeline.run(check=False)
    changed = pipeline_of("%%step a\nx = 1", "%%step b\ny = x + 1")
    changed.run()
    changed.run()
    changed.accept("b")
    check_rebuild(changed.workspace.history.database, 3)
    assert [step.decision for step in changed.plan().steps] == ["cached", "cached"]


def test_results_of_runs_beside_each_other_keep_their_order(tmp_path: Path) -> None:
    """The run that began first computed last."""
    workspace = Workspace(tmp_path)
    slow, quick = Story(workspace, "slow", at=1000.0), Story(workspace, "quick", at=1001.0)
    quick.compute("a", b"1")
    slow.at = 2000.0
    signature = slow.compute("a", b"1")
    rebuild(workspace.history.database, Seals())
    assert [result.run for result in workspace.history.results(signature)] == ["slow", "quick"]


def test_a_run_whose_journal_cannot_be_read_is_told_and_keeps_its_rows(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for name, at in (("first", 1000.0), ("broken", 2000.0), ("last", 3000.0)):
        story = Story(workspace, name, at=at)
        signature = story.compute("a", b"1")
        story.end()
    database = workspace.history.database
    before = rows(database)
    with database.engine.begin() as connection:
        events = table("events")
        connection.execute(
            sa.update(events).where(events.c.run == "broken", events.c.seq == 2).values(body='{"kind": "?"}')
        )
    rebuilt = rebuild(database, Seals())
    assert rebuilt.runs == 2
    assert [told.partition(":")[0] for told in rebuilt.unreadable] == ["run broken"]
    assert rows(database) == before
    assert [result.run for result in workspace.history.results(signature)] == ["last", "broken", "first"]


def test_what_a_rebuild_cannot_write_changes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    Story(workspace, "r").compute("a", b"1")
    database = workspace.history.database
    before = rows(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "create trigger full before insert on results begin select raise(abort, 'disk is full'); end"
        )
    with pytest.raises(StoreError, match="disk is full"):
        rebuild(database, Seals())
    assert rows(database) == before
