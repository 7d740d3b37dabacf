"""Rules of callbacks: who is called for what, in which order, and what their answers and failures mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_pipes.execution import loop as background
from jupyter_pipes.execution.callbacks import callbacks, calls
from jupyter_pipes.execution.controller import Controller
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.hooks import RunTold, StepTold, hookimpl
from jupyter_pipes.hooks.given import GivenCallbacks, check_callbacks
from jupyter_pipes.hooks.plugins import Plugins
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.declarations.packing import pack, unpack
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.parameters import Parameter, from_mapping
from jupyter_pipes.pipelines.selection import select
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest

DEADLINE = 60.0
"""Seconds after which a test that waits gives up: a bound for hangs, no measure of speed."""

FITTING = ("%%step fit\nmodel = lr", "%%step use\ny = model", "%%step other\nz = 1")


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """The plugins that there are: none but those of the test."""
    own = Plugins()
    monkeypatch.setattr(callbacks, "installed", lambda: own)
    return own


class Stage:
    """Runs in a folder whose steps only pretend to run: each attempt completes at once."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder)
        self.folder = folder
        self.jobs: dict[str, Job] = {}
        self.began = dict[str, threading.Event]()
        _ = self.workspace.history, self.workspace.store

    def submit(self, job: Job, report: Report) -> None:
        self.jobs[job.step.name] = job
        self.began.setdefault(job.step.name, threading.Event()).set()
        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue))
        report(ev.AttemptStarted(job.step.name, job.attempt, 1, "h"))
        for name in job.step.writes:
            ref = self.workspace.store.put(name, f"{name} of {job.step.name}")
            report(ev.ArtifactStored(job.step.name, job.attempt, ref))
        report(ev.AttemptEnded(job.step.name, job.attempt, "completed"))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """There is nothing that runs."""

    def close(self) -> None:
        """There is nothing to give back."""

    def run(self, *cells: str, **given: Any) -> RunView:
        declared = from_mapping({"lr": Parameter(float, 0.1)})
        specs = [parameter.spec for parameter in declared]
        graph = build([cell_from_source(f"c{n}", n, cell)[0] for n, cell in enumerate(cells, 1)], specs)
        definition = Definition(graph.steps, graph.parameters, pipeline="p", directory=str(self.folder))
        values = {step.name: pack(dict.fromkeys(step.parameters, 0.1)) for step in graph.steps}
        request = RunRequest(
            definition,
            Arguments(values, {}, {"lr": 0.1}, select(graph)),
            version="1.0.0",
            callbacks=check_callbacks(cast("GivenCallbacks", given)),
            declared=declared,
        )
        number = len(self.workspace.history.runs("p"))
        controller = Controller(f"r{number}", request, self.workspace, self, background.loop())
        background.call(controller.start)
        assert controller.ended.wait(DEADLINE)
        assert controller.error is None
        return self.workspace.history.view(f"r{number}")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def statuses(view: RunView) -> dict[str, str]:
    return {name: step.status.value for name, step in view.steps.items()}


def test_each_is_called_for_what_it_is_there_for_in_the_order_of_what_happens(stage: Stage) -> None:
    told: list[object] = []
    view = stage.run(
        "%%step a --stage work\nx = 1",
        before_run=lambda run: told.append(("before", run.id, run.status)),
        before=lambda step, params: told.append(("before", step.name, dict(params))),
        on_status=lambda step, old, new: told.append((step.status, old, new)),
        after_done=lambda step: told.append(("after", step.name, step.stage, step.attempts)),
        after_run=lambda run: told.append((run.status, [step.status for step in run.steps])),
    )
    moved = [
        ("queued", "pending", "queued"),
        ("running", "queued", "running"),
        ("completed", "running", "completed"),
    ]
    after = ("after", "a", "work", 1)
    assert told[:2] == [("before", "r0", "running"), ("before", "a", {})]
    # Two callbacks do not wait for each other; each is told in order.
    assert [each for each in told[2:-1] if each != after] == moved
    assert after in told[2:-1]
    assert told[-1] == ("completed", ["completed"])
    assert view.status is Status.COMPLETED


def test_false_skips_the_step_and_means_to_others_what_a_false_condition_does(stage: Stage) -> None:
    def no(step: StepTold, params: Mapping[str, Any]) -> bool:
        return step.name != "a"

    view = stage.run(
        "%%step a\nx = 1",
        "%%step reads\ny = x",
        "%%step waits --after a\nz = 1",
        "%%step ignores --on-fail ignore\nw = x",
        before=no,
    )
    assert statuses(view) == {
        "a": "skipped",
        "reads": "skipped",
        "waits": "completed",
        "ignores": "completed",
    }
    assert view.steps["a"].reason.endswith("no returned False")
    assert (view.status, stage.jobs["ignores"].inputs) == (Status.COMPLETED, {"x": None})


