"""Rules of the controller: what it hands to executors, and how a run ends that it cannot drive any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from jupyter_pipes.execution import loop as background
from jupyter_pipes.execution.controller import Controller
from jupyter_pipes.execution.decisions.lookup import Lookup
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.recording.stated import started
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.history import journal
from jupyter_pipes.history.journal import Journal
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Status, Step
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.selection import select
from jupyter_pipes.planning.observations import observations
from jupyter_pipes.planning.plan import PlannedDecision, foresee
from jupyter_pipes.planning.preparation import decider_of
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest
from jupyter_pipes.system.processes import this_process
from tests.options import EVERY_OPTION, SAID

DEADLINE = 60.0
"""Seconds after which a test that waits gives up: a bound for hangs, no measure of speed."""


def graph_of(*cells: str) -> Graph:
    return build([cell_from_source(f"c{n}", n, cell)[0] for n, cell in enumerate(cells, 1)], [])


class Stage:
    """A run whose steps only pretend to run: each attempt ends at once as `outcomes` says, or stays."""

    def __init__(self, folder: Path, graph: Graph, **outcomes: ev.Outcome) -> None:
        self.workspace = Workspace(folder)
        self.outcomes = outcomes
        self.jobs: dict[str, Job] = {}
        self.cancelled: list[str] = []
        definition = Definition(graph.steps, pipeline="p", directory=str(folder))
        request = RunRequest(definition, Arguments({}, {}, {}, select(graph)), version="1.0.0")
        _ = self.workspace.history, self.workspace.store
        self.controller = Controller("r", request, self.workspace, self, background.loop())

    def submit(self, job: Job, report: Report) -> None:
        self.jobs[job.step.name] = job
        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue))
        report(ev.AttemptStarted(job.step.name, job.attempt, 1, "h"))
        if job.step.name in self.outcomes:
            report(ev.AttemptEnded(job.step.name, job.attempt, self.outcomes[job.step.name]))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        self.cancelled.append(attempt)

    def close(self) -> None:
        """There is nothing to give back."""

    def run(self) -> None:
        background.call(self.controller.start)
        assert self.controller.ended.wait(DEADLINE)


def answered(stage: Stage, answer: AnswerGate) -> None:
    """Answer a gate, if its step waits there just now."""
    if answer.step in stage.controller.view.gates:
        stage.controller.command(answer)


def test_what_a_user_says_of_a_step_arrives_whole_in_plan_event_and_job(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    graph = graph_of("%%step first\nx = 1", f"%%step all {SAID}\ny = x")
    stage = Stage(tmp_path, graph, first="completed", all="completed")
    stage.workspace.locks.keep_packages(EVERY_OPTION, {"numpy": "2.0"})
    stage.controller.subscribe(lambda view, record: answered(stage, AnswerGate("all", True, "anna")))
    stage.run()
    step = graph.step("all")
    planned = PlannedDecision(step, "run", ())
    recorded = stage.workspace.history.view("r").steps["all"].planned
    options = (step.options, planned.step.options, recorded.options, stage.jobs["all"].step.options)
    assert options == (EVERY_OPTION,) * 4
    assert stage.controller.view.status is Status.COMPLETED


# Runs in which an attempt shows more than the code ----------------------------------------------------

CHANGING = (
    "%%step load\nxs = [1]",
    "%%step change\nimport elsewhere\nn = elsewhere.clean(xs)",
    "%%step count\ntotal = len(xs)",
    "%%step show\nprint(total)",
)


class Changing(Stage):
    """A run in which `change` is seen to change its input when `count`, and what hangs on it, has ended."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, graph_of(*CHANGING), load="completed", count="completed", show="completed")
        self.all_jobs: list[Job] = []
        self.report: Report | None = None
        self.controller.subscribe(self._go_on)

    def submit(self, job: Job, report: Report) -> None:
        self.all_jobs.append(job)
        for name in job.step.demanded:
            ref = self.workspace.store.put(name, f"{name} of {job.step.name} {job.attempt}")
            report(ev.ArtifactStored(job.step.name, job.attempt, ref))
        if job.step.name == "change":
            self.report = report
        super().submit(job, report)

    def _go_on(self, view: RunView, record: ev.Record) -> None:
        if view.steps and view.steps["show"].status is Status.COMPLETED and self.report is not None:
            report, self.report = self.report, None
            ref = self.workspace.store.put("xs", "changed")
            background.loop().call_soon(
                report,
                ev.ArtifactStored("change", 1, ref),
                ev.InputsChanged("change", 1, ("xs",)),
                ev.AttemptEnded("change", 1, "completed"),
            )


