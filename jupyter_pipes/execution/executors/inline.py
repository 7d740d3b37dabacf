"""The inline executor: steps run in this process, on the main thread, one after the other, for debugging."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import platform
import queue
import signal
import sys
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, TextIO

from jupyter_pipes.execution.environments.spawning import MATPLOTLIB_BACKEND
from jupyter_pipes.execution.executors.base import Report
from jupyter_pipes.execution.executors.endings import Stop, as_stopped, broken_off
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.results import StepError

_NOT_ITS_OWN = (
    "is debugged in this process: what it has of its own but variables (packages, a checkout) is not there"
)

_PATIENCE = 2.0
"""Seconds that a step has to end after an interrupt, before the next one."""


class InlineExecutor:
    """Runs jobs on the thread that calls `work` (the kernel's main one), with the same hand-over of values.

    There is no process to kill: cancel and timeout interrupt the main thread, and `--memory` is no limit.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[tuple[Job, Report] | None] = queue.SimpleQueue()
        self._cancelled: dict[str, Stop] = {}
        self._interruptible = False
        self._interrupted = False
        self._running: str | None = None

    def submit(self, job: Job, report: Report) -> None:
        """Take a job; it runs when `work` comes to it."""
        report(ev.AttemptQueued(job.step.name, job.attempt, job.step.options.queue, "waits for the kernel"))
        self._jobs.put((job, report))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Interrupt the attempt when it runs, or keep it from starting."""
        self._cancelled.setdefault(attempt, (outcome, reason))
        self._interrupt(attempt)

    def _interrupt(self, attempt: str) -> None:
        """Interrupt an attempt until it ends: an interrupt may be lost, as in a destructor."""
        if self._running == attempt and self._interruptible:
            # A signal wakes what waits in the system, such as `time.sleep`; `interrupt_main` would not.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            self._loop.call_later(_PATIENCE, self._interrupt, attempt)

    def close(self) -> None:
        """Make `work` return."""
        self._jobs.put(None)

    def work(self) -> None:
        """Run jobs on this thread until `close` is called; only the main thread's can be interrupted.

        Raises:
            KeyboardInterrupt: the user interrupted a step (which has ended as cancelled) or the waiting;
                call again to go on.
        """
        self._interruptible = threading.current_thread() is threading.main_thread()
        with _heard_interrupts() if self._interruptible else contextlib.nullcontext():
            while (item := self._jobs.get()) is not None:
                self._run(*item)
                if self._interrupted:
                    self._interrupted = False
                    raise KeyboardInterrupt

    def _run(self, job: Job, report: Report) -> None:
        def tell(event: ev.AnyEvent) -> None:
            if isinstance(event, ev.AttemptEnded) and event.outcome == "cancelled":
                # Nobody asked for it but the keyboard.
                self._interrupted = job.attempt_id not in self._cancelled
            self._loop.call_soon_threadsafe(report, event)

        if job.attempt_id in self._cancelled:
            tell(as_stopped(job, self._cancelled[job.attempt_id]))
            return
        self._running = job.attempt_id
        try:
            # Whoever hears of the start may interrupt at once.
            tell(ev.AttemptStarted(job.step.name, job.attempt, os.getpid(), platform.node()))
            self._start_timer(job)
            self._run_to_the_end(job, tell)
        except KeyboardInterrupt:
            # It came before the step's first line.
            tell(self._as_stopped(job, None))
        finally:
            self._running = None

    def _start_timer(self, job: Job) -> None:
        timeout = job.step.options.timeout
        if timeout is not None:
            reason = f"timed out after {exact_duration_text(timeout)}"
            timer = (timeout, self._time_out, job.attempt_id, reason)
            self._loop.call_soon_threadsafe(self._loop.call_later, *timer)

    def _time_out(self, attempt: str, reason: str) -> None:
        if self._running == attempt:
            self.cancel(attempt, "timed out", reason)

    def _run_to_the_end(self, job: Job, tell: Report) -> None:
        from IPython.core.getipython import get_ipython

        from jupyter_pipes.execution.worker.job import run_job
        from jupyter_pipes.execution.worker.shell import make_shell

        ended: list[ev.AttemptEnded] = []

        def hold_end(event: ev.AnyEvent) -> None:
            if isinstance(event, ev.AttemptEnded):
                ended.append(event)
            else:
                tell(event)

        os.environ.setdefault("MPLBACKEND", MATPLOTLIB_BACKEND)
        shell: Any = get_ipython() or make_shell()
        try:
            if not job.own.has_only_variables:
                tell(ev.NoteAdded(job.step.name, job.attempt, _NOT_ITS_OWN))
            with _logged(Path(job.log)) as log, _captured_commands(shell), _variables(job.own.variables):
                run_job(job, shell, hold_end, log.tell, interactive=True)
        except KeyboardInterrupt:
            # It came between the cell and its report.
            pass
        except OSError as error:
            message = f"its log could not be written: {error}"
            ended.append(broken_off(job, StepError("ExecutorError", message, bases=("ExecutorError",))))
        finally:
            tell(self._as_stopped(job, ended[0] if ended else None))

    def _as_stopped(self, job: Job, reported: ev.AttemptEnded | None) -> ev.AttemptEnded:
        if reported is not None and reported.outcome in ("completed", "skipped"):
            return reported
        if job.attempt_id in self._cancelled:
            return as_stopped(job, self._cancelled[job.attempt_id], reported)
        if reported is not None and reported.error is not None and reported.error.type == "KeyboardInterrupt":
            # An interrupt from the keyboard during a step means: cancel.
            return as_stopped(job, ("cancelled", "interrupted"), reported)
        return reported or as_stopped(job, ("cancelled", "interrupted"))


@contextlib.contextmanager
def _heard_interrupts() -> Generator[None]:
    """Hear interrupts also where they are ignored, as in all that a shell's script starts with `&`."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextlib.contextmanager
def _variables(own: Mapping[str, str]) -> Generator[None]:
    """Set the variables of a step, and put back what was there before."""
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _captured_commands(shell: Any) -> Generator[None]:
    """Have the output of `!command` printed by this process, so that it comes into the log."""
    shell.system = shell.system_piped
    try:
        yield
    finally:
        del shell.system


@contextlib.contextmanager
def _logged(path: Path) -> Generator[io.FileIO]:
    """Copy what is printed to the attempt's log as well as to where it goes anyway."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as log:
        out, err = _Tee(sys.stdout, log), _Tee(sys.stderr, log)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield log


class _Tee(io.TextIOBase):
    """Writes text to a stream and, as UTF-8, to a file."""

    def __init__(self, stream: TextIO, log: io.FileIO) -> None:
        self._stream = stream
        self._log = log

    # Libraries look here before they print more than ASCII.
    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Write the text to both; return its length."""
        self._log.write(text.encode("utf-8", "backslashreplace"))
        return self._stream.write(text)

    def flush(self) -> None:
        """Flush the stream; the log is unbuffered."""
        self._stream.flush()

    def fileno(self) -> int:
        """Return the stream's file number."""
        return self._stream.fileno()
