"""The local executor: one process per attempt, forked by a helper; slots, timeouts, cancel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.execution import reports
from jupyter_pipes.execution.environments.launching import Launch, Prepared, plain, prepare
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.endings import Stop, as_stopped, broken_off, how_it_ended
from jupyter_pipes.execution.executors.helper import Helper
from jupyter_pipes.execution.executors.helper_pool import Helpers
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.execution.worker import processes
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, described
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.quantities import bytes_text, exact_duration_text
from jupyter_pipes.model.results import StepError, Usage

if TYPE_CHECKING:
    from jupyter_pipes.execution.environments.containers import Contained

_LONGEST_REPORT = 1 << 26
"""Bytes without the end of a line that are no report any more."""

STOP_LADDER = ((0.0, signal.SIGINT), (0.5, signal.SIGTERM), (0.8, signal.SIGKILL))
"""Seconds after which a process group that must stop gets which signal."""


_HelperFor = Callable[[Launch, tuple[str, ...]], Helper]
"""Gives the helper that starts processes so, for jobs with these entries of `sys.path`."""


class _Attempt:
    """A job in this executor's hands."""

    def __init__(self, job: Job, report: Report) -> None:
        self.job = job
        self.report = report
        self.helper: Helper | None = None
        self.pid = 0
        self.started = 0.0
        self.events = -1
        self.unread = b""
        self.is_disturbed = False
        self.reported: ev.AttemptEnded | None = None
        self.stopped: Stop | None = None
        self.timers: list[asyncio.TimerHandle] = []
        self.preparing: asyncio.Task[None] | None = None
        self.prepared: Prepared | None = None


