"""What each fact changes in the indexes: a table by event, and that the order of writing does not matter."""

from __future__ import annotations

import sqlite3
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from jupyter_pipes.history.indexing import ResultContent, changes
from jupyter_pipes.history.sql.schema import schema
from jupyter_pipes.history.sql.statements_sqlite import TEXTS
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.results import ArtifactRef, FileSeen, Observation
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView

STEPS = (ev.PlannedStep("a"), ev.PlannedStep("b", ("a",)))
BEGUN = ev.RunStarted(
    "p", "1.0.1", STEPS, {"n": 3, "a.n": 4}, origin="study.ipynb", host="mill", state="st", user="ada"
)
X = ArtifactRef("x", "d", "int", 1, "json")
SIGNED = ev.StepDecided("a", "run", signature="sig", parts="doc")


def changed(*facts: ev.AnyEvent) -> list[tuple[str, Any]]:
    """Return what the last of the facts changes, in a run that begins with `BEGUN`."""
    view = RunView("r")
    record = ev.Record("r", -1, 0.0, BEGUN)
    for seq, fact in enumerate((BEGUN, *facts)):
        record = ev.Record("r", seq, 100.0 + seq, fact)
        apply(record, view)
    return list(changes(record, view))


def fields(found: list[tuple[str, Any]]) -> list[tuple[str, int, str, float | None]]:
    """Return field, place, text and number of what is added to search by."""
    return [
        (row["field"], row["place"], row["text"], row["number"]) for name, row in found if name == "add_field"
    ]


def test_a_run_is_listed_from_its_start_and_found_by_its_parameters() -> None:
    found = changed()
    assert found[0] == (
        "add_run",
        {
            "run": "r",
            "pipeline": "p",
            "version": "1.0.1",
            "state": "st",
            "status": "running",
            "started": 100.0,
            "ended": None,
            "progress": 0.0,
            "params": '{"n":3,"a.n":4}',
            "title": "",
            "archived": False,
            "origin": "study.ipynb",
            "host": "mill",
            "user": "ada",
        },
    )
    assert fields(found) == [("params.n", 0, "3", 3.0), ("params.a.n", 0, "4", 4.0)]


def test_a_completed_attempt_of_a_signed_step_leaves_a_result() -> None:
    facts = (
        SIGNED,
        ev.ArtifactStored("a", 1, X),
        ev.MetricReported("a", 1, "auc", 0.5),
        ev.NoteAdded("a", 1, "so"),
    )
    ((name, row),) = changed(*facts, ev.AttemptEnded("a", 1, "completed", files=(FileSeen("/f", "g"),)))
    kept = msgspec.msgpack.decode(row.pop("kept"), type=ResultContent)
    assert name == "add_result"
    assert row == {
        "signature": "sig",
        "pipeline": "p",
        "step": "a",
        "run": "r",
        "time": 105.0,
        "parts": "doc",
    }
    assert kept == ResultContent((FileSeen("/f", "g"),), (X,), {"auc": 0.5}, ("so",))


@pytest.mark.parametrize(
    ("directory", "path", "kept"),
    [
        ("/home/ada/study", "/home/ada/study/data/a.csv", "data/a.csv"),
        ("/home/ada/study", "/home/ada/study2/a.csv", "/home/ada/study2/a.csv"),
        ("/home/ada/study", "/data/home/ada/study/a.csv", "/data/home/ada/study/a.csv"),
        ("", "/data/a.csv", "/data/a.csv"),
    ],
)
def test_files_of_the_folder_are_kept_by_their_path_within_it(directory: str, path: str, kept: str) -> None:
    view = RunView("r")
    begun = msgspec.structs.replace(BEGUN, directory=directory)
    records = [
        ev.Record("r", seq, 1.0, fact)
        for seq, fact in enumerate(
            (begun, SIGNED, ev.AttemptEnded("a", 1, "completed", files=(FileSeen(path, "g"),)))
        )
    ]
    for record in records:
        apply(record, view)
    ((_, row),) = changes(records[-1], view)
    assert msgspec.msgpack.decode(row["kept"], type=ResultContent).files == (FileSeen(kept, "g"),)


def test_what_an_earlier_attempt_left_is_not_of_the_result() -> None:
    failed = ev.ArtifactStored("a", 1, X), ev.NoteAdded("a", 1, "so"), ev.AttemptEnded("a", 1, "failed")
    again = ev.RetryDue("a"), ev.AttemptStarted("a", 2, 7, "mill"), ev.AttemptEnded("a", 2, "completed")
    ((_, row),) = changed(SIGNED, *failed, *again)
    assert msgspec.msgpack.decode(row["kept"], type=ResultContent) == ResultContent()


