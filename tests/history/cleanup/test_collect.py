"""`gc` takes what the limits and the lack of references let go, and never what somebody needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from operator import itemgetter
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_pipes.history.cleanup import collect as collection
from jupyter_pipes.history.cleanup import rows as forgetting
from jupyter_pipes.history.cleanup.collect import Amount, Collection, collect, plan_collection
from jupyter_pipes.history.rebuilding import rebuild
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.storage.blobs.base import Stored
from tests.conftest import MakePipeline
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
            rows = sa.select(table(name)).order_by(*table(name).columns)
            found[name] = list(map(tuple, transaction.connection.execute(rows)))
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
        assert history.attachment(view.definition) is not None
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
    workspace.history.keep_attachments({"d" * 64: b"of nobody"})
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


def test_claims_of_runs_that_nobody_drives_go(workspace: Workspace) -> None:
    workspace.history.claim("mine", "r", "a")
    workspace.history.leases.take("r", 30.0)
    workspace.history.database.change([("add_claim", {"signature": "s", "run": "q", "step": "a"})])
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
    rebuild(workspace.history.database, workspace.history.seals)
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


# Beside runs that go on ---------------------------------------------------------------------------------


def test_what_becomes_free_beside_a_run_goes_when_that_has_ended(workspace: Workspace) -> None:
    """The run may have decided upon it already, and not said so yet."""
    computed(workspace, "old", b"1", days_ago=40)
    other = Story(workspace, "other", at=NOW - 1000)
    first = gc(workspace, older=DAY)
    assert (first.runs, first.artifacts, first.later) == (("old",), Amount(), Amount(2, 11))
    assert plan_collection(workspace).later == Amount(2, 11)
    other.end()
    assert gc(workspace).artifacts == Amount(2, 11)


def test_what_nobody_referred_to_before_a_run_began_goes_beside_it(workspace: Workspace) -> None:
    workspace.store.put_bytes(b"of nobody")
    Story(workspace, "r", at=NOW)
    assert gc(workspace).artifacts == Amount(1, 9)


def test_what_was_wanted_since_a_run_began_stays(workspace: Workspace) -> None:
    Story(workspace, "r", at=NOW - 1000)
    lost = workspace.store.put_bytes(b"of nobody")
    os.utime(blobs(workspace)[lost].place, (NOW - 900,) * 2)
    assert collect(workspace).later == Amount(1, 9)
    os.utime(blobs(workspace)[lost].place, (NOW - 1100,) * 2)
    assert workspace.store.put_bytes(b"of nobody") == lost
    assert collect(workspace).later == Amount(1, 9)


@pytest.mark.parametrize("back", [10.0, 600.0, 14 * 3600.0])
def test_a_clock_that_is_set_back_costs_a_run_nothing_that_it_wrote_since(
    workspace: Workspace, back: float
) -> None:
    """What it wrote is older than itself then, by the clock that names the times of files."""
    Story(workspace, "r", at=NOW)
    fresh = workspace.store.put_bytes(b"of r, which is about to say so")
    os.utime(blobs(workspace)[fresh].place, (NOW - back,) * 2)
    assert collect(workspace).later.count == 1


def test_a_run_that_begins_while_the_rows_go_keeps_the_artifacts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have read the rows before: what it then refers to is still there."""
    computed(workspace, "old", b"1", days_ago=40)
    settle(workspace)
    drop = forgetting.drop

    def begin_and_drop(*arguments: Any) -> None:
        drop(*arguments)
        workspace.history.running = lambda: ["a run that has just begun"]  # type: ignore[method-assign, list-item, return-value]

    monkeypatch.setattr(forgetting, "drop", begin_and_drop)
    assert collect(workspace, older=DAY).later == Amount(2, 11)
    assert len(blobs(workspace)) == 2


@pytest.mark.parametrize("when", ["before it is taken away", "after"])
def test_a_blob_that_is_wanted_while_it_goes_is_there_in_the_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    wanted = workspace.store.put_bytes(b"wanted")
    settle(workspace)
    replace = Path.replace

    def write_again(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        if when == "after":
            replace(path, target)
        assert workspace.store.put_bytes(b"wanted") == wanted
        return target if when == "after" else replace(path, target)

    monkeypatch.setattr(Path, "replace", write_again)
    went = collect(workspace).artifacts
    assert went == (Amount(1, 6) if when == "after" else Amount())
    assert workspace.store.get_bytes(wanted) == b"wanted"


def test_a_store_that_tells_no_times_of_reuse_keeps_all_while_a_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text(f'store = "memory://{tmp_path.name}"\n')
    workspace = Workspace(tmp_path)
    computed(workspace, "old", b"1", days_ago=40)
    lost = workspace.store.put_bytes(b"of nobody")
    story = Story(workspace, "r")
    assert collect(workspace, older=DAY).later == Amount(3, 20)
    story.end()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collection, "GRACE", -1.0)
        assert collect(workspace).artifacts == Amount(3, 20)
    assert lost not in blobs(workspace)
    assert not blobs(workspace)