def test_changed_parameters_are_the_steps_and_count_for_reruns_by_their_values(stage: Stage) -> None:
    asked: list[object] = []

    def change(step: StepTold, params: Mapping[str, Any]) -> dict[str, object] | None:
        asked.append(params)
        return {"lr": len(asked) // 3 + 1} if "lr" in params else None

    first = stage.run(FITTING[0], "%%step also\nn = lr", before=change)
    assert unpack(stage.jobs["fit"].parameters) == {"lr": 1.0}
    assert isinstance(unpack(stage.jobs["fit"].parameters)["lr"], float), "as it is declared"
    assert first.parameters == {"lr": 0.1, "fit.lr": 1.0, "also.lr": 1.0}
    asked.clear()
    again = stage.run(FITTING[0], "%%step also\nn = lr", before=change)
    assert statuses(again) == {"fit": "cached", "also": "cached"}
    others = stage.run(FITTING[0], "%%step also\nn = lr", before=change)
    assert statuses(others) == {"fit": "completed", "also": "completed"}
    assert asked == [{"lr": 0.1}] * 4, "each is told of what the run was given"


def broken(step: StepTold, params: Mapping[str, Any]) -> None:
    raise ValueError("boom")


def leaves(step: StepTold, params: Mapping[str, Any]) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (broken, "ValueError: boom"),
        (leaves, "SystemExit: 3"),
        (lambda step, params: 3, "it returned 3"),
        (lambda step, params: {"n": 1}, "'n', which is no parameter that the step reads; it reads: lr"),
        (lambda step, params: {"lr": "quick"}, "lr"),
        (lambda step, params: {"lr": threading.Lock()}, "parameter lr"),
    ],
)
def test_one_that_fails_or_makes_no_sense_is_told_and_changes_nothing(
    stage: Stage, before: Callable[..., Any], words: str
) -> None:
    view = stage.run(FITTING[0], before=before)
    (noted,) = view.steps["fit"].called
    assert (noted.has_failed, words in noted.text) == (True, True)
    assert (view.status, unpack(stage.jobs["fit"].parameters)) == (Status.COMPLETED, {"lr": 0.1})


def test_what_a_callback_failed_with_is_a_fact_of_the_run_with_its_traceback(stage: Stage) -> None:
    def fail(run: RunTold) -> None:
        raise ValueError("boom")

    view = stage.run(FITTING[0], before=broken, before_run=fail, after_run=fail)
    errors = [noted.error for noted in (*view.steps["fit"].called, *view.called)]
    assert [(error.type, error.message) for error in errors if error] == [("ValueError", "boom")] * 3
    assert all("test_callbacks.py" in error.traceback for error in errors if error)
    assert (view.status, len(errors)) == (Status.COMPLETED, 3)


def test_a_hanging_one_delays_only_its_step_and_is_not_called_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "LIMIT", 1.0)
    let_go, asked = threading.Event(), list[str]()

    def hang(step: StepTold, params: Mapping[str, Any]) -> None:
        asked.append(step.name)
        if step.name == "fit":
            # Only when the other step has run while this one waits.
            stage.began.setdefault("other", threading.Event()).wait(DEADLINE)
            let_go.wait(DEADLINE)

    view = stage.run(*FITTING, before=hang)
    let_go.set()
    assert statuses(view) == dict.fromkeys(("fit", "use", "other"), "completed")
    assert (sorted(asked), view.steps["use"].called) == (["fit", "other"], [])
    (noted,) = view.steps["fit"].called
    assert noted.text.endswith("it did not return within 1 s, and is not called again in this run")


def test_the_end_waits_for_a_hanging_one_only_so_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LIMIT", 0.05)
    let_go = threading.Event()
    view = stage.run(FITTING[2], after_done=lambda step: let_go.wait(DEADLINE))
    let_go.set()
    assert (view.status, [noted.has_failed for noted in view.steps["other"].called]) == (
        Status.COMPLETED,
        [True],
    )


def test_a_function_that_the_pipeline_does_not_have_is_told(stage: Stage) -> None:
    """A kept definition of another version, or one that somebody made."""
    view = stage.run("%%step a --before gone\nx = 1")
    assert [noted.text for noted in view.steps["a"].called] == [
        "callback gone failed: the pipeline has no such function"
    ]
    assert view.status is Status.COMPLETED


class Listening:
    """A plugin that has all hooks, some with fewer arguments than there are."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @hookimpl
    def before_run(self) -> None:
        self.told.append("before_run")

    @hookimpl
    def before_step(self, params: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self.told.append("before_step")
        return {"lr": 2.0} if params else None

    @hookimpl
    def on_status(self, new: str) -> None:
        self.told.append(new)

    @hookimpl
    def artifact_stored(self, step: StepTold, artifact: Any) -> None:
        self.told.append(f"{step.name}.{artifact.name} {step.status}")

    @hookimpl
    def after_step(self, step: StepTold) -> None:
        self.told.append(f"after {step.name}")

    @hookimpl
    def after_run(self, run: RunTold) -> None:
        self.told.append("after_run")


def test_a_plugin_is_called_like_functions_of_the_run(stage: Stage, plugins: Plugins) -> None:
    listening = Listening()
    plugins.add("listening", lambda: listening)
    plugins.add("broken", lambda: 1 // 0)
    view = stage.run(FITTING[0])
    assert sorted(listening.told) == sorted(
        [
            "before_run",
            "before_step",
            "queued",
            "running",
            "fit.model running",
            "completed",
            "after fit",
            "after_run",
        ]
    )
    assert (listening.told[0], listening.told[-1]) == ("before_run", "after_run")
    assert view.parameters["fit.lr"] == 2.0
    assert [noted.text for noted in view.called] == [
        "plugin broken is left out: ZeroDivisionError: integer division or modulo by zero"
    ]