def test_what_used_the_old_value_runs_again_with_the_new_one_and_what_it_left(tmp_path: Path) -> None:
    stage = Changing(tmp_path)
    stage.run()
    view = stage.controller.view
    assert {str(step.status) for step in view.steps.values()} == {"completed"}
    jobs = {(job.step.name, job.attempt): job for job in stage.all_jobs}
    assert sorted(name for name, _ in jobs) == ["change", "count", "count", "load", "show", "show"]
    first, again = jobs["count", 1].inputs["xs"], jobs["count", 2].inputs["xs"]
    assert first is not None
    assert again is not None
    assert stage.workspace.store.get(again) == "changed"
    assert (jobs["count", 2].step.reads, first.digest == again.digest) == ({"xs": "change"}, False)
    shown = jobs["show", 2].inputs["total"]
    assert shown is not None
    assert stage.workspace.store.get(shown) == "total of count 2"
    reopened = [record.event for record in stage.workspace.history.records("r")]
    reasons = {fact.step: fact.reason for fact in reopened if isinstance(fact, ev.StepReopened)}
    assert reasons["count"] == "xs was changed in place by change"


def test_the_next_plan_has_the_edge_from_the_start(tmp_path: Path) -> None:
    stage = Changing(tmp_path)
    stage.run()
    steps = stage.controller.request.definition.steps
    seen = observations(steps, stage.workspace.history.newest_results("p"))
    assert seen == {"change": Observation(changed=("xs",))}
    request = msgspec.structs.replace(stage.controller.request, observed=seen)
    plan = [step for step, _ in foresee(request, decider_of(request.definition, stage.workspace))]
    assert {step.name: step.decision for step in plan} == dict.fromkeys(stage.jobs, "cached")
    assert plan[2].step.reads == {"xs": "change"}
    again = Stage(tmp_path, Graph())
    again.controller = Controller("r2", request, again.workspace, again, background.loop())
    again.run()
    assert {str(step.status) for step in again.controller.view.steps.values()} == {"cached"}
    assert again.jobs == {}


def test_a_kept_result_brings_its_edge_where_no_plan_knew_of_it(tmp_path: Path) -> None:
    """So it is when another pipeline, or a run with other parameters, left the result."""
    stage = Changing(tmp_path)
    stage.run()
    request = stage.controller.request
    decider = decider_of(request.definition, stage.workspace)
    assert {step.decision for step, _ in foresee(request, decider)} == {"cached"}
    again = Stage(tmp_path, Graph())
    again.controller = Controller("r2", request, again.workspace, again, background.loop())
    again.run()
    view = again.controller.view
    assert (view.steps["count"].planned.reads, again.jobs) == ({"xs": "change"}, {})


# Runs that are given up ---------------------------------------------------------------------------------

CELLS = ("%%step a\nx = 1", "%%step b\ny = x", "%%step long\nz = 1", "%%step last --after b long\nw = 1")
KINDS = (ev.RunStarted, ev.StepDecided, ev.AttemptStarted, ev.AttemptEnded, ev.StepEnded)