UNSIGNED = ev.StepDecided("a", "run", ("--never-cache",))
NOTHING: dict[str, tuple[ev.AnyEvent, ...]] = {
    "an attempt that is never to be cached": (UNSIGNED, ev.AttemptEnded("a", 1, "completed")),
    "an attempt that failed": (SIGNED, ev.AttemptEnded("a", 1, "failed")),
    "an attempt that timed out": (SIGNED, ev.AttemptEnded("a", 1, "timed out")),
    "an attempt that was cancelled": (SIGNED, ev.AttemptEnded("a", 1, "cancelled")),
    "an attempt that was lost": (SIGNED, ev.AttemptEnded("a", 1, "lost")),
    "a decision": (SIGNED,),
    "progress": (ev.ProgressReported("a", 1, 1, 2),),
    "an environment without git": (ev.EnvironmentCaptured("d"),),
}


@pytest.mark.parametrize("facts", NOTHING.values(), ids=NOTHING.keys())
def test_what_changes_nothing(facts: tuple[ev.AnyEvent, ...]) -> None:
    assert changed(*facts) == []


def test_an_accepted_result_has_the_outputs_of_its_run_and_the_files_as_they_are_now() -> None:
    facts = (
        SIGNED,
        ev.ArtifactStored("a", 1, X),
        ev.AttemptEnded("a", 1, "completed", files=(FileSeen("/f", "old"),)),
    )
    ((name, row),) = changed(*facts, ev.ResultAccepted("a", "other", "doc2", (FileSeen("/f", "now"),)))
    assert (name, row["signature"], row["parts"], row["run"]) == ("add_result", "other", "doc2", "r")
    assert msgspec.msgpack.decode(row["kept"], type=ResultContent) == ResultContent(
        (FileSeen("/f", "now"),), (X,)
    )


def test_the_end_of_a_step_that_was_tried_frees_its_signature() -> None:
    assert ("drop_claim", {"of_signature": "sig", "of_run": "r"}) in changed(
        SIGNED, ev.AttemptQueued("a", 1, "local"), ev.StepEnded("a", Status.FAILED, "broke")
    )


def test_a_step_is_found_by_its_status_and_its_metrics_on_the_run_by_both_names() -> None:
    found = changed(
        SIGNED,
        ev.MetricReported("a", 1, "auc", 0.5),
        ev.MetricReported("a", 1, "auc", 0.75),
        ev.StepEnded("a", Status.COMPLETED),
    )
    assert fields(found) == [
        ("steps.a.status", 0, "completed", None),
        ("metrics.auc", 0, "0.75", 0.75),
        ("metrics.a/auc", 0, "0.75", 0.75),
    ]


def test_a_step_is_found_by_its_reason_if_it_has_one_of_its_own() -> None:
    failed = fields(changed(SIGNED, ev.StepEnded("a", Status.FAILED, "timed out")))
    assert ("steps.a.reason", 0, "timed out", None) in failed
    cached = fields(changed(SIGNED, ev.StepEnded("a", Status.CACHED, "nothing changed")))
    assert cached == [("steps.a.status", 0, "cached", None)]


def test_a_cached_step_has_the_metrics_of_whose_outputs_it_reuses() -> None:
    decided = ev.StepDecided("a", "cached", signature="sig", source_run="q", metrics={"auc": 0.5})
    assert ("metrics.auc", 0, "0.5", 0.5) in fields(changed(decided, ev.StepEnded("a", Status.CACHED)))


def test_tags_replace_those_before() -> None:
    found = changed(ev.RunTagged(("x",)), ev.RunTagged(("y", "z")))
    assert found[0] == ("drop_field", {"of_run": "r", "of_field": "tags"})
    assert fields(found) == [("tags", 0, "y", None), ("tags", 1, "z", None)]


def test_labels_of_a_run() -> None:
    assert changed(ev.RunRenamed("best")) == [("title_run", {"of_run": "r", "title": "best"})]
    assert changed(ev.RunArchived(archived=False)) == [("archive_run", {"of_run": "r", "archived": False})]
    assert fields(changed(ev.EnvironmentCaptured("d", "c0ffee"))) == [("commit", 0, "c0ffee", None)]


def test_how_a_run_stands_when_it_ends_and_when_it_is_taken_up_again() -> None:
    ended = ev.StepEnded("a", Status.FAILED), ev.StepEnded("b", Status.SKIPPED), ev.RunEnded(Status.FAILED)
    standing = {"of_run": "r", "ended": 103.0, "status": "failed", "progress": 1.0}
    assert changed(*ended) == [
        ("end_run", standing),
        *((f"drop_{name}", {"of_run": "r"}) for name in ("claims", "leases", "sightings")),
    ]
    standing = {"of_run": "r", "ended": None, "status": "running", "progress": 0.0}
    assert changed(*ended, ev.RunResumed()) == [("end_run", standing)]


