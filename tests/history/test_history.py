"""The journal and the history: append once, read the same, tell interrupted runs, find results again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_pipes.history import journal
from jupyter_pipes.history.history import (
    History,
    Result,
    packed_parts,
)
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import Cancel
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import RunNotFound, StoreError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef, FileSeen
from jupyter_pipes.model.steps import Status
from jupyter_pipes.system.processes import Process, this_process
from tests.leases import ELSEWHERE, here, hold

STEPS = (ev.PlannedStep("a"), ev.PlannedStep("b", ("a",)), ev.PlannedStep("c", ("b",)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(place: Path) -> Iterator[History]:
    history = History(f"sqlite:///{place}")
    yield history
    history.close()


class Log:
    """The journal of a run with the view of the one who writes it."""

    def __init__(self, history: History, run: str) -> None:
        self.journal = history.journal(run)
        self.view = fold(run, journal.read(history.database, run, history.seals))

    def append(self, event: ev.AnyEvent) -> ev.Record:
        return self.journal.append(event, self.view)


def begin(history: History, run: str, driver: Process | None = None, *facts: ev.AnyEvent) -> Log:
    """Begin a run that this process (or the given one) drives."""
    hold(history, run, driver or this_process())
    log = Log(history, run)
    for fact in (ev.RunStarted("p", "1.0.0", STEPS), *facts):
        log.append(fact)
    return log


# The journal --------------------------------------------------------------------------------------------


def test_who_has_lost_the_lease_of_a_run_writes_nothing(history: History) -> None:
    """Neither facts nor what they refer to, nor what they change in the indexes."""
    lease = history.leases.take("r", 30.0)
    log = Log(history, "r")
    log.journal.lease = lease
    log.append(ev.RunStarted("p", "1.0.0", STEPS))
    assert history.leases.take_over(history.leases.look("r")) is not None
    late = log.journal.number(ev.RunEnded(Status.COMPLETED))
    with pytest.raises(journal.Overtaken, match="run r was taken over or ended by another process"):
        log.journal.write([late], fold("r", [*history.records("r"), late]), {"a" * 64: b"content"})
    assert history.view("r").status is Status.RUNNING
    assert history.running() != []
    assert history.attachment("a" * 64) is None


def test_what_a_controller_writes_is_a_sign_of_life(history: History) -> None:
    log = Log(history, "r")
    log.journal.lease = history.leases.take("r", 30.0)
    log.append(ev.RunStarted("p", "1.0.0", STEPS))
    renewed = history.leases.look("r").lease
    assert renewed is not None
    assert renewed.renewals == 1


def test_records_are_numbered_and_read_back_in_order(history: History) -> None:
    log = begin(history, "r")
    appended = [log.append(ev.NoteAdded("a", 1, str(n))) for n in range(5)]
    assert [record.seq for record in appended] == [1, 2, 3, 4, 5]
    assert list(journal.read(history.database, "r", history.seals, after=0)) == appended
    assert list(journal.read(history.database, "r", history.seals, after=3)) == appended[3:]


def test_a_command_stands_behind_what_the_controller_wrote_meanwhile(history: History) -> None:
    """Whoever gives it is in the middle of doing so; the controller's facts have one writer only."""
    controller, other = begin(history, "r"), Log(history, "r")
    command = other.journal.number(ev.CommandGiven(Cancel(reason="enough")))
    rival = Log(history, "r").journal
    fact = rival.number(ev.RetryDue("a"))
    controller.append(ev.NoteAdded("a", 1, "meanwhile"))
    other.journal.write([command], other.view)
    assert [type(record.event) for record in history.records("r", 0)] == [ev.NoteAdded, ev.CommandGiven]
    with pytest.raises(journal.Overtaken, match="another process writes it as well"):
        rival.write([fact], other.view)


def test_two_runs_are_numbered_apart(history: History) -> None:
    first, second = begin(history, "r"), begin(history, "s")
    assert (first.append(ev.RetryDue("a")).seq, second.append(ev.RetryDue("a")).seq) == (1, 1)


def test_a_journal_that_is_taken_up_again_goes_on_behind_the_last_number(history: History) -> None:
    begin(history, "r")
    assert Log(history, "r").append(ev.RetryDue("a")).seq == 1


def test_what_is_appended_is_there_for_another_process_at_once(history: History, place: Path) -> None:
    log = begin(history, "r")
    log.append(ev.NoteAdded("a", 1, "seen from outside"))
    with sqlite3.connect(place) as outside:
        bodies = [body for (body,) in outside.execute("select body from events order by seq")]
    assert "seen from outside" in bodies[-1]


def test_a_second_writer_of_a_run_is_refused_and_changes_nothing(history: History) -> None:
    first = begin(history, "r")
    second = Log(history, "r")
    second.append(ev.NoteAdded("a", 1, "by the second"))
    with pytest.raises(StoreError, match="run r cannot be recorded"):
        first.append(ev.NoteAdded("a", 1, "by the first"))
    assert [type(record.event) for record in journal.read(history.database, "r", history.seals)] == [
        ev.RunStarted,
        ev.NoteAdded,
    ]