class GivenUp(Stage):
    """A run of which `a` and `b` complete, `long` does not end, and something goes wrong on the way."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, graph_of(*CELLS), a="completed", b="completed")
        self.told: list[ev.Record] = []
        self.controller.subscribe(lambda _, record: self.told.append(record))

    @property
    def live(self) -> object:
        return msgspec.to_builtins(self.controller.view)

    @property
    def kept(self) -> object:
        return msgspec.to_builtins(self.workspace.history.view("r"))

    def check(self) -> None:
        """All has ended as far as anybody can see, and what ran is stopped."""
        view = self.controller.view
        assert self.live == msgspec.to_builtins(fold("r", self.told))
        assert (view.status, view.reason) == (Status.FAILED, str(self.controller.error))
        assert all(step.status.is_final for step in view.steps.values())
        assert all(each.status.is_final for step in view.steps.values() for each in step.attempts)
        started = {record.event.step for record in self.told if isinstance(record.event, ev.AttemptStarted)}
        assert {attempt.split("/")[1] for attempt in self.cancelled} == started - {"a", "b"} | {
            name for name in started & {"a", "b"} if view.steps[name].status is Status.CANCELLED
        }


def fails_at(kind: type[ev.Event], error: Exception, times: int = 10**6) -> Callable[..., None]:
    """Return what raises when it is handed an event of this kind, alone or in records; at most so often."""
    left = [times]

    def check(given: ev.AnyEvent | Sequence[ev.Record]) -> None:
        events = [record.event for record in given] if isinstance(given, Sequence) else [given]
        if left[0] and any(isinstance(event, kind) for event in events):
            left[0] -= 1
            raise error

    return check


def patch(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, check: Callable[..., None]) -> None:
    """Have `check` called with the first argument of each call of a method, before it."""
    original: Callable[..., object] = getattr(owner, method)

    def checked(self: object, given: object, *more: object, **options: object) -> object:
        check(given)
        return original(self, given, *more, **options)

    monkeypatch.setattr(owner, method, checked)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_whose_scheduler_breaks_is_kept_as_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[ev.Event]
) -> None:
    patch(monkeypatch, Scheduler, "handle", fails_at(kind, ZeroDivisionError("a fault")))
    stage = GivenUp(tmp_path)
    stage.run()
    stage.check()
    assert stage.kept == stage.live
    assert "ZeroDivisionError: a fault" in stage.controller.view.reason


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_could_not_be_recorded_for_a_moment_is_kept_as_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[ev.Event]
) -> None:
    patch(monkeypatch, Journal, "write", fails_at(kind, StoreError("disk full"), times=1))
    stage = GivenUp(tmp_path)
    stage.run()
    stage.check()
    assert stage.kept == stage.live


@pytest.mark.parametrize("method", ["write", "number"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_cannot_be_recorded_is_shown_as_a_fold_of_facts_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[ev.Event], method: str
) -> None:
    fails = fails_at(kind, StoreError("disk full"))
    failed: list[bool] = []

    def check(given: ev.AnyEvent | Sequence[ev.Record]) -> None:
        try:
            fails(given)
        except StoreError:
            failed.append(True)
        if failed:
            raise StoreError("disk full")

    patch(monkeypatch, Journal, method, check)
    stage = GivenUp(tmp_path)
    stage.run()
    stage.check()
    numbers = [record.seq for record in stage.told]
    assert numbers == list(range(len(numbers)))


def test_a_run_of_which_nothing_can_be_decided_is_kept_as_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Lookup) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Lookup, "ahead", broken)
    stage = GivenUp(tmp_path)
    stage.run()
    stage.check()
    assert stage.kept == stage.live


def test_a_step_that_cannot_be_decided_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Lookup, step: Step, *__: object) -> None:
        raise ZeroDivisionError(f"a fault in {step.name}")

    monkeypatch.setattr(Lookup, "decide", broken)
    stage = GivenUp(tmp_path)
    stage.run()
    statuses = {name: str(step.status) for name, step in stage.controller.view.steps.items()}
    assert statuses == {"a": "failed", "b": "skipped", "long": "failed", "last": "skipped"}
    assert stage.controller.error is None
    assert stage.kept == stage.live


def test_a_run_whose_executor_breaks_is_kept_as_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(job: Job) -> None:
        if job.step.name == "b":
            raise ZeroDivisionError("a fault")

    patch(monkeypatch, Stage, "submit", check)
    stage = GivenUp(tmp_path)
    stage.run()
    stage.check()
    assert stage.kept == stage.live


def test_a_run_that_was_given_up_can_be_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        patch(broken, Scheduler, "handle", fails_at(ev.AttemptEnded, ZeroDivisionError("a fault")))
        GivenUp(tmp_path).run()
    stage = GivenUp(tmp_path)
    earlier = list(journal.read(stage.workspace.history.database, "r", stage.workspace.history.seals))
    request = stage.controller.request
    stage.outcomes["long"] = stage.outcomes["last"] = "completed"
    stage.controller = Controller("r", request, stage.workspace, stage, background.loop(), earlier)
    stage.run()
    assert {str(step.status) for step in stage.controller.view.steps.values()} == {"completed"}
    assert stage.kept == stage.live


# Commands ------------------------------------------------------------------------------------------------


def handed_over(stage: Stage, *events: ev.AnyEvent) -> Stage:
    """Have the stage's run begun by another process, and then these facts; its controller comes now."""
    log, request = stage.workspace.history.journal("r"), stage.controller.request
    began = started(request, this_process(), lambda digest, content: digest, "local")
    records = [log.number(event) for event in (began, *events)]
    log.write(records, fold("r", records))
    stage.controller = Controller("r", request, stage.workspace, stage, background.loop(), records)
    return stage


TWO = ("%%step first\nx = 1", "%%step second\ny = x")