TEXTS_OF_VALUES = [
    (True, "true", 1.0),
    (False, "false", 0.0),
    (3, "3", 3.0),
    (0.1, "0.1", 0.1),
    ("3", "3", None),
    (None, "None", None),
    ([1, "a"], "[1, 'a']", None),
    (float("nan"), "nan", None),
    (float("inf"), "inf", None),
    (10**400, str(10**400), None),
]


@pytest.mark.parametrize(("value", "text", "number"), TEXTS_OF_VALUES)
def test_a_value_is_searched_as_text_and_as_the_number_that_it_is(
    value: object, text: str, number: float | None
) -> None:
    start = ev.RunStarted("p", "1.0.0", (), {"v": value})
    view = RunView("r")
    record = ev.Record("r", 0, 1.0, start)
    apply(record, view)
    assert fields(list(changes(record, view))) == [("params.v", 0, text, number)]


STORY = (
    BEGUN,
    SIGNED,
    ev.AttemptQueued("a", 1, "local"),
    ev.ArtifactStored("a", 1, X),
    ev.MetricReported("a", 1, "auc", 0.5),
    ev.AttemptEnded("a", 1, "completed"),
    ev.StepEnded("a", Status.COMPLETED),
    ev.EnvironmentCaptured("d", "c0ffee"),
    ev.StepDecided("b", "cached", ("same",), "sig2", source_run="q", metrics={"loss": 1}),
    ev.StepEnded("b", Status.CACHED, "same"),
    ev.RunEnded(Status.COMPLETED),
)


@given(st.lists(st.integers(1, len(STORY))))
def test_what_is_written_at_once_gives_the_same_rows_as_one_after_the_other(cuts: list[int]) -> None:
    """All facts of a write are applied to the view before what they change is asked for."""
    edges = sorted({0, len(STORY), *cuts})
    view, found = RunView("r"), []
    for begin, end in pairwise(edges):
        records = [ev.Record("r", seq, 100.0 + seq, STORY[seq]) for seq in range(begin, end)]
        for record in records:
            apply(record, view)
        found += [change for record in records for change in changes(record, view)]
    single = RunView("r")
    alone = []
    for seq, fact in enumerate(STORY):
        apply(ev.Record("r", seq, 100.0 + seq, fact), single)
        alone += changes(ev.Record("r", seq, 100.0 + seq, fact), single)
    assert rows_of(found) == rows_of(alone)


def rows_of(found: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Return the rows of all tables once these changes are carried out."""
    with sqlite3.connect(":memory:") as connection:
        for statement in made():
            connection.execute(statement)
        for name, row in found:
            connection.execute(TEXTS[name], row)
        tables = ("runs", "fields", "results", "claims")
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


@cache
def made() -> list[str]:
    return [str(CreateTable(table).compile(dialect=sqlite.dialect())) for table in schema().sorted_tables]


def test_every_change_is_a_statement() -> None:
    names = {name for end in range(len(STORY)) for name, _ in changed(*STORY[1 : end + 1])}
    assert names <= set(TEXTS)


def test_a_result_keeps_what_its_attempt_showed_and_a_step_that_is_reopened_lets_its_claim_go() -> None:
    shown = (SIGNED, ev.InputsChanged("a", 1, ("x",)), ev.NamesJoined("a", 1, ("x", "y")))
    ended = ev.AttemptEnded("a", 1, "completed", written=("out.csv",))
    ((name, row),) = changed(*shown, ended)
    content = msgspec.msgpack.decode(row["kept"], type=ResultContent)
    assert (name, content.observed) == ("add_result", Observation(("x",), (("x", "y"),)))
    again = (
        ev.StepReopened("a", "y was changed in place by b"),
        SIGNED,
        ev.AttemptStarted("a", 2, 7, "host"),
    )
    ((_, row),) = changed(*shown, ended, *again, ev.AttemptEnded("a", 2, "completed", written=("other.csv",)))
    content = msgspec.msgpack.decode(row["kept"], type=ResultContent)
    # The run went on by what an earlier attempt showed of values; so does the next one.
    assert (content.observed, content.written) == (Observation(("x",), (("x", "y"),)), ("other.csv",))
    reopened = changed(SIGNED, ev.StepReopened("a", "y was changed in place by b"))
    assert reopened == [("drop_claim", {"of_signature": "sig", "of_run": "r"})]
