"""`gc` takes what the limits and the lack of references let go, and never what somebody needs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from jupyter_pipes import events as ev
from jupyter_pipes.blobs import Stored
from jupyter_pipes.collection import Amount, Collection, collect, plan_collection
from jupyter_pipes.errors import RunNotFound
from jupyter_pipes.rebuilding import rebuild
from jupyter_pipes.schema import table
from jupyter_pipes.workspace import Workspace
from tests.stories import Story, newest_result

DAY = 86_400.0
NOW = time.time()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def settle(workspace: Workspace) -> None:
    """Make all blobs old enough to go."""
    for blob in workspace.store.blobs.stored():
        os.utime(blob.place, (1.0, 1.0))


def gc(workspace: Workspace, **limits: Any) -> Collection:
    """Plan and collect; both tell the same."""
    settle(workspace)
    before = contents(workspace)
    planned = plan_collection(workspace, **limits)
    assert contents(workspace) == before
    assert collect(workspace, **limits) == planned
    check_whole(workspace)
    return planned


def contents(workspace: Workspace) -> dict[str, Any]:
    """Return all that is kept: rows, blobs, logs."""
    found: dict[str, Any] = {"blobs": blobs(workspace), "logs": log_names(workspace)}
    with workspace.history.database.reading() as transaction:
        for name in ("events", "documents", "runs", "fields", "results", "claims", "files"):
            rows = transaction.connection.execute(sa.select(table(name)))
            found[name] = sorted(map(tuple, rows), key=repr)
    return found


def blobs(workspace: Workspace) -> dict[str, Stored]:
    return {blob.digest: blob for blob in workspace.store.blobs.stored()}


def log_names(workspace: Workspace) -> set[str]:
    return {f"{path.parent.name}/{path.name}" for path in workspace.log_folder.glob("*/*")}


def check_whole(workspace: Workspace) -> None:
    """All that is listed, and every result that can be found, has all that it refers to."""
    history, store = workspace.history, workspace.store
    runs = {summary.run for summary in history.runs()}
    for run in runs:
        view = history.view(run)
        assert history.document(view.definition) is not None
        for name, step in view.steps.items():
            assert all(store.is_whole(artifact) for artifact in step.artifacts)
            assert not step.parts or history.parts(step.parts) is not None
            for output in step.latest.outputs if step.latest else ():
                assert store.get_bytes(output.digest)
            if step.latest:
                assert workspace.log_path(run, name, 1).exists()
    with history.database.reading() as transaction:
        signatures = set(transaction.connection.execute(sa.select(table("results").c.signature)).scalars())
    for result in (result for signature in signatures for result in history.results(signature)):
        assert all(store.is_whole(artifact) for artifact in result.artifacts)
        assert history.parts(result.parts) is not None
        shown = history.view(result.run).steps[result.step].latest
        assert shown is not None
        assert all(store.get_bytes(output.digest) for output in shown.outputs)
        assert workspace.log_path(result.run, result.step, 1).exists()


def computed(
    workspace: Workspace, run: str, *values: bytes, days_ago: float = 0, pipeline: str = "p"
) -> Story:
    """A run that ended so long ago, whose steps a, b, … left these values."""
    story = Story(workspace, run, at=NOW - days_ago * DAY - 1000, pipeline=pipeline)
    for step, value in zip("abc", values, strict=False):
        story.compute(step, value)
    story.end()
    return story


def names(workspace: Workspace) -> set[str]:
    return {summary.run for summary in workspace.history.runs()}


# What nobody refers to ----------------------------------------------------------------------------------


def test_without_limits_only_what_nobody_refers_to_goes(workspace: Workspace) -> None:
    computed(workspace, "old", b"1", b"2", days_ago=1000)
    kept = contents(workspace)
    lost = workspace.store.put_bytes(b"of nobody")
    stray = workspace.log_path("unknown", "a", 1)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"12345")
    unfinished = workspace.settings.folder / "artifacts" / "objects" / ".writing-999999999-ab"
    unfinished.write_bytes(b"123")
    workspace.history.keep_documents({"d" * 64: b"of nobody"})
    workspace.history.keep_file_digests([("/no/such/file", "stamp", "digest")])
    found = gc(workspace)
    assert (found.artifacts, found.logs, found.unfinished) == (Amount(1, 9), Amount(1, 5), Amount(1, 3))
    assert (found.runs, found.documents, found.files) == ((), 1, 1)
    assert lost not in blobs(workspace)
    assert not unfinished.exists()
    settle(workspace)
    assert {**contents(workspace), "blobs": set(blobs(workspace))} == {**kept, "blobs": set(kept["blobs"])}
    assert gc(workspace) == Collection(left=found.left)


def test_what_was_just_written_stays_though_nobody_refers_to_it(workspace: Workspace) -> None:
    lost = workspace.store.put_bytes(b"of nobody yet")
    assert collect(workspace).later == Amount(1, 13)
    assert lost in blobs(workspace)


def test_a_blob_that_is_being_written_by_a_living_process_stays(workspace: Workspace) -> None:
    workspace.store.put_bytes(b"1")
    unfinished = workspace.settings.folder / "artifacts" / "objects" / ".writing-1-ab"
    unfinished.write_bytes(b"123")
    os.utime(unfinished, (psutil.Process(1).create_time() + 1,) * 2)
    assert collect(workspace).unfinished == Amount()
    assert unfinished.exists()


def test_claims_of_dead_processes_go(workspace: Workspace) -> None:
    workspace.history.claim("mine", "r", "a")
    dead = {"host": os.uname().nodename, "pid": 999_999_999, "process_started": 1.0}
    workspace.history.database.change([("add_claim", {"signature": "s", "run": "r", "step": "a", **dead})])
    assert gc(workspace).claims == 1
    assert [row[0] for row in contents(workspace)["claims"]] == ["mine"]


# Which runs go ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        ({}, ""),
        ({"older": 25 * DAY}, "a b"),
        ({"older": 0.0}, "a b c d x"),
        ({"keep_runs": 2}, "a b"),
        ({"keep_runs": 0}, "a b c d x"),
        ({"older": 25 * DAY, "keep_runs": 3}, "a"),
        ({"older": 35 * DAY, "keep_runs": 1}, "a"),
        ({"max_size": 3000}, "a b c"),
        ({"max_size": 10_000}, ""),
        ({"max_size": 0}, "a b c d x"),
        ({"max_size": 0, "keep_runs": 3}, "a"),
        ({"max_size": 5000, "older": 35 * DAY}, "a b"),
    ],
)
def test_limits_let_runs_go_oldest_first(workspace: Workspace, limits: dict[str, Any], gone: str) -> None:
    for name, days in (("a", 40), ("b", 30), ("c", 20), ("d", 10)):
        computed(workspace, name, name.encode() * 1000, days_ago=days)
    computed(workspace, "x", b"x" * 300, days_ago=5, pipeline="q")
    found = gc(workspace, **limits)
    assert " ".join(found.runs) == gone
    assert names(workspace) == set("abcdx") - set(gone.split())
    for run in gone.split():
        with pytest.raises(RunNotFound):
            workspace.history.view(run)
    assert found.left.bytes <= limits.get("max_size", 10_000) or limits.get("keep_runs")
    assert log_names(workspace) == {f"{run}/a.1.log" for run in names(workspace)}
    assert {row[0] for row in contents(workspace)["fields"]} == names(workspace)
    assert gc(workspace) == Collection(left=found.left)


def test_tagged_and_archived_runs_are_as_others(workspace: Workspace) -> None:
    for name, remark in (("t", ev.RunTagged(("keep",))), ("z", ev.RunArchived())):
        computed(workspace, name, days_ago=40)
        workspace.history.remark(name, remark)
    assert gc(workspace, older=DAY).runs == ("t", "z")


def test_a_run_that_goes_on_stays_with_all_it_has(workspace: Workspace) -> None:
    story = Story(workspace, "r", at=NOW - 50 * DAY)
    story.compute("a", b"1")
    before = contents(workspace)
    assert gc(workspace, older=0.0, keep_runs=0, max_size=0).runs == ()
    assert set(contents(workspace)["blobs"]) == set(before["blobs"])
    assert contents(workspace)["events"] == before["events"]


# What others use ----------------------------------------------------------------------------------------


def reusing(workspace: Workspace, source: Story, step: str = "a") -> Story:
    """A run that goes on and takes over what a step of another made."""
    result = newest_result(workspace, source.view.steps[step].signature)
    assert result is not None
    story = Story(workspace, f"of-{source.run}", at=NOW)
    story.reuse(step, result)
    return story


@pytest.mark.parametrize("ends", [True, False])
def test_results_that_a_kept_run_took_over_stay_with_what_they_showed(
    workspace: Workspace, ends: bool
) -> None:
    old = computed(workspace, "old", b"1", b"2", days_ago=40)
    recent = reusing(workspace, old)
    if ends:
        recent.end()
    found = gc(workspace, older=DAY)
    assert (found.runs, found.results, found.logs) == (("old",), 1, Amount(1, 8))
    assert found.artifacts == (Amount(2, 11) if ends else Amount())
    result = newest_result(workspace, old.view.steps["a"].signature)
    assert result is not None
    assert workspace.history.view("old").steps["a"].latest.outputs  # type: ignore[union-attr]
    assert newest_result(workspace, old.view.steps["b"].signature) is None
    assert names(workspace) == {"of-old"}


def test_what_is_left_of_a_run_goes_with_the_last_that_uses_it(workspace: Workspace) -> None:
    recent = reusing(workspace, computed(workspace, "old", b"1", b"2", days_ago=40))
    recent.end()
    gc(workspace, older=DAY)
    assert gc(workspace, keep_runs=0).runs == ("of-old",)
    left = contents(workspace)
    assert not any(left.values()), left


def test_what_the_present_pipeline_would_reuse_stays(workspace: Workspace) -> None:
    computed(workspace, "old", b"1", b"2", days_ago=40)
    used = frozenset({("old", "b")})
    found = gc(workspace, older=DAY, used=used)
    assert (found.runs, found.results) == (("old",), 1)
    assert gc(workspace, used=used) == Collection(left=found.left)
    assert gc(workspace).results == 1
    assert not any(contents(workspace).values())


def test_a_rebuild_after_it_gives_the_same_rows(workspace: Workspace) -> None:
    old = computed(workspace, "old", b"1", b"2", days_ago=40)
    old.accept("a", b"harmless")
    reusing(workspace, old).end()
    gc(workspace, older=DAY)
    before = contents(workspace)
    rebuild(workspace.history.database)
    after = contents(workspace)
    results = [[row[1:] for row in each.pop("results")] for each in (before, after)]
    assert results[0] == results[1]
    assert before == after


def test_an_unreadable_journal_and_what_it_names_stay(workspace: Workspace) -> None:
    """So does what a lost index does not list."""
    computed(workspace, "r", b"1")
    with workspace.history.database.engine.begin() as connection:
        for name in ("runs", "fields", "results"):
            connection.execute(sa.delete(table(name)))
        body = table("events").c.body
        connection.execute(sa.update(table("events")).values(body=sa.func.replace(body, "Artifact", "Other")))
    kept = contents(workspace)
    settle(workspace)
    assert collect(workspace, older=0.0, keep_runs=0, max_size=0).runs == ()
    assert set(contents(workspace)["blobs"]) == set(kept["blobs"])
    assert contents(workspace)["events"] == kept["events"]
