"""The inline executor: steps run in this process, on the main thread, one after the other, for debugging."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import io
import os
import platform
import queue
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from jupyter_pipes import events as ev
from jupyter_pipes.executors.base import Report
from jupyter_pipes.executors.local import in_words
from jupyter_pipes.model import Job, StepError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class InlineExecutor:
    """Runs jobs on whichever thread calls `work` (the kernel's main thread), with the same hand-over of values.

    It has no process to kill: cancel and timeout interrupt the main thread, and `--memory` is no limit here.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[tuple[Job, Report] | None] = queue.SimpleQueue()
        self._cancelled: dict[str, tuple[ev.Outcome, str]] = {}
        self._running: str | None = None

    def submit(self, job: Job, report: Report) -> None:
        """Take a job; it runs when `work` comes to it."""
        report(ev.AttemptQueued(job.step, job.attempt, job.queue, "waits for the kernel"))
        self._jobs.put((job, report))

    def cancel(self, attempt: str, outcome: ev.Outcome, reason: str) -> None:
        """Interrupt the attempt when it runs, or keep it from starting."""
        self._cancelled[attempt] = (outcome, reason)
        if self._running == attempt:
            _thread.interrupt_main()

    def close(self) -> None:
        """Make `work` return."""
        self._jobs.put(None)

    def work(self) -> None:
        """Run jobs on this thread until `close` is called."""
        while (item := self._jobs.get()) is not None:
            job, report = item

            def tell(event: ev.AnyEvent, report: Report = report) -> None:
                self._loop.call_soon_threadsafe(report, event)

            self._run(job, tell)

    def _run(self, job: Job, tell: Callable[[ev.AnyEvent], None]) -> None:
        if job.attempt_id in self._cancelled:
            tell(ev.AttemptEnded(job.step, job.attempt, *self._cancelled.pop(job.attempt_id)))
            return
        tell(ev.AttemptStarted(job.step, job.attempt, os.getpid(), platform.node()))
        timer = self._start_timer(job)
        self._running = job.attempt_id
        try:
            self._run_to_the_end(job, tell)
        finally:
            self._running = None
            if timer is not None:
                self._loop.call_soon_threadsafe(timer.cancel)

    def _start_timer(self, job: Job) -> asyncio.TimerHandle | None:
        if job.timeout is None:
            return None
        reason = f"timed out after {in_words(job.timeout)}"
        return self._loop.call_later(job.timeout, self.cancel, job.attempt_id, "timed out", reason)

    def _run_to_the_end(self, job: Job, tell: Callable[[ev.AnyEvent], None]) -> None:
        from jupyter_pipes.worker.job import run_job
        from jupyter_pipes.worker.shell import make_shell

        def tell_end(event: ev.AnyEvent) -> None:
            tell(self._as_stopped(job, event) if isinstance(event, ev.AttemptEnded) else event)

        with _logged(Path(job.log)) as log:
            try:
                run_job(job, _kernel_shell() or make_shell(), tell_end, log.tell, interactive=True)
            except KeyboardInterrupt:
                # It came between the cell and its report.
                outcome, reason = self._cancelled.get(job.attempt_id, ("cancelled", "interrupted"))
                tell_end(ev.AttemptEnded(job.step, job.attempt, outcome, reason))

    def _as_stopped(self, job: Job, event: ev.AttemptEnded) -> ev.AttemptEnded:
        if event.outcome == "completed" or job.attempt_id not in self._cancelled:
            return _as_interrupted(event)
        outcome, reason = self._cancelled.pop(job.attempt_id)
        error = StepError("TimedOut", reason, bases=("TimedOut", "TimeoutError")) if outcome == "timed out" else None
        return msgspec.structs.replace(event, outcome=outcome, reason=reason, error=error)


def _as_interrupted(event: ev.AttemptEnded) -> ev.AttemptEnded:
    """An interrupt from the keyboard during a step means: cancel."""
    if event.error is not None and event.error.type == "KeyboardInterrupt":
        return msgspec.structs.replace(event, outcome="cancelled", reason="interrupted", error=None)
    return event


def _kernel_shell() -> InteractiveShell | None:
    from IPython.core.getipython import get_ipython

    return get_ipython()


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[io.BufferedWriter]:
    """Copy what is printed to the attempt's log as well as to where it goes anyway."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as log:
        writer: Any = log
        with contextlib.redirect_stdout(_Tee(sys.stdout, writer)), contextlib.redirect_stderr(_Tee(sys.stderr, writer)):
            yield writer


class _Tee(io.TextIOBase):
    """Writes text to a stream and, as UTF-8, to a file."""

    def __init__(self, stream: TextIO, log: io.BufferedWriter) -> None:
        self._stream = stream
        self._log = log

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