def test_a_full_or_read_only_disk_is_told_with_the_run_and_what_to_do(history: History, place: Path) -> None:
    log = begin(history, "r")
    with sqlite3.connect(place) as outside:
        outside.execute(
            "create trigger full before insert on events begin select raise(abort, 'disk is full'); end"
        )
    with pytest.raises(StoreError, match=r"run r cannot be recorded: .*disk is full; .*free space"):
        log.append(ev.RetryDue("a"))


def test_a_record_of_another_version_is_told_with_its_number(history: History, place: Path) -> None:
    begin(history, "r")
    with sqlite3.connect(place) as outside:
        outside.execute("insert into events values ('r', 1, 0, '{\"kind\": \"FromTheFuture\"}')")
    with pytest.raises(StoreError, match="record 1 of run r"):
        history.view("r")


# Runs ---------------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first(history: History) -> None:
    for name in ("one", "two"):
        begin(history, name).append(ev.RunEnded(Status.COMPLETED))
    begin(history, "three")
    found = [(summary.run, summary.status) for summary in history.runs()]
    assert found == [("three", "running"), ("two", "completed"), ("one", "completed")]
    assert history.runs("another pipeline") == []


def test_a_run_that_is_not_kept_has_no_view(history: History) -> None:
    with pytest.raises(RunNotFound, match="1999"):
        history.view("1999")


GONE = here(999_999_999, "1")


def test_a_run_whose_controller_is_gone_is_settled_once_with_its_finished_steps_kept(
    history: History,
) -> None:
    finished = ev.StepEnded("a", Status.COMPLETED)
    begin(
        history,
        "r",
        GONE,
        finished,
        ev.AttemptQueued("b", 1, "local"),
        ev.AttemptStarted("b", 1, 9, "h"),
    )
    begin(history, "mine")
    assert history.settle_interrupted() == ["r"]
    assert history.settle_interrupted() == []
    view = history.view("r")
    assert view.status is Status.INTERRUPTED
    assert "process" in view.reason
    assert [step.status for step in view.steps.values()] == [
        Status.COMPLETED,
        Status.CANCELLED,
        Status.CANCELLED,
    ]
    assert [attempt.status for attempt in view.steps["b"].attempts] == [Status.CANCELLED]
    assert view.steps["b"].reason.startswith("interrupted")
    assert history.view("mine").status is Status.RUNNING


# Results ------------------------------------------------------------------------------------------------

PARTS = (Part("code", "", "d", "x = 1"), Part("input", "x", "e", origin="load"))
KEPT = ResultContent(
    (FileSeen("/f", "g"),), (ArtifactRef("x", "h", "int", 1, "json"),), {"auc": 0.5}, ("a note",)
)


def keep(history: History, run: str, signature: str, step: str = "a", pipeline: str = "p") -> Result:
    """Let a run's step complete under a signature, and return the result that is to be found then."""
    parts, content = packed_parts(PARTS)
    history.keep_attachments({parts: content})
    log = Log(history, run)
    for fact in (
        ev.RunStarted(pipeline, "1.0.0", (ev.PlannedStep(step),)),
        ev.StepDecided(step, "run", signature=signature, parts=parts),
        ev.ArtifactStored(step, 1, KEPT.artifacts[0]),
        ev.MetricReported(step, 1, "auc", 0.25),
        ev.MetricReported(step, 1, "auc", 0.5),
        ev.NoteAdded(step, 1, "a note"),
        ev.AttemptEnded(step, 1, "completed", files=KEPT.files),
    ):
        log.append(fact)
    return Result(signature, pipeline, step, run, parts, KEPT)


def test_results_come_back_as_they_were_kept_newest_first(history: History) -> None:
    kept = [keep(history, run, "s") for run in ("1", "2")]
    assert history.results("s") == kept[::-1]
    assert history.parts(kept[0].parts) == PARTS


def test_results_are_found_by_signature_in_any_step_and_by_step_in_their_pipeline(history: History) -> None:
    copy = keep(history, "1", "s", pipeline="copy")
    other = keep(history, "2", "s", step="other")
    third = keep(history, "3", "t")
    assert history.results("s") == [other, copy]
    assert history.results_of("p", "a") == [third]
    assert history.newest_results("p") == {"a": third, "other": other}


@pytest.mark.parametrize("outcome", ["failed", "timed out", "cancelled", "lost"])
def test_an_attempt_that_did_not_complete_leaves_no_result(history: History, outcome: ev.Outcome) -> None:
    decided = ev.StepDecided("a", "run", signature="s")
    begin(history, "r", None, decided, ev.AttemptEnded("a", 1, outcome), ev.StepEnded("a", Status.FAILED))
    assert history.results("s") == []


def test_what_was_accepted_is_found_under_its_new_signature_with_the_outputs_of_its_run(
    history: History,
) -> None:
    kept = keep(history, "r", "s")
    history.remark("r", ev.ResultAccepted("a", "t", kept.parts, (FileSeen("/f", "now"),)))
    (found,) = history.results("t")
    assert (found.artifacts, found.metrics, found.files) == (
        kept.artifacts,
        kept.metrics,
        (FileSeen("/f", "now"),),
    )
    assert history.results("s") == [kept]


