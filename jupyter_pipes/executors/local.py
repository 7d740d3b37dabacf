"""The local executor: one process per attempt, forked by a helper; slots, timeouts, cancel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes import events as ev
from jupyter_pipes.executors.base import Report
from jupyter_pipes.model import Job, StepError, Usage

STOP_LADDER = ((0.0, signal.SIGINT), (0.5, signal.SIGTERM), (0.9, signal.SIGKILL))
"""Seconds after which a process group that must stop gets which signal."""


_Place = tuple[str, tuple[str, ...]]
"""A helper's folder and what is put in front of its `sys.path`."""


class _Attempt:
    """A job in this executor's hands."""

    def __init__(self, job: Job, report: Report) -> None:
        self.job = job
        self.report = report
        self.helper: _Helper | None = None
        self.pid = 0
        self.started = 0.0
        self.events = -1
        self.unread = b""
        self.told: ev.AttemptEnded | None = None
        self.stopped: tuple[ev.Outcome, str] | None = None
        self.timers: list[asyncio.TimerHandle] = []


class LocalExecutor:
    """Serves the queue `local` with processes of this machine."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cpus: int | None = None, memory: int | None = None) -> None:
        self._loop = loop
        self.cpus = cpus or len(os.sched_getaffinity(0)) if sys.platform == "linux" else cpus or os.cpu_count() or 1
        self.memory = memory or _machine_memory()
        self._waiting: deque[_Attempt] = deque()
        self._running: dict[str, _Attempt] = {}
        self._helper: _Helper | None = None

    def submit(self, job: Job, report: Report) -> None:
        """Take a job: it starts when its CPUs and memory are free, in the order of submission."""
        self._waiting.append(_Attempt(job, report))
        waits = "" if self._fits(job) and len(self._waiting) == 1 else self._what_is_busy(job)
        report(ev.AttemptQueued(job.step, job.attempt, job.queue, waits))
        self._start_waiting()

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Stop an attempt: its process group gets SIGINT, SIGTERM, SIGKILL, with grace between."""
        for waiting in self._waiting:
            if waiting.job.attempt_id == attempt:
                self._waiting.remove(waiting)
                waiting.report(ev.AttemptEnded(waiting.job.step, waiting.job.attempt, outcome, reason))
                return
        running = self._running.get(attempt)
        if running is not None and running.stopped is None:
            running.stopped = (outcome, reason)
            self._stop(running)

    def _stop(self, attempt: _Attempt) -> None:
        for delay, number in STOP_LADDER:
            attempt.timers.append(self._loop.call_later(delay, _signal_group, attempt, number))

    def close(self) -> None:
        """End all attempts and the helper."""
        for attempt in [*self._waiting, *self._running.values()]:
            self.cancel(attempt.job.attempt_id, "cancelled", "the executor was closed")
        if self._helper is not None:
            self._helper.close()

    def warm_up(self, directory: str, python_path: tuple[str, ...], imports: tuple[str, ...]) -> None:
        """Start the helper for a folder and have modules imported, before any job needs them."""
        self._helper_at(directory, python_path).preload(imports)

    def _start_waiting(self) -> None:
        while self._waiting and self._fits(self._waiting[0].job):
            attempt = self._waiting.popleft()
            self._running[attempt.job.attempt_id] = attempt
            try:
                self._start(attempt)
            except OSError as error:
                told = StepError("ExecutorError", f"its process could not be started: {error}", bases=("ExecutorError",))
                self._finish(attempt, ev.AttemptEnded(attempt.job.step, attempt.job.attempt, "failed", told.message, told))

    def _fits(self, job: Job) -> bool:
        used_cpus = sum(attempt.job.cpus for attempt in self._running.values())
        used_memory = sum(attempt.job.memory or 0 for attempt in self._running.values())
        return used_cpus + job.cpus <= self.cpus and used_memory + (job.memory or 0) <= self.memory

    def _what_is_busy(self, job: Job) -> str:
        used = sum(attempt.job.cpus for attempt in self._running.values())
        if used + job.cpus > self.cpus:
            return f"waits for {job.cpus} of {self.cpus} cpus: {used} in use"
        return "waits for memory" if not self._fits(job) else "waits for earlier steps to start"

    def _start(self, attempt: _Attempt) -> None:
        job = attempt.job
        attempt.helper = helper = self._helper_at(job.directory, job.python_path)
        helper.preload(job.imports)
        if helper.is_importing:
            report_wait = ev.AttemptQueued(job.step, job.attempt, job.queue, f"imports {', '.join(job.imports)}")
            attempt.report(report_wait)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        attempt.events = reader
        Path(job.log).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, writer)
            log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            opened.callback(os.close, log)
            data = opened.enter_context(tempfile.TemporaryFile())
            data.write(msgspec.json.encode(job))
            data.flush()
            attempt.helper.start(attempt, [data.fileno(), writer, log])
        self._loop.add_reader(reader, self._read_events, attempt)

    def _helper_at(self, directory: str, python_path: tuple[str, ...]) -> _Helper:
        place = (directory, python_path)
        if self._helper is None or not self._helper.serves(place):
            if self._helper is not None:
                self._helper.retire()
            self._helper = _Helper(self, self._loop, place)
        return self._helper

    def on_started(self, attempt: _Attempt, pid: int) -> None:
        """Take note that the helper forked the attempt's process."""
        attempt.pid, attempt.started = pid, time.monotonic()
        job = attempt.job
        attempt.report(ev.AttemptStarted(job.step, job.attempt, pid, platform.node()))
        if job.timeout is not None:
            reason = f"timed out after {in_words(job.timeout)}"
            stop = self._loop.call_later(job.timeout, self.cancel, job.attempt_id, "timed out", reason)
            attempt.timers.append(stop)
        if attempt.stopped is not None:
            self._stop(attempt)

    def on_exited(self, attempt: _Attempt, code: int, usage: Usage) -> None:
        """Take note that the attempt's process is gone, and report how it ended."""
        self._read_events(attempt)
        seconds = time.monotonic() - attempt.started
        ended = _how_it_ended(attempt, code)
        taken = msgspec.structs.replace(usage, seconds=ended.usage.seconds or seconds)
        self._finish(attempt, msgspec.structs.replace(ended, usage=taken))

    def on_helper_lost(self, helper: _Helper) -> None:
        """Report the attempts of a helper that died; a new one is started when it is needed."""
        if self._helper is helper:
            self._helper = None
        for attempt in [each for each in self._running.values() if each.helper is helper]:
            reason = "the process that starts steps died"
            told = StepError("Lost", f"{reason}, and the step with it", bases=("Lost",))
            self._finish(attempt, ev.AttemptEnded(attempt.job.step, attempt.job.attempt, "lost", reason, told))

    def _read_events(self, attempt: _Attempt) -> None:
        while True:
            try:
                data = os.read(attempt.events, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self._loop.remove_reader(attempt.events)
                return
            *lines, attempt.unread = (attempt.unread + data).split(b"\n")
            for line in lines:
                self._take(attempt, ev.decode(line))

    def _take(self, attempt: _Attempt, event: ev.AnyEvent) -> None:
        if isinstance(event, ev.AttemptEnded):
            # Only the end of its process makes it true.
            attempt.told = event
        else:
            attempt.report(event)

    def _finish(self, attempt: _Attempt, ended: ev.AttemptEnded) -> None:
        del self._running[attempt.job.attempt_id]
        for timer in attempt.timers:
            timer.cancel()
        if attempt.events >= 0:
            self._loop.remove_reader(attempt.events)
            os.close(attempt.events)
        attempt.report(ended)
        if attempt.helper is not None:
            attempt.helper.forget(attempt)
        self._start_waiting()


class _Helper:
    """A process of `jupyter_pipes.worker` and the socket to it."""

    def __init__(self, owner: LocalExecutor, loop: asyncio.AbstractEventLoop, place: _Place) -> None:
        self._owner = owner
        self._loop = loop
        self._place = place
        self._open_imports = 0
        self._preloaded: set[str] = set()
        self._local_modules: dict[str, int] = {}
        self._attempts: dict[str, _Attempt] = {}
        self._retired = False
        self._unread = b""
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(theirs, *place)
        loop.add_reader(self._control, self._receive)

    @property
    def is_importing(self) -> bool:
        """Whether it has yet to import what it was asked to."""
        return self._open_imports > 0

    def serves(self, place: _Place) -> bool:
        """Whether it can run jobs there: same folder and path, and no local module changed since its import."""
        unchanged = all(_mtime(path) == mtime for path, mtime in self._local_modules.items())
        return unchanged and self._place == place

    def preload(self, modules: tuple[str, ...]) -> None:
        """Have modules imported before the next fork."""
        new = [name for name in modules if name not in self._preloaded]
        if new:
            self._preloaded.update(new)
            self._open_imports += 1
            self._send({"preload": new}, [])

    def start(self, attempt: _Attempt, files: list[int]) -> None:
        """Have a process forked for the attempt, with its job, event and log files."""
        self._attempts[attempt.job.attempt_id] = attempt
        self._send({"start": attempt.job.attempt_id}, files)

    def forget(self, attempt: _Attempt) -> None:
        """Drop an attempt that ended."""
        self._attempts.pop(attempt.job.attempt_id, None)
        if self._retired and not self._attempts:
            self.close()

    def retire(self) -> None:
        """Take no more attempts, and end with the last one."""
        self._retired = True
        if not self._attempts:
            self.close()

    def close(self) -> None:
        """Close the socket, which ends the helper and its children."""
        self._loop.remove_reader(self._control)
        self._control.close()
        self._loop.run_in_executor(None, self._process.wait)

    def _send(self, message: dict[str, Any], files: list[int]) -> None:
        socket.send_fds(self._control, [msgspec.json.encode(message) + b"\n"], files)

    def _receive(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            self.close()
            self._owner.on_helper_lost(self)
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._take(msgspec.json.decode(line))

    def _take(self, message: dict[str, Any]) -> None:
        if "loaded" in message:
            self._open_imports -= 1
            self._local_modules.update(message["loaded"])
        elif "started" in message:
            self._owner.on_started(self._attempts[message["started"]], message["pid"])
        elif "exited" in message:
            usage = Usage(cpu_seconds=message["usage"]["cpu"], peak_memory=int(message["usage"]["memory"]))
            self._owner.on_exited(self._attempts[message["exited"]], message["code"], usage)


def _spawn(control: socket.socket, directory: str, python_path: tuple[str, ...]) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "jupyter_pipes.worker", "serve", str(control.fileno())]
    paths = [*python_path, os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    return subprocess.Popen(  # noqa: S603 - our own program
        program,
        cwd=directory,
        env=environment,
        pass_fds=[control.fileno()],
        stdin=subprocess.DEVNULL,
        # A session of its own: an interrupt of the kernel's group is the controller's business.
        start_new_session=True,
    )


def _how_it_ended(attempt: _Attempt, code: int) -> ev.AttemptEnded:
    """Return the attempt's end from what it said, what was asked of it, and its exit code."""
    job, told = attempt.job, attempt.told
    if told is not None and told.outcome == "completed":
        return told
    if attempt.stopped is not None:
        outcome, reason = attempt.stopped
        return ev.AttemptEnded(job.step, job.attempt, outcome, reason, _stopped_error(outcome, reason, told))
    if told is not None:
        return _with_limit(told, job)
    error = _abnormal_end(code)
    return ev.AttemptEnded(job.step, job.attempt, "failed", error.message, error)


def _stopped_error(outcome: ev.Outcome, reason: str, told: ev.AttemptEnded | None) -> StepError | None:
    if outcome != "timed out":
        return None
    # The traceback of the interrupt shows where the step hung.
    where = told.error if told else None
    bases = ("TimedOut", "TimeoutError")
    return StepError("TimedOut", reason, where.traceback if where else "", where.line if where else None, bases)


def _with_limit(told: ev.AttemptEnded, job: Job) -> ev.AttemptEnded:
    if job.memory is None or told.error is None or told.error.type not in ("MemoryError", "_ArrayMemoryError"):
        return told
    limit = f"{told.reason} (the step's limit is {job.memory / 2**20:g} MiB, --memory)"
    return msgspec.structs.replace(told, reason=limit)


def _abnormal_end(code: int) -> StepError:
    """Return the error of a process that ended without a word (exit code as `subprocess` gives it)."""
    if code >= 0:
        return StepError("Exited", f"the process ended itself with exit code {code}", bases=("Exited",))
    name = signal.Signals(-code).name
    hint = " (by hand, or by the system because memory ran out)" if name == "SIGKILL" else ""
    crash = " (a crash in compiled code)" if name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT") else ""
    return StepError("Killed", f"the process was killed by {name}{hint}{crash}", bases=("Killed",))


def _signal_group(attempt: _Attempt, number: signal.Signals) -> None:
    if attempt.pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(attempt.pid, number)


def in_words(seconds: float) -> str:
    """Return a duration as people say it: "250 ms", "10 s", "30 min", "2 h"."""
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds * 1000:g} ms"


def _mtime(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _machine_memory() -> int:
    import psutil

    return psutil.virtual_memory().total