def test_a_command_that_was_given_before_a_controller_came_is_carried_out(tmp_path: Path) -> None:
    stage = handed_over(Stage(tmp_path, graph_of(*TWO)), ev.CommandGiven(Cancel(reason="too late")))
    stage.run()
    assert stage.controller.view.status is Status.CANCELLED
    assert stage.jobs == {}


def test_a_command_of_the_time_before_a_run_was_taken_up_again_is_not(tmp_path: Path) -> None:
    facts = (ev.CommandGiven(Cancel()), ev.RunEnded(Status.CANCELLED))
    stage = handed_over(Stage(tmp_path, graph_of(*TWO), first="completed", second="completed"), *facts)
    stage.run()
    assert stage.controller.view.status is Status.COMPLETED


class Commanded(Stage):
    """A run whose step `slow` is cancelled by another process as soon as it has begun."""

    def __init__(self, folder: Path) -> None:
        graph = graph_of("%%step slow\nx = 1", "%%step other\ny = 1")
        super().__init__(folder, graph, other="completed")
        self.reports: dict[str, Report] = {}

    def submit(self, job: Job, report: Report) -> None:
        super().submit(job, report)
        self.reports[job.attempt_id] = report
        if job.step.name == "slow":
            self.workspace.history.remark("r", ev.CommandGiven(Cancel("slow", "from elsewhere")))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        self.reports[attempt](ev.AttemptEnded("slow", 1, outcome, reason))


def test_a_step_is_cancelled_by_another_process_and_the_others_go_on(tmp_path: Path) -> None:
    stage = Commanded(tmp_path)
    stage.run()
    steps = stage.controller.view.steps
    ends = {name: (str(step.status), step.reason) for name, step in steps.items()}
    assert ends == {"slow": ("cancelled", "from elsewhere"), "other": ("completed", "")}


# Gates ------------------------------------------------------------------------------------------------

GATED = (
    "%%step first\nx = 1",
    "%%step publish --gate 'Look at it'\ny = x",
    "%%step behind\nz = y",
    "%%step other\nw = x",
)
COMPLETED: dict[str, ev.Outcome] = dict.fromkeys(("first", "publish", "behind", "other"), "completed")


class Gated(Stage):
    """A run whose step `publish` waits at its gate; another process answers once all else has ended."""

    def __init__(self, folder: Path, answer: AnswerGate) -> None:
        super().__init__(folder, graph_of(*GATED), **COMPLETED)
        self.answer = answer
        self.asked = ""
        self.claims: list[object] = []
        self.controller.subscribe(self._look)

    def _look(self, view: RunView, record: ev.Record) -> None:
        if view.waits_for and not self.asked:
            self.asked = view.waits_for
            signature = view.steps["publish"].signature
            self.claims.append(self.workspace.history.claim(signature, "other run", "publish"))
            self.workspace.history.release(signature, "other run")
            self.workspace.history.remark("r", ev.CommandGiven(self.answer))


def test_a_step_waits_at_its_gate_with_no_attempt_and_no_claim_until_another_process_approves(
    tmp_path: Path,
) -> None:
    stage = Gated(tmp_path, AnswerGate("publish", True, "anna", "looks good"))
    stage.run()
    assert stage.asked == "waits for approval of publish: Look at it"
    assert stage.claims == [None]
    view = stage.workspace.history.view("r")
    assert (view.status, view.gates) == (Status.COMPLETED, {})
    assert view.steps["publish"].notes == ["approved by anna: looks good"]


def test_a_refused_step_and_its_run_end_cancelled_with_who_refused_and_why(tmp_path: Path) -> None:
    stage = Gated(tmp_path, AnswerGate("publish", False, "anna", "too early"))
    stage.run()
    view = stage.workspace.history.view("r")
    ends = {name: (str(step.status), step.reason) for name, step in view.steps.items()}
    assert ends == {
        "first": ("completed", ""),
        "publish": ("cancelled", "refused by anna: too early"),
        "behind": ("skipped", "publish was refused"),
        "other": ("completed", ""),
    }
    assert (view.status, view.reason) == (Status.CANCELLED, "publish refused")
    assert "publish" not in stage.jobs


def test_an_answer_for_a_step_that_does_not_wait_changes_nothing(tmp_path: Path) -> None:
    stage = Gated(tmp_path, AnswerGate("publish", True, "anna"))
    stage.controller.subscribe(
        lambda view, record: stage.controller.command(AnswerGate("other", False, "bob"))
    )
    stage.run()
    assert stage.controller.view.status is Status.COMPLETED