# Claims -------------------------------------------------------------------------------------------------


def test_one_claims_a_signature_and_others_are_told_who(history: History) -> None:
    begin(history, "r")
    assert history.claim("s", "r", "a") is None
    owner = history.claim("s", "q", "b")
    assert owner is not None
    assert (owner.run, owner.step, owner.standing.is_over) == ("r", "a", False)
    assert str(owner).endswith(f"process {os.getpid()} on this machine")
    assert history.claim("t", "q", "b") is None


def test_a_claim_is_the_claimer_s_own_and_free_again_once_released(history: History) -> None:
    begin(history, "r")
    assert history.claim("s", "r", "a") is None
    assert history.claim("s", "r", "a") is None
    history.release("s", "q")
    assert history.claim("s", "q", "b") is not None
    history.release("s", "r")
    assert history.claim("s", "q", "b") is None


def test_the_end_of_a_step_gives_its_claim_back(history: History) -> None:
    begun = begin(history, "r", None, ev.StepDecided("a", "run", signature="s"))
    assert history.claim("s", "r", "a") is None
    begun.append(ev.AttemptQueued("a", 1, "local"))
    assert history.claim("s", "q", "a") is not None
    begun.append(ev.StepEnded("a", Status.FAILED, "broke"))
    assert history.claim("s", "q", "a") is None


def test_a_claim_of_a_run_that_nobody_drives_is_taken_over(history: History) -> None:
    history.database.change([("add_claim", {"signature": "s", "run": "r", "step": "a"})])
    assert history.claim("s", "q", "b") is None
    (row,) = history.database.rows("claim", signature="s")
    assert tuple(row) == ("q", "b")


def test_a_claim_of_a_controller_that_is_gone_is_taken_over_and_its_run_is_settled(history: History) -> None:
    begin(history, "r", GONE)
    history.database.change([("add_claim", {"signature": "s", "run": "r", "step": "a"})])
    assert history.claim("s", "q", "b") is None
    assert history.view("r").status is Status.INTERRUPTED


def test_a_claim_on_another_machine_is_respected_and_says_whose_it_is(history: History) -> None:
    begin(history, "r", ELSEWHERE)
    assert history.claim("s", "r", "a") is None
    owner = history.claim("s", "q", "b")
    assert owner is not None
    assert str(owner).startswith("waits for step a of run r, which computes the same, on pod-1, last seen ")


# Remarks ------------------------------------------------------------------------------------------------


def test_remarks_are_made_while_a_run_goes_on_and_its_controller_writes_behind_them(
    history: History,
) -> None:
    log = begin(history, "r")
    history.remark("r", ev.RunTagged(("x", "y")))
    history.remark("r", ev.RunRenamed("my best"))
    log.append(ev.NoteAdded("a", 1, "by the controller"))
    history.remark("r", ev.RunArchived())
    log.append(ev.RunEnded(Status.COMPLETED))
    kinds = [type(record.event) for record in journal.read(history.database, "r", history.seals)]
    assert kinds == [
        ev.RunStarted,
        ev.RunTagged,
        ev.RunRenamed,
        ev.NoteAdded,
        ev.RunArchived,
        ev.RunEnded,
    ]
    assert [record.seq for record in journal.read(history.database, "r", history.seals)] == list(range(6))
    view = history.view("r")
    assert (view.tags, view.title, view.archived, view.status) == (("x", "y"), "my best", True, "completed")
    assert history.fields(["r"]) == {"r": {"tags": ["x", "y"]}}
    with pytest.raises(RunNotFound):
        history.remark("none", ev.RunTagged(("x",)))


def test_documents_are_kept_by_digest_small_and_large(history: History) -> None:
    kept = {digest(content): content for content in (b"a", b"ab" * 10_000, os.urandom(2_000), b"")}
    history.keep_attachments(kept)
    history.keep_attachments(kept)
    assert {name: history.attachment(name) for name in kept} == kept
    assert history.attachment("none") is None
    assert history.attachment("") is None


# Opening ------------------------------------------------------------------------------------------------


def test_a_history_of_a_newer_version_is_refused(history: History, place: Path) -> None:
    with sqlite3.connect(place) as outside:
        outside.execute("update settings set value = '99' where name = 'schema'")
    with pytest.raises(StoreError, match="newer"):
        History(f"sqlite:///{place}")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("sqlite:////none/such/folder/history.db", "unable to open"),
        ("no url", "history"),
        ("postgresql+psycopg2://me:secret@nowhere.invalid/x", "history"),
        ("odd:://me:secret@x:port/y", "history"),
        ("nonsense://x/y", "history"),
    ],
)
def test_a_history_that_cannot_be_opened_says_why_and_no_password(url: str, word: str) -> None:
    with pytest.raises(StoreError, match=word) as caught:
        History(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        History(f"sqlite:///{tmp_path}/text.db")
