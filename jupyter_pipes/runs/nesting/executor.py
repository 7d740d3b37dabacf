"""Runs steps that are other pipelines: each attempt is a run of its own, on the same queues."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.executors.endings import Stop, as_stopped, broken_off
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import Cancel
from jupyter_pipes.model.errors import PipesError, described
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.results import StepError
from jupyter_pipes.runs.nesting.endings import facts_at_the_end
from jupyter_pipes.runs.nesting.following import Following
from jupyter_pipes.runs.nesting.requests import request_for_run
from jupyter_pipes.runs.versions import numbered

if TYPE_CHECKING:
    from jupyter_pipes.execution.controller import Controller
    from jupyter_pipes.execution.executors.base import Executor, Report
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.planning.request import RunRequest

Begin = Callable[["RunRequest"], "Controller"]
"""Makes what drives a run that is to do this, and begins it."""


class _Attempt:
    """A step that is another pipeline, in this executor's hands."""

    def __init__(self, job: Job, report: Report) -> None:
        self.job = job
        self.report = report
        self.began = time.time()
        self.controller: Controller | None = None
        self.stopped: Stop | None = None
        self.timer: asyncio.TimerHandle | None = None


class NestedRuns:
    """Serves the steps of a run that are other pipelines; gives all others to another executor.

    Such a step takes no slot: those of the other pipeline do. All is called on the background thread.

    Args:
        executor: runs all other steps.
        request: what the run is to do.
        workspace: where it is kept, and theirs.
        loop: the background thread's.
        new_run: gives the id of a new run.
        begin: begins a run.
    """

    def __init__(
        self,
        executor: Executor,
        request: RunRequest,
        workspace: Workspace,
        loop: asyncio.AbstractEventLoop,
        new_run: Callable[[], str],
        begin: Begin,
    ) -> None:
        self._executor = executor
        self._request = request
        self._workspace = workspace
        self._loop = loop
        self._new_run = new_run
        self._begin = begin
        self._attempts: dict[str, _Attempt] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, job: Job, report: Report) -> None:
        """Take a job: a run is begun for one that is a pipeline."""
        if not job.step.options.pipeline:
            self._executor.submit(job, report)
            return
        attempt = self._attempts[job.attempt_id] = _Attempt(job, report)
        reason = f"reads {job.step.options.pipeline}"
        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue, reason))
        task = self._loop.create_task(self._start(attempt))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt: its run is cancelled, and what runs of that."""
        nested = self._attempts.get(attempt)
        if nested is None:
            self._executor.cancel(attempt, outcome, reason)
        elif nested.stopped is None:
            nested.stopped = (outcome, reason)
            if nested.controller is not None:
                nested.controller.command(Cancel(None, reason))

    def close(self) -> None:
        """Close what runs all other steps."""
        self._executor.close()

    async def _start(self, attempt: _Attempt) -> None:
        """Begin the run of an attempt, whatever becomes of that."""
        try:
            request = await in_thread(self._child, attempt.job)
            if attempt.stopped is None:
                self._follow(attempt, self._begin(request))
                return
        except Exception as error:  # a step that nobody starts any more would wait for ever
            kind = type(error).__name__
            reported = StepError(kind, described(error), line=1, bases=(kind,))
            self._end(attempt, broken_off(attempt.job, reported))
            return
        self._end(attempt, as_stopped(attempt.job, attempt.stopped))

    def _child(self, job: Job) -> RunRequest:
        """Return what the run of an attempt is to do; not on the background thread."""
        step = job.step
        request = request_for_run(self._request, step, self._workspace, self._new_run())
        forced = step.name in self._request.arguments.selection.forced or step.options.always
        selection = request.arguments.selection
        if forced:
            selection = replace(selection, forced=frozenset(selection.steps))
        arguments = replace(request.arguments, selection=selection)
        part_of = f"{job.run}/{step.name}"
        return numbered(replace(request, arguments=arguments, part_of=part_of), self._workspace.history)

    def _follow(self, attempt: _Attempt, controller: Controller) -> None:
        job, attempt.controller = attempt.job, controller
        following = Following(job, controller.run, attempt.report)
        attempt.report(ev.AttemptStarted(job.step.name, job.attempt, os.getpid(), platform.node()))
        following.begin(controller.view)
        controller.subscribe(following.take)
        if (timeout := job.step.options.timeout) is not None:
            reason = f"timed out after {exact_duration_text(timeout)}"
            attempt.timer = self._loop.call_later(timeout, self.cancel, job.attempt_id, "timed out", reason)
        controller.ended.call_then(partial(self._finish_soon, attempt))

    def _finish_soon(self, attempt: _Attempt) -> None:
        self._loop.call_soon_threadsafe(self._finish, attempt)

    def _finish(self, attempt: _Attempt) -> None:
        """Tell what the run of an attempt left, and how it ended."""
        controller, job = attempt.controller, attempt.job
        assert controller is not None, "only what was begun ends"
        try:
            if controller.error is not None:
                raise controller.error
            *facts, ended = facts_at_the_end(job, controller.view, attempt.stopped)
        except PipesError as error:
            kind = type(error).__name__
            facts, ended = [], broken_off(job, StepError(kind, str(error), line=1, bases=(kind,)))
        for fact in facts:
            attempt.report(fact)
        self._end(attempt, ended)

    def _end(self, attempt: _Attempt, ended: ev.AnyEvent) -> None:
        if attempt.timer is not None:
            attempt.timer.cancel()
        self._attempts.pop(attempt.job.attempt_id, None)
        if isinstance(ended, ev.AttemptEnded):
            ended = replace(ended, usage=replace(ended.usage, seconds=time.time() - attempt.began))
        attempt.report(ended)
