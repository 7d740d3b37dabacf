"""The controller drives one run on the background thread: inbox, scheduler, decisions, executors, journal."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from jupyter_pipes.execution.callbacks.callbacks import Callbacks
from jupyter_pipes.execution.callbacks.values import StepValues
from jupyter_pipes.execution.change_notes import changed_in_place
from jupyter_pipes.execution.decisions.deciding import Deciding
from jupyter_pipes.execution.early_reads import read_by, written_by
from jupyter_pipes.execution.element_files import as_its_step, with_elements
from jupyter_pipes.execution.ending import Ending
from jupyter_pipes.execution.executors.base import Executor
from jupyter_pipes.execution.file_notes import undeclared_files, with_writer
from jupyter_pipes.execution.jobs import Jobs
from jupyter_pipes.execution.loop import call, in_thread
from jupyter_pipes.execution.publishing.publisher import Publisher
from jupyter_pipes.execution.recording.files_seen import FilesSeen
from jupyter_pipes.execution.recording.given import unheeded
from jupyter_pipes.execution.recording.recorder import Recorder
from jupyter_pipes.execution.recording.renewal import Renewal
from jupyter_pipes.execution.recording.stated import resumed, started
from jupyter_pipes.execution.recording.subscribers import Subscriber
from jupyter_pipes.execution.recording.syncing import Syncing
from jupyter_pipes.execution.recording.writing import Writing
from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.in_order import InOrder
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel, RunCommand
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.endings import ending_facts, lost_facts
from jupyter_pipes.model.errors import PipesError, StoreError, described
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.planning.request import RunRequest

_logger = logging.getLogger(__name__)

_LOOK_AROUND = 0.5
"""Seconds between two looks at what other processes ask of the run."""

_GIVEN_UP = "the run was given up"


class Controller:
    """Drives one run. Everything but `ended` and `view` is touched on the background thread only.

    Args:
        run: its id.
        request: what the run is to do.
        workspace: where it is kept.
        executor: what runs its steps.
        loop: the background thread's.
        earlier: the records of a run that is taken up again; none for a new one.
        in_order: whether steps run one at a time, in the order of the notebook.
    """

    is_controller = True

    def __init__(
        self,
        run: str,
        request: RunRequest,
        workspace: Workspace,
        executor: Executor,
        loop: asyncio.AbstractEventLoop,
        earlier: Sequence[ev.Record] = (),
        *,
        in_order: bool = False,
    ) -> None:
        self.run = run
        self.request = request
        self.ended = Ending()
        self._workspace = workspace
        self._executor = executor
        self._loop = loop
        self._recorder = Recorder(workspace.history, run, earlier)
        self._writing = Writing(self._recorder, loop, self.take)
        self._scheduler = InOrder(Scheduler()) if in_order else Scheduler()
        self._has_environment = False
        self._inbox: deque[ev.AnyEvent] = deque()
        self._taking = False
        self._commands: list[do.AnyCommand] = []
        self._tasks: set[asyncio.Task[None]] = set()
        values = StepValues(request)
        self._callbacks = Callbacks(request, workspace, self._recorder.view, values, self.take, loop)
        self._publisher = Publisher(run, request, workspace, values)
        self._jobs = Jobs(self._recorder.view, request, workspace, values)
        self._files = FilesSeen(self._recorder.view, (record.event for record in earlier))
        self._deciding = Deciding(
            request,
            workspace,
            self._recorder,
            self._jobs,
            self._files,
            self._callbacks,
            self._publisher,
            has_ended=self.ended.is_set,
            take=self.take,
            begin=self._do,
        )
        self._syncing = Syncing(workspace, loop)
        self._actions: dict[type[do.Command], Callable[..., None]] = {
            do.Decide: self._deciding.decide_soon,
            do.Submit: self._submit,
            do.CancelAttempt: self._cancel_attempt,
            do.WaitForRetry: self._wait_for_retry,
            do.Append: self._append_synced,
        }
        self._heeded = earlier[-1].seq if earlier else -1
        self._pending = unheeded(earlier)
        for record in earlier:
            self._scheduler.handle(record.event)

    @property
    def view(self) -> RunView:
        """How the run stands."""
        return self._recorder.view

    @property
    def error(self) -> PipesError | None:
        """Why the run could not be driven or recorded to its end, if it could not."""
        return self.ended.error

    def start(self) -> None:
        """Append `RunStarted`, or `RunResumed`, and let the run take its course.

        Raises:
            StoreError: somebody else drives it, or the history cannot be written.
        """
        leases = self._workspace.history.leases
        lease = leases.take(self.run, self._workspace.settings.lease)
        self._recorder.hold(lease)
        Renewal(leases, lease, self)
        if self._callbacks.is_needed:
            self._recorder.subscribers.add(self._callbacks.take)
        self._do(self._deciding.look_ahead())
        self._do(self._capture_environment())
        self._do(self._heed_others())
        if (limit := self.request.arguments.timeout) is not None:
            self._do(self._time_out(limit))
        began = resumed if self.view.steps else started
        skipped = [ev.StepEnded(name, Status.SKIPPED, "--skip") for name in self._skipped()]
        self.take(began(self.request, lease.process, self._recorder.keep), *skipped)
        for command in self._pending:
            self._obey(command)

    def _skipped(self) -> list[str]:
        selection = self.request.arguments.selection
        return [name for name in selection.decided if name in selection.skipped]

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the view and each new record, on the background thread."""
        self._recorder.subscribers.add(subscriber)

    def command(self, command: RunCommand) -> None:
        """Have a command carried out; from any thread."""
        call(lambda: self._obey(command))

    def _obey(self, command: RunCommand) -> None:
        if self.ended.is_set():
            return
        match command:
            case AnswerGate(step, approved, by, reason) if step in self.view.gates:
                self.take(ev.GateAnswered(step, approved, by, reason))
            case Cancel(step, reason) if step is None or self.view.has(step):
                self.take(ev.CancelRequested(step, reason))
            case _:
                # It came too late, or twice.
                return

    def take(self, *facts: ev.AnyEvent) -> None:
        """Take facts: fold them, append them, tell them, and carry out what the scheduler answers.

        What follows from them without anything being done is written in the same transaction; what the
        commands cause is taken in turn, in the order in which it comes. Facts that nothing follows are
        written with the next ones. While others have the history locked, facts are taken and nothing is done.
        """
        self._inbox.extend(facts)
        if self._taking:
            return
        self._taking = True
        try:
            while (self._inbox or self._writing.is_due) and not self.ended.is_set():
                for command in self._record():
                    self._actions[type(command)](command)
        except Exception as error:  # a run that nobody drives any more would never end
            self._cannot_go_on(error)
        finally:
            self._taking = False

    def _record(self) -> list[do.AnyCommand]:
        """Append what is in the inbox, with all that follows at once; return what is to be done."""
        while self._inbox:
            for fact in self._with_early_reads(self._inbox.popleft()):
                self._commands += self._take_in(fact)
        has_ended = self.view.ended is not None
        if not self._writing.write(at_once=has_ended or bool(self._commands)):
            return []
        commands, self._commands = self._commands, []
        if has_ended and self._has_environment:
            self._close()
        return commands

    def _with_early_reads(self, event: ev.AnyEvent) -> list[ev.AnyEvent]:
        """Return the fact; in front of an attempt's end, whose files it used early, and who used its."""
        if not isinstance(event, ev.AttemptEnded) or not self.view.steps:
            return [event]
        of_step = as_its_step(event, self.view)
        if of_step is event:
            of_step = event = with_elements(event, self.view, self._deciding.reused)
        sharing = self._files.sharing(of_step)
        used = event.outcome in ("completed", "failed")
        early = list(read_by(of_step, self.view, sharing)) if used else []
        if event.outcome == "failed" and not early:
            told = with_writer(of_step, self.view, self.request.definition.steps)
            event = replace(event, reason=told.reason, error=told.error)
        return [*early, *written_by(of_step, self.view, sharing), event]

    def _take_in(self, event: ev.AnyEvent) -> list[do.AnyCommand]:
        """Append a fact; return what is to be done, but for what follows at once: that goes to the inbox."""
        if not self._recorder.add(event):
            return []
        self._files.take(as_its_step(event, self.view) if isinstance(event, ev.AttemptEnded) else event)
        self._inbox.extend(self._worth_saying(event))
        if isinstance(event, ev.StepReopened):
            self._deciding.forget(event.step)
        commands: list[do.AnyCommand] = []
        for command in self._scheduler.handle(event):
            follows = self._follows(command)
            if follows is not None:
                self._inbox.append(follows)
            else:
                commands.append(command)
        return commands

    def _worth_saying(self, event: ev.AnyEvent) -> list[ev.NoteAdded]:
        """Return what there is to say of a fact beside the fact itself."""
        if isinstance(event, ev.InputsChanged):
            return [changed_in_place(event)]
        if isinstance(event, ev.StepDecided):
            self._syncing.add(event.artifacts)
        if isinstance(event, ev.AttemptEnded) and event.outcome == "completed":
            return self._look_at_results(event)
        return []

    def _look_at_results(self, event: ev.AttemptEnded) -> list[ev.NoteAdded]:
        """Return what there is to say of what an attempt has left."""
        self._syncing.add_written(self.view.attempt_of(event).artifacts)
        if is_child(event.step):
            return []
        return undeclared_files(self.view, event.step, self.view.directory, self._files.sharing(event))

    def _follows(self, command: do.AnyCommand) -> ev.AnyEvent | None:
        """Return the fact that a command comes to without anything being done."""
        if isinstance(command, do.Append):
            is_end = isinstance(command.event, ev.RunEnded)
            waits = self._callbacks.is_needed or not self._syncing.is_idle
            return None if is_end and waits else command.event
        if isinstance(command, do.Decide):
            return self._deciding.decided_ahead(command)
        return None

    def _submit(self, command: do.Submit) -> None:
        job = self._jobs.job(command.step, command.attempt, gathers=command.gathers, tries=command.tries)
        signature = self.view.step(command.step).signature
        self._executor.submit(job, self._publisher.reporting(job, signature, self.take))

    def _cancel_attempt(self, command: do.CancelAttempt) -> None:
        attempt = f"{self.run}/{command.step}/{command.attempt}"
        self._executor.cancel(attempt, "cancelled", command.reason)

    def _wait_for_retry(self, command: do.WaitForRetry) -> None:
        self._loop.call_later(command.delay, self._retry, command.step)

    def _append_synced(self, command: do.Append) -> None:
        self._do(self._finish(command.event))

    async def _finish(self, event: ev.AnyEvent) -> None:
        tell = partial(self.take, ev.RunHeldUp("waits for the disk: it is slow"))
        await self._callbacks.finish(event)
        await self._syncing.finish(tell, partial(self._append_whole, event))

    def _append_whole(self, event: ev.AnyEvent) -> None:
        """Append the end of the run, unless what it left is not all on the disk."""
        if self._syncing.failure is None:
            self.take(event)
        else:
            self._give_up(self._syncing.failure)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and not self.ended.is_set():
            self._cannot_go_on(error)

    def _retry(self, step: str) -> None:
        if not self.ended.is_set():
            self.take(ev.RetryDue(step))

    async def _heed_others(self) -> None:
        """Carry out the commands that other processes give."""
        history = self._workspace.history
        news = history.news()
        while not self.ended.is_set():
            await asyncio.sleep(_LOOK_AROUND)
            if not news.may_have_come():
                continue
            try:
                records = await in_thread(history.records, self.run, self._heeded)
            except StoreError:
                # A history that cannot be read just now is looked at again.
                news.were_missed()
                continue
            for record in records:
                self._heeded = record.seq
                if isinstance(record.event, ev.CommandGiven):
                    self._obey(record.event.command)

    async def _time_out(self, limit: float) -> None:
        """End the run when its time is over."""
        await asyncio.sleep(limit)
        reason = f"the run timed out after {exact_duration_text(limit)}"
        self.take(ev.CancelRequested(None, reason, timed_out=True))

    async def _capture_environment(self) -> None:
        """Keep what the run runs in; a run that ended meanwhile waits for it."""
        settings = self._workspace.settings
        captured = await in_thread(environment.capture, self.request.directory, settings.folder)
        content = environment.encode(captured)
        self._has_environment = True
        self.take(ev.EnvironmentCaptured(self._recorder.keep(digest(content), content), captured.commit))

    def lose(self) -> None:
        """Learn, on any thread, that somebody else has the run now."""
        self._loop.call_soon_threadsafe(self._lose)

    def _lose(self) -> None:
        is_over = self.view.ended is not None and self._recorder.is_written
        if not (self.ended.is_set() or is_over):
            self._give_up(StoreError(f"run {self.run} was taken over or ended by another process"))

    @property
    def is_recorded(self) -> bool:
        """Whether all of the run stands in the journal, with its end."""
        return self.ended.is_set() and self._recorder.is_written

    def _cannot_go_on(self, error: Exception) -> None:
        if not isinstance(error, PipesError):
            _logger.error("run %s cannot go on", self.run, exc_info=error)
            error = PipesError(f"run {self.run} cannot go on: {described(error)}")
        self._give_up(error)

    def _give_up(self, error: PipesError) -> None:
        """End a run that cannot be recorded or decided any more: stop what runs, and tell why."""
        self.ended.error = error
        try:
            self._syncing.finish_now()
            while self._inbox:
                self._recorder.add(self._inbox.popleft())
            if self._syncing.failure is not None:
                for fact in lost_facts(self._workspace.lost(self.view), str(self._syncing.failure)):
                    self._recorder.add(fact)
            under_way = [step for step in self.view.steps_and_elements if not step.status.is_final]
            attempts = [(step.name, step.latest.number) for step in under_way if step.latest is not None]
            for fact in (*ending_facts(self.view, _GIVEN_UP), ev.RunEnded(Status.FAILED, str(error))):
                self._recorder.add(fact)
            self._recorder.write_if_possible()
            for step, number in attempts:
                self._cancel_attempt(do.CancelAttempt(step, number, _GIVEN_UP))
        finally:
            self._close()

    def _close(self) -> None:
        for task in self._tasks - {asyncio.current_task(self._loop)}:
            # Nobody waits for them any more, and a process that ends would tell of them.
            task.cancel()
        self._syncing.close()
        self.ended.set()
