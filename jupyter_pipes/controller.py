"""The controller drives one run on the background thread: inbox, scheduler, decisions, executors, journal."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import platform
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_pipes import events as ev
from jupyter_pipes.decision import Decider, Decision
from jupyter_pipes.errors import PipesError
from jupyter_pipes.executors.base import Executor
from jupyter_pipes.graph import Graph
from jupyter_pipes.history import Result
from jupyter_pipes.model import PARAMS_OWNER, ArtifactRef, Job, Status, Step, StepError
from jupyter_pipes.scheduler import Scheduler
from jupyter_pipes.views import RunView, apply
from jupyter_pipes.workspace import Workspace

_logger = logging.getLogger(__name__)

Subscriber = Callable[[RunView, ev.Record], None]


class RunRequest(Struct, frozen=True):
    """What a run is to do.

    Attributes:
        run: its id.
        pipeline, version: whose run it is.
        graph: the whole pipeline.
        selected: the steps to run, with all that they need, in order.
        parameters: step -> parameter -> value, for the parameters that the step reads.
        shown_parameters: the values as JSON carries them, for the journal.
        directory: the folder that steps run in.
        python_path: what is put in front of `sys.path` in a step.
        forced: steps that run whatever is kept.
        fail_fast: whether the first failure stops everything.
        queue_limits: cpus and memory that the local queue has.
        origin: where the pipeline came from (a notebook's path).
    """

    run: str
    pipeline: str
    version: str
    graph: Graph
    selected: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    shown_parameters: dict[str, Any]
    directory: Path
    python_path: tuple[Path, ...] = ()
    forced: frozenset[str] = frozenset()
    fail_fast: bool = False
    origin: str = ""


class Controller:
    """Drives one run. Everything but `ended` and `view` is touched on the background thread only."""

    def __init__(
        self, request: RunRequest, workspace: Workspace, executor: Executor, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.request = request
        self.view = RunView(request.run)
        self.ended = threading.Event()
        self.error: PipesError | None = None
        self._workspace = workspace
        self._executor = executor
        self._loop = loop
        self._journal = workspace.history.journal(request.run)
        self._scheduler = Scheduler()
        self._decider = Decider(workspace, request.pipeline, request.python_path)
        self._decisions: dict[str, Decision] = {}
        self._inbox: deque[ev.AnyEvent] = deque()
        self._taking = False
        self._subscribers: list[Subscriber] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._environment = dict(os.environ)
        self._steps = {step.name: step for step in request.graph.steps}

    def start(self) -> None:
        """Append `RunStarted` and let the run take its course."""
        request = self.request
        planned = plan_steps(request.graph, request.selected, fail_fast=request.fail_fast)
        self.take(
            ev.RunStarted(
                self.request.pipeline,
                self.request.version,
                planned,
                self.request.shown_parameters,
                self.request.origin,
                platform.node(),
                os.getpid(),
                _process_started(),
                self.request.graph.diagnostics,
            )
        )

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the view and each new record, on the background thread."""
        self._subscribers.append(subscriber)

    def cancel(self, step: str | None = None, reason: str = "cancelled by the user") -> None:
        """Cancel one step, or the run."""
        if not self.ended.is_set() and (step is None or step in self.view.steps):
            self.take(ev.CancelRequested(step, reason))

    def take(self, event: ev.AnyEvent) -> None:
        """Take a fact: append it, fold it, tell it, and carry out what the scheduler answers.

        What that causes is taken in turn, in the order in which it comes.
        """
        self._inbox.append(event)
        if self._taking:
            return
        self._taking = True
        try:
            while self._inbox and not self.ended.is_set():
                self._take(self._inbox.popleft())
        except PipesError as error:
            self._give_up(error)
        except Exception as error:  # a run that nobody drives any more would never end
            _logger.exception("run %s cannot go on", self.request.run)
            self._give_up(PipesError(f"run {self.request.run} cannot go on: {_described(error)}"))
        finally:
            self._taking = False

    def _take(self, event: ev.AnyEvent) -> None:
        record = self._journal.append(event)
        apply(record, self.view)
        if isinstance(event, ev.AttemptEnded) and event.outcome == "completed":
            self._keep_result(event)
        for command in self._scheduler.handle(event):
            self._perform(command)
        self._tell(record)
        if isinstance(event, ev.RunEnded):
            self._close()

    def _tell(self, record: ev.Record) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(self.view, record)
            except Exception:  # a display that fails is no reason to stop the run
                _logger.exception("a subscriber of run %s failed", self.request.run)

    def _perform(self, command: ev.AnyCommand) -> None:
        match command:
            case ev.Append(event):
                self.take(event)
            case ev.Decide(step):
                task = self._loop.create_task(self._decide(step))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case ev.Submit(step, attempt):
                self._executor.submit(self._job(self._steps[step], attempt), self.take)
            case ev.CancelAttempt(step, attempt, reason):
                self._executor.cancel(f"{self.request.run}/{step}/{attempt}", "cancelled", reason)
            case ev.WaitForRetry(step, delay):
                self._loop.call_later(delay, self._retry, step)

    def _retry(self, step: str) -> None:
        if not self.ended.is_set():
            self.take(ev.RetryDue(step))

    async def _decide(self, name: str) -> None:
        step, forced = self._steps[name], name in self.request.forced
        try:
            # Files may be large: reading them must not hold up the other steps' events.
            decision = await asyncio.to_thread(
                self._decider.decide, step, self.request.parameters[name], self._inputs(step), forced=forced
            )
        except Exception as error:  # whatever it is, it is this step's: an unreadable file, a lost store
            self._cannot_decide(name, error)
            return
        if self.view.steps[name].status.is_final:
            return
        self._decisions[name] = decision
        result = decision.result
        artifacts, source = (result.artifacts, result.run) if result else ((), "")
        kind = "cached" if result else "run"
        self.take(ev.StepDecided(name, kind, decision.reasons, decision.signature, artifacts, source))

    def _cannot_decide(self, name: str, error: Exception) -> None:
        line = error.line if isinstance(error, PipesError) else None
        told = StepError(type(error).__name__, str(error), line=line, bases=(type(error).__name__,))
        if not self.view.steps[name].status.is_final:
            self.take(ev.StepEnded(name, Status.FAILED, _described(error), told))

    def _inputs(self, step: Step) -> dict[str, ArtifactRef | None]:
        return {
            name: self._artifact(owner, name) for name, owner in step.reads.items() if owner != PARAMS_OWNER
        }

    def _artifact(self, producer: str, name: str) -> ArtifactRef | None:
        kept = self.view.steps[producer]
        if kept.status is Status.FAILED:
            return None
        return next((artifact for artifact in kept.artifacts if artifact.name == name), None)

    def _job(self, step: Step, attempt: int) -> Job:
        request, options = self.request, step.options
        parameters = request.parameters[step.name]
        return Job(
            run=request.run,
            pipeline=request.pipeline,
            step=step.name,
            attempt=attempt,
            body=step.body,
            label=step.label,
            setup=step.setup,
            prelude=step.prelude,
            inputs=self._inputs(step),
            parameters={name: pickle.dumps(value, 5) for name, value in parameters.items()},
            demanded=step.demanded,
            optional=tuple(name for name in step.writes if name not in step.demanded),
            directory=str(request.directory),
            python_path=tuple(str(path) for path in request.python_path),
            environment=self._environment,
            store=self._workspace.settings.store,
            log=str(self._workspace.log_path(request.run, step.name, attempt)),
            memory=options.memory,
            timeout=options.timeout,
            cpus=options.cpus,
            queue=options.queue,
            imports=step.imports,
        )

    def _keep_result(self, event: ev.AttemptEnded) -> None:
        decision = self._decisions[event.step]
        view = self.view.steps[event.step]
        result = Result(
            decision.signature,
            self.request.pipeline,
            event.step,
            self.request.run,
            decision.parts,
            event.files,
            view.artifacts,
        )
        self._workspace.history.keep(result)

    def _give_up(self, error: PipesError) -> None:
        """End a run that cannot be recorded or decided any more: stop what runs, and tell why."""
        self.error = error
        reason = "the run was given up"
        for step in self.view.steps.values():
            if step.latest is not None and not step.status.is_final:
                attempt = f"{self.request.run}/{step.name}/{step.latest.number}"
                self._executor.cancel(attempt, "cancelled", reason)
            if not step.status.is_final:
                step.status, step.reason = Status.CANCELLED, reason
        self.view.status, self.view.reason = Status.FAILED, str(error)
        self._record_giving_up(error)
        self._close()

    def _record_giving_up(self, error: PipesError) -> None:
        try:
            self._journal.append(ev.RunEnded(Status.FAILED, str(error)))
        except PipesError:
            # The journal itself is what failed: the next session finds the run interrupted.
            return

    def _close(self) -> None:
        self._journal.close()
        self.ended.set()


def plan_steps(
    graph: Graph, selected: Sequence[str], *, fail_fast: bool = False
) -> tuple[ev.PlannedStep, ...]:
    """Return the selected steps as a run and its displays know them."""
    chosen = set(selected)
    return tuple(_plan_step(step, chosen, fail_fast) for step in graph.steps if step.name in chosen)


def _plan_step(step: Step, chosen: set[str], fail_fast: bool) -> ev.PlannedStep:
    options = step.options
    return ev.PlannedStep(
        name=step.name,
        upstream=tuple(name for name in step.upstream if name in chosen),
        reads=step.reads,
        writes=step.writes,
        after=options.after,
        stage=options.stage,
        tags=options.tags,
        queue=options.queue,
        on_fail="stop" if fail_fast and options.on_fail == "skip" else options.on_fail,
        retries=options.retries,
        retry_delay=options.retry_delay,
        retry_on=options.retry_on,
        timeout=options.timeout,
        cell_id=step.cell_id,
    )


def _described(error: Exception) -> str:
    return str(error) if isinstance(error, PipesError) else f"{type(error).__name__}: {error}"


@cache
def _process_started() -> float:
    import psutil

    return psutil.Process().create_time()