ACTIONS = st.tuples(
    st.sampled_from("abc"), st.sampled_from(["compute", "fail", "reuse", "again"]), st.integers(0, 2)
)
RUNS = st.lists(
    st.tuples(st.sampled_from("pq"), st.lists(ACTIONS, max_size=4), st.booleans()), min_size=1, max_size=6
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "older": st.integers(0, 6).map(lambda days: days * DAY),
        "keep_runs": st.integers(0, 3),
        "max_size": st.integers(0, 200),
        "used": st.sets(st.tuples(st.sampled_from(["r0", "r1", "r2"]), st.sampled_from("abc"))).map(
            frozenset
        ),
    },
)


@pytest.mark.slow
@settings(max_examples=40)
@given(RUNS, st.lists(LIMITS, min_size=1, max_size=3))
@example(
    [
        ("p", [("b", "compute", 0)], True),
        ("q", [("b", "compute", 0)], True),
        ("p", [("b", "reuse", 0)], False),
    ],
    [{"older": 0}],
)
def test_whatever_ran_and_whatever_goes_the_rest_is_whole(
    runs: list[tuple[str, list[tuple[str, str, int]], bool]], limits: list[dict[str, Any]]
) -> None:
    """A rebuild gives the same rows then, and a second collection finds nothing more to do."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        for number, (pipeline, actions, ends) in enumerate(runs):
            tell(
                Story(workspace, f"r{number}", at=NOW - (6 - number) * DAY, pipeline=pipeline), actions, ends
            )
        going_on = {run.run: workspace.history.view(run.run) for run in workspace.history.running()}
        for limit in limits:
            gc(workspace, **limit)
            assert {run: workspace.history.view(run) for run in going_on} == going_on
            again = collect(workspace, **limit)
            assert again == Collection(later=again.later, left=again.left)
        before = contents(workspace)
        rebuild(workspace.history.database, workspace.history.seals)
        after = contents(workspace)
        assert _by_signature(after["results"]) == _by_signature(before["results"])
        assert (after["runs"], after["fields"]) == (before["runs"], before["fields"])
        workspace.history.close()


def _by_signature(results: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows without their ids. Of one signature, the last one is the newest."""
    return sorted((row[1:] for row in results), key=itemgetter(0))


def tell(story: Story, actions: list[tuple[str, str, int]], ends: bool) -> None:
    for step, action, value in actions:
        content = b"%s%d" % (step.encode(), value)
        signature = digest(b"signature of " + step.encode() + content)
        result = newest_result(story.workspace, signature)
        if action == "reuse" and result is not None:
            story.reuse(step, result)
        else:
            story.compute(step, content, outcome="failed" if action == "fail" else "completed")
    if ends:
        story.end()


CELLS = (
    "%%params\nn: int = 0",
    "%%step a\nx = list(range(5000))",
    "%%step b\nfrom IPython.display import display\ny = [n, *x]\ndisplay(len(y))",
    "%%step c\nimport numpy\nz = numpy.arange(100_000) + len(y) + n % 2",
    "%%step d\nw = z.sum() + len(x)",
)


@pytest.mark.slow
@pytest.mark.parametrize("limits", [{"keep_runs": 1}, {"keep_runs": 0}, {"max_size": 0}])
def test_a_real_run_loses_nothing_while_collections_go_on(
    pipeline_of: MakePipeline, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    """What it reuses of earlier runs goes just then, and what it writes is there already, and old."""
    monkeypatch.setattr(collection, "GRACE", 0.0)
    monkeypatch.setattr(collection, "_CLOCKS", 0.1)
    pipeline = pipeline_of(*CELLS)
    for number in range(4):
        settle(pipeline.workspace)
        run = pipeline.start(params={"n": number // 2}, force=["b"] if number % 2 else [])
        while not run.has_ended:
            collect(pipeline.workspace, **limits)
        run.check()
        check_whole(pipeline.workspace)
        # The last collection may have come when it had ended already.
        for name in "xyzw" if run.id in names(pipeline.workspace) else "":
            run[name]


@pytest.mark.slow
def test_a_run_of_another_process_loses_nothing(
    pipeline_of: MakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "GRACE", 0.0)
    monkeypatch.setattr(collection, "_CLOCKS", 0.1)
    pipeline = pipeline_of(*CELLS)
    program = Path(sys.executable).with_name("jupyter-pipes")
    for number in range(3):
        settle(pipeline.workspace)
        words = [program, "run", pipeline.origin, "-p", f"n={number // 2}", *["--force", "a"] * (number % 2)]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                collect(pipeline.workspace, keep_runs=1)
        assert process.returncode == 0
        check_whole(pipeline.workspace)
