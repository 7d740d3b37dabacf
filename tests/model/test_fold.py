"""The fold from a run's journal to what displays show."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply, fold
from jupyter_pipes.model.results import ArtifactRef, ModelFacts, OutputRef, StepError, Usage
from jupyter_pipes.model.shown.series import MetricPoints
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import LogPiece, Progress, RunView

STEPS = (ev.PlannedStep("a"), ev.PlannedStep("b", ("a",)), ev.PlannedStep("c", ("a", "b")))


def artifact(name: str, digest: str = "d") -> ArtifactRef:
    return ArtifactRef(name, digest, "int", 1, "json")


def output(digest: str, display_id: str | None = None) -> OutputRef:
    return OutputRef("display_data", digest, 0, display_id)


def records(*facts: ev.AnyEvent) -> list[ev.Record]:
    """Return facts as a journal has them, a second apart."""
    journal = (ev.RunStarted("p", "1.0.0", STEPS, {"n": 3}, host="h", pid=7), *facts)
    return [ev.Record("r", seq, 100.0 + seq, event) for seq, event in enumerate(journal)]


def view_of(*facts: ev.AnyEvent) -> RunView:
    return fold("r", records(*facts))


WHOLE_STORY = (
    ev.StepDecided("a", "run", ("first run",), "sig"),
    ev.AttemptQueued("a", 1, "local", "waits for 1 of 2 cpus: 2 in use"),
    ev.AttemptStarted("a", 1, 42, "host"),
    ev.ProgressReported("a", 1, 1, 4, "rows"),
    ev.MetricReported("a", 1, "loss", 0.5, 0.0),
    ev.MetricsReported("a", 1, {"loss": MetricPoints((0.25,), (1.0,)), "n": MetricPoints((7,))}),
    ev.OutputShown("a", 1, output("one")),
    ev.NoteAdded("a", 1, "x is not kept"),
    ev.AttemptEnded("a", 1, "failed", "ValueError: no", StepError("ValueError", "no", line=3), Usage(2.0)),
    ev.RetryScheduled("a", 1, 10.0, "next try in 10 s"),
    ev.RetryDue("a"),
    ev.AttemptQueued("a", 2, "local"),
    ev.AttemptStarted("a", 2, 43, "host"),
    ev.ArtifactStored("a", 2, artifact("x")),
    ev.AttemptEnded("a", 2, "completed", usage=Usage(3.0)),
    ev.StepEnded("a", Status.COMPLETED),
    ev.StepDecided("b", "cached", ("nothing changed",), "sig2", (artifact("y"),), "earlier"),
    ev.StepEnded("b", Status.CACHED, "nothing changed"),
    ev.CancelRequested(None),
    ev.StepEnded("c", Status.CANCELLED, "cancelled by the user"),
    ev.RunEnded(Status.CANCELLED, "cancelled by the user"),
)


def test_the_whole_story_of_a_run() -> None:
    view = view_of(*WHOLE_STORY)
    a, b, c = view.steps.values()
    assert (view.status, view.reason, view.finished_steps) == (Status.CANCELLED, "cancelled by the user", 3)
    assert (view.started, view.ended) == (100.0, 121.0)
    assert [attempt.status for attempt in a.attempts] == [Status.FAILED, Status.COMPLETED]
    assert (a.seconds, [artifact.name for artifact in a.artifacts], a.error) == (5.0, ["x"], None)
    assert a.attempts[0].error == StepError("ValueError", "no", line=3)
    assert (a.attempts[0].started, a.attempts[0].ended) == (103.0, 109.0)
    assert [point.value for point in a.attempts[0].metrics["loss"]] == [0.5, 0.25]
    assert (b.status, b.seconds, b.attempts, b.source_run) == (Status.CACHED, 0, [], "earlier")
    assert [artifact.name for artifact in b.artifacts] == ["y"]
    assert (c.status, c.reason) == (Status.CANCELLED, "cancelled by the user")


@pytest.mark.parametrize("count", range(len(WHOLE_STORY) + 2))
def test_replaying_what_is_known_changes_nothing_wherever_the_replay_begins(count: int) -> None:
    story = records(*WHOLE_STORY)
    view = fold("r", story[:count])
    for record in story:
        apply(record, view)
    once = fold("r", story)
    assert msgspec.to_builtins(view) == msgspec.to_builtins(once)


def test_what_attempts_used_adds_up_and_memory_is_the_most_of_one() -> None:
    used = [Usage(2.0, 1.5, 300), Usage(3.0, 0.5, 200)]
    step = view_of(*(ev.AttemptEnded("a", n, "failed", usage=each) for n, each in enumerate(used, 1))).steps[
        "a"
    ]
    assert (step.usage, step.seconds) == (Usage(5.0, 2.0, 300), 5.0)


def test_an_attempt_that_runs_has_the_seconds_up_to_now() -> None:
    running = (ev.AttemptStarted("a", 1, 1, "h"),)
    ended = (*running, ev.AttemptEnded("a", 1, "completed", usage=Usage(0.5)))
    seconds = [view_of(*facts).steps["a"].attempts[0].seconds_until(104.5) for facts in (running, ended)]
    assert seconds == [104.5 - 101.0, 0.5]


STATUSES = [
    # facts, then status and reason of step a
    ((), Status.PENDING, ""),
    ((ev.AttemptQueued("a", 1, "gpu"),), Status.QUEUED, "waits for queue gpu"),
    ((ev.AttemptQueued("a", 1, "gpu", "waits for memory"),), Status.QUEUED, "waits for memory"),
    ((ev.AttemptQueued("a", 1, "gpu"), ev.AttemptStarted("a", 1, 1, "h")), Status.RUNNING, ""),
    ((ev.RetryScheduled("a", 1, 2, "next try in 2 s"),), Status.QUEUED, "next try in 2 s"),
    ((ev.StepEnded("a", Status.FAILED, "timed out after 2 s"),), Status.FAILED, "timed out after 2 s"),
]


@pytest.mark.parametrize(("facts", "status", "reason"), STATUSES)
def test_every_status_has_its_reason(facts: tuple[ev.AnyEvent, ...], status: Status, reason: str) -> None:
    step = view_of(*facts).steps["a"]
    assert (step.status, step.reason) == (status, reason)


def test_a_waiting_step_names_what_it_still_waits_for() -> None:
    assert view_of().steps["c"].reason == "waits for a, b"
    assert view_of(ev.StepEnded("a", Status.COMPLETED)).steps["c"].reason == "waits for b"
    done = view_of(ev.StepEnded("a", Status.COMPLETED), ev.StepEnded("b", Status.COMPLETED))
    assert done.steps["c"].reason == ""


def test_an_output_with_an_id_is_replaced_where_it_stands() -> None:
    facts = [
        ev.OutputShown("a", 1, output(digest, name)) for digest, name in (("1", "i"), ("2", None), ("3", "i"))
    ]
    latest = view_of(*facts).steps["a"].latest
    assert latest is not None
    assert [shown.digest for shown in latest.outputs] == ["3", "2"]


def test_cleared_outputs_are_gone() -> None:
    latest = view_of(ev.OutputShown("a", 1, output("1")), ev.OutputsCleared("a", 1)).steps["a"].latest
    assert latest is not None
    assert latest.outputs == []


def test_what_a_step_shows_is_told_apart_by_its_cells() -> None:
    """A cell's clearing and the error are that cell's; a display keeps its cell when it is updated."""
    facts = [
        ev.OutputShown("a", 1, output("1", "i")),
        ev.CellBegun("a", 1, 10),
        ev.OutputShown("a", 1, output("2")),
        ev.OutputsCleared("a", 1, 15),
        ev.OutputShown("a", 1, output("3", "i")),
        ev.CellBegun("a", 1, 20),
    ]
    latest = view_of(*facts).steps["a"].latest
    assert latest is not None
    shown = [latest.under(place, 4) for place in range(4)]
    assert [
        (cell.start, cell.end, [each.digest for each in cell.outputs], cell.has_error) if cell else None
        for cell in shown
    ] == [(0, 10, ["3"], False), (15, 20, [], False), (20, None, [], True), None]


def test_the_last_cell_of_a_step_that_had_more_shows_what_they_did() -> None:
    first, second = (ev.OutputShown("a", 1, output(digest)) for digest in "12")
    latest = view_of(first, ev.CellBegun("a", 1, 9), second).steps["a"].latest
    assert latest is not None
    shown = latest.under(0, 1)
    assert shown is not None
    assert ([each.digest for each in shown.outputs], shown.end, shown.has_error) == (["1", "2"], None, True)


def test_an_artifact_that_is_stored_again_counts_once() -> None:
    facts = [ev.ArtifactStored("a", 1, artifact("x", digest)) for digest in ("1", "2")]
    assert [kept.digest for kept in view_of(*facts).steps["a"].artifacts] == ["2"]


def test_a_variable_that_was_kept_as_a_model_under_its_name_stays_one() -> None:
    model = replace(artifact("x", "1"), model=ModelFacts("scikit-learn"))
    ours, other = artifact("x", "2"), replace(artifact("x", "2"), type="str")
    facts_of = [
        view_of(ev.ArtifactStored("a", 1, model), ev.ArtifactStored("a", 1, last)).steps["a"].artifacts
        for last in (ours, other)
    ]
    assert facts_of == [(replace(ours, model=model.model),), (other,)]


def test_a_step_that_could_not_be_decided_has_an_error_without_an_attempt() -> None:
    error = StepError("UsageError", "no such file", line=1)
    step = view_of(ev.StepEnded("a", Status.FAILED, "no such file", error)).steps["a"]
    assert (step.error, step.attempts) == (error, [])


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [(Progress(1, 4), 0.25), (Progress(5, 4), 1.0), (Progress(5, 0), None), (Progress(0, 4), 0.0)],
)
def test_the_share_done(progress: Progress, fraction: float | None) -> None:
    assert progress.fraction == fraction


@pytest.mark.parametrize("fact", WHOLE_STORY, ids=lambda fact: type(fact).__name__)
def test_a_view_can_be_sent_as_json_after_any_fact(fact: Any) -> None:
    msgspec.json.encode(view_of(fact))


def test_a_run_that_went_to_its_end_is_the_same_as_if_it_had_been_watched() -> None:
    """Its edges are connected once, in the end; live ones with each fact."""
    reading = [ev.PlannedStep(name, ("a",), reads={"x": "a"}) for name in ("b", "c", "d")]
    facts = [ev.RunStarted("p", "1.0.0", (ev.PlannedStep("a", writes=("x",)), *reading))]
    ends = [ev.StepEnded("a", Status.COMPLETED)]
    for name in ("c", "b", "d"):
        ends += [
            ev.AttemptStarted(name, 1, 7, "host"),
            ev.InputsChanged(name, 1, ("x",)),
            ev.NamesJoined(name, 1, ("x", "y")),
            ev.AttemptEnded(name, 1, "completed"),
            ev.StepReopened("d", "b changed x"),
            ev.StepEnded(name, Status.COMPLETED),
        ]
    journal = [*facts, *ends, ev.RunEnded(Status.COMPLETED)]
    kept = [ev.Record("r", seq, 100.0 + seq, event) for seq, event in enumerate(journal)]
    live = RunView("r")
    for record in kept:
        apply(record, live)
    assert fold("r", kept) == live
    assert live.steps["d"].planned.reads == {"x": "c"}


def test_what_the_store_has_of_a_folder_and_of_logs_adds_up() -> None:
    view = view_of(
        ev.FolderKept({"in.csv": "1", "lib.py": "2"}),
        ev.LogKept("a", 1, "p1", 4),
        ev.LogKept("a", 1, "p2", 3),
        ev.FolderKept({"in.csv": "3"}),
    )
    assert view.folder == {"in.csv": "3", "lib.py": "2"}
    latest = view.steps["a"].latest
    assert latest is not None
    assert latest.log == [LogPiece("p1", 4), LogPiece("p2", 3)]