class LocalExecutor:
    """Serves the queue `local` with processes of this machine.

    Args:
        loop: the loop of the background thread.
        cpus: how many CPUs the running steps may have reserved; those of this process if None.
        memory: how many bytes they may have reserved; the machine's if None.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, cpus: int | None = None, memory: int | None = None
    ) -> None:
        self._loop = loop
        self.cpus = cpus or processes.usable_cpus()
        self.memory = memory or _machine_memory()
        self._waiting: deque[_Attempt] = deque()
        self._running: dict[str, _Attempt] = {}
        self._helpers = Helpers(self, loop)

    def submit(self, job: Job, report: Report) -> None:
        """Take a job: it starts when its CPUs and memory are free, in the order of submission."""
        waits = "waits for earlier steps to start" if self._waiting else self._what_is_busy(job)
        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue, waits))
        # What needs no room waits behind nothing: somebody waits for its answer.
        add = self._waiting.append if job.step.options.cpus else self._waiting.appendleft
        add(_Attempt(job, report))
        self._start_waiting()

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt: its process group gets SIGINT, SIGTERM, SIGKILL, with grace between."""
        for waiting in self._waiting:
            if waiting.job.attempt_id == attempt:
                self._waiting.remove(waiting)
                waiting.report(as_stopped(waiting.job, (outcome, reason)))
                return
        running = self._running.get(attempt)
        if running is None or running.stopped is not None:
            return
        running.stopped = (outcome, reason)
        if not running.pid:
            # Its helper is still importing, maybe forever: `on_started` kills what may come of it.
            self._finish(running, as_stopped(running.job, running.stopped))
            return
        for delay, number in STOP_LADDER:
            running.timers.append(self._loop.call_later(delay, self._signal, running, number))

    def _signal(self, attempt: _Attempt, number: signal.Signals) -> None:
        processes.kill_group(attempt.pid, number)
        if number == signal.SIGKILL:
            # The program of a container takes a second to end one, in which all other runs would stand still.
            self._loop.run_in_executor(None, _kill_container, attempt)

    def close(self) -> None:
        """End all attempts and the helper."""
        stopped: Stop = ("cancelled", "the executor was closed")
        waiting, self._waiting = self._waiting, deque()
        for attempt in waiting:
            attempt.report(as_stopped(attempt.job, stopped))
        for attempt in [*self._running.values()]:
            _kill(attempt)
            self._finish(attempt, as_stopped(attempt.job, stopped))
        self._helpers.close()

    def warm_up(self, python_path: tuple[str, ...], imports: tuple[str, ...]) -> None:
        """Start the helper and have modules imported, before any job needs them."""
        self._helpers.plain(plain(os.environ), python_path).preload(python_path, imports)

    def _start_waiting(self) -> None:
        while self._waiting and not self._what_is_busy(self._waiting[0].job):
            attempt = self._waiting.popleft()
            self._running[attempt.job.attempt_id] = attempt
            job = attempt.job
            if job.own.is_the_runs:
                self._start(attempt, self._helpers.plain, plain(job.environment))
            else:
                attempt.preparing = self._loop.create_task(self._prepare(attempt))

    async def _prepare(self, attempt: _Attempt) -> None:
        """Start an attempt in an environment of its own, whatever becomes of that."""
        try:
            await self._start_in_its_own(attempt)
        except Exception as error:  # a step that nobody starts any more would wait for ever
            if self._is_running(attempt):
                self._refuse(attempt, described(error))

    async def _start_in_its_own(self, attempt: _Attempt) -> None:
        """Start an attempt in an environment of its own, once that is there."""

        def tell(doing: str) -> None:
            self._loop.call_soon_threadsafe(self._tell_waiting, attempt, f"starting: {doing}")

        try:
            prepared = await in_thread(prepare, attempt.job, tell)
        except (PipesError, OSError) as error:
            if self._is_running(attempt):
                self._fail(attempt, error)
            return
        if not self._is_running(attempt):
            # It was cancelled meanwhile.
            await in_thread(prepared.remove)
            return
        attempt.job, attempt.prepared = prepared.job, prepared
        if prepared.contained is None:
            self._start(attempt, self._helpers.own, prepared.launch)
        else:
            self._start_contained(attempt, prepared.contained)

    def _is_running(self, attempt: _Attempt) -> bool:
        return self._running.get(attempt.job.attempt_id) is attempt

    def _tell_waiting(self, attempt: _Attempt, reason: str) -> None:
        if self._is_running(attempt):
            job = attempt.job
            attempt.report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue, reason))

    def _what_is_busy(self, job: Job) -> str:
        """Return what keeps the job from starting now, "" when nothing does."""
        wanted = job.step.options
        reserved = [attempt.job.step.options for attempt in self._running.values()]
        used_cpus = sum(options.cpus for options in reserved)
        if used_cpus + wanted.cpus > self.cpus:
            return f"waits for {wanted.cpus} of {self.cpus} cpus: {used_cpus} in use"
        used_memory = sum(options.memory or 0 for options in reserved)
        if used_memory + (wanted.memory or 0) > self.memory:
            return f"waits for memory: {bytes_text(used_memory)} of {bytes_text(self.memory)} reserved"
        return ""

    def _start(self, attempt: _Attempt, helper_for: _HelperFor, launch: Launch) -> None:
        try:
            self._start_with(attempt, helper_for(launch, attempt.job.python_path))
        except OSError as error:
            self._refuse(attempt, str(error))

    def _start_contained(self, attempt: _Attempt, contained: Contained) -> None:
        attempt.events = contained.events
        try:
            Path(attempt.job.log).parent.mkdir(parents=True, exist_ok=True)
            Path(attempt.job.log).touch(mode=0o600)
            process = contained.start()
        except OSError as error:
            self._refuse(attempt, str(error))
            return
        self._loop.add_reader(attempt.events, self._read_events, attempt)
        self.on_started(attempt.job.attempt_id, process.pid)
        attempt.preparing = self._loop.create_task(self._wait_for(attempt, process))

    async def _wait_for(self, attempt: _Attempt, process: subprocess.Popen[bytes]) -> None:
        code = await in_thread(process.wait)
        self.on_exited(attempt.job.attempt_id, code, Usage())

    def _start_with(self, attempt: _Attempt, helper: Helper) -> None:
        job = attempt.job
        Path(job.log).parent.mkdir(parents=True, exist_ok=True)
        attempt.helper = helper
        helper.preload(job.python_path, job.step.imports, job.step.sources)
        if helper.is_importing:
            imports = f"imports {', '.join(job.step.imports)}" if job.step.imports else "starts"
            self._tell_waiting(attempt, imports)
        with contextlib.ExitStack() as opened:
            attempt.events, writer = os.pipe()
            opened.callback(os.close, writer)
            os.set_blocking(attempt.events, False)
            log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            opened.callback(os.close, log)
            way_back = f"/proc/{os.getpid()}/fd/{attempt.events}" if sys.platform == "linux" else ""
            data = _file_of(msgspec.json.encode(msgspec.structs.replace(job, reports=way_back)))
            opened.callback(os.close, data)
            helper.start(job, [data, writer, log])
        self._loop.add_reader(attempt.events, self._read_events, attempt)

    def on_started(self, attempt: str, pid: int) -> None:
        """Take note that the helper forked the attempt's process."""
        running = self._running.get(attempt)
        if running is None:
            processes.kill_group(pid)
            return
        running.pid, running.started = pid, time.monotonic()
        job = running.job
        running.report(ev.AttemptStarted(job.step.name, job.attempt, pid, platform.node()))
        timeout = job.step.options.timeout
        if timeout is not None:
            reason = f"timed out after {exact_duration_text(timeout)}"
            timer = self._loop.call_later(timeout, self.cancel, attempt, "timed out", reason)
            running.timers.append(timer)

    def on_refused(self, attempt: str, reason: str) -> None:
        """Report an attempt whose process could not be forked."""
        running = self._running.get(attempt)
        if running is not None:
            self._refuse(running, reason)

    def on_exited(self, attempt: str, code: int, usage: Usage) -> None:
        """Take note that the attempt's process is gone, and report how it ended."""
        running = self._running.get(attempt)
        if running is None:
            return
        while self._read_events(running):
            pass
        seconds = time.monotonic() - running.started
        ended = how_it_ended(running.job, running.reported, running.stopped, code)
        taken = msgspec.structs.replace(usage, seconds=ended.usage.seconds or seconds)
        self._finish(running, msgspec.structs.replace(ended, usage=taken))

    def on_lost(self, helper: Helper, code: int) -> None:
        """Report the attempts of a helper that died; a new one is started when it is needed."""
        self._helpers.forget(helper)
        how = f"the helper process that starts steps died (exit code {code})"
        for attempt in [each for each in self._running.values() if each.helper is helper]:
            # The processes went with it; what they started in turn did not.
            _kill(attempt)
            error = StepError("Lost", f"{how}, and the step with it: run it again", bases=("Lost",))
            self._finish(attempt, broken_off(attempt.job, error, "lost"))

    def _fail(self, attempt: _Attempt, error: Exception) -> None:
        """Report an attempt whose own environment cannot be had; all that a program said is in its log."""
        text = str(error)
        Path(attempt.job.log).parent.mkdir(parents=True, exist_ok=True)
        with Path(attempt.job.log).open("a", encoding="utf-8") as log:
            log.write(f"{text}\n")
        self._finish(
            attempt,
            broken_off(attempt.job, StepError("EnvironmentFailed", text, bases=("EnvironmentFailed",))),
        )

    def _refuse(self, attempt: _Attempt, reason: str) -> None:
        message = f"its process could not be started: {reason}"
        error = StepError("ExecutorError", message, bases=("ExecutorError",))
        self._finish(attempt, broken_off(attempt.job, error))

    def _read_events(self, attempt: _Attempt) -> bool:
        """Take one piece of what the attempt reports, so that a chatty one leaves time for others."""
        try:
            data = os.read(attempt.events, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(attempt.events)
            return False
        *lines, attempt.unread = (attempt.unread + data).split(b"\n")
        for line in lines:
            self._take(attempt, line)
        if len(attempt.unread) > _LONGEST_REPORT:
            attempt.unread = b""
            self._note_disturbance(attempt)
        return True

    def _take(self, attempt: _Attempt, line: bytes) -> None:
        try:
            report = reports.decode(line)
        except msgspec.DecodeError:
            self._note_disturbance(attempt)
            return
        if not report.is_of(attempt.job):
            self._note_disturbance(attempt)
        elif isinstance(report.event, ev.AttemptEnded):
            # Only the end of its process makes it true.
            attempt.reported = report.event
        else:
            attempt.report(report.event)

    def _note_disturbance(self, attempt: _Attempt) -> None:
        """Tell, once, that something else than the attempt's own reports came through its pipe."""
        if not attempt.is_disturbed:
            attempt.is_disturbed = True
            job = attempt.job
            text = (
                "the step wrote into the pipe of its events: that was refused, and something that it "
                "reported may be missing"
            )
            attempt.report(ev.NoteAdded(job.step.name, job.attempt, text))

    def _finish(self, attempt: _Attempt, ended: ev.AttemptEnded) -> None:
        del self._running[attempt.job.attempt_id]
        if attempt.prepared is not None:
            ended = self._put_away(attempt.prepared, ended)
        for timer in attempt.timers:
            timer.cancel()
        if attempt.events >= 0:
            self._loop.remove_reader(attempt.events)
            os.close(attempt.events)
        attempt.report(ended)
        if attempt.helper is not None:
            attempt.helper.forget(attempt.job.attempt_id)
        self._start_waiting()

    def _put_away(self, prepared: Prepared, ended: ev.AttemptEnded) -> ev.AttemptEnded:
        """Remove what was made for an attempt; return its end as it is told where the notebook is."""
        try:
            return prepared.checkout.as_at_home(ended) if prepared.checkout else ended
        except OSError as error:
            return ev.AttemptEnded(ended.step, ended.attempt, "failed", f"its --out-file was lost: {error}")
        finally:
            self._loop.run_in_executor(None, prepared.remove)


def _kill(attempt: _Attempt) -> None:
    if attempt.pid:
        processes.kill_group(attempt.pid, signal.SIGKILL)
    _kill_container(attempt)


def _kill_container(attempt: _Attempt) -> None:
    if attempt.prepared is not None and attempt.prepared.contained is not None:
        attempt.prepared.contained.kill()


def _file_of(data: bytes) -> int:
    """Return the number of an open file, without a name, that holds the data."""
    if sys.platform == "linux":
        file = os.memfd_create("job")
    else:
        import tempfile

        with tempfile.TemporaryFile() as made:
            file = os.dup(made.fileno())
    os.write(file, data)
    return file


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
