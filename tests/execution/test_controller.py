"""Rules of the controller: what it hands to executors, and how a run ends that it cannot drive any more."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.execution import loop as background
from jupyter_pipes.execution.controller import Controller
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Status
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.selection import select
from jupyter_pipes.planning.plan import PlannedDecision
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest
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


def test_what_a_user_says_of_a_step_arrives_whole_in_plan_event_and_job(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    graph = graph_of("%%step first\nx = 1", f"%%step all {SAID}\ny = x")
    stage = Stage(tmp_path, graph, first="completed", all="completed")
    stage.run()
    step = graph.step("all")
    planned = PlannedDecision(step, "run", ())
    recorded = stage.workspace.history.view("r").steps["all"].planned
    options = (step.options, planned.step.options, recorded.options, stage.jobs["all"].step.options)
    assert options == (EVERY_OPTION,) * 4
    assert stage.controller.view.status is Status.COMPLETED
