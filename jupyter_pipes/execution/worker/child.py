"""The process of one attempt: its streams, its limits, its job, and its end."""

from __future__ import annotations

import os
import resource
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.job import run_job
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job


def run_child(job_file: int, event_file: int, log_file: int, shell: Any) -> None:
    """Run the job that stands in `job_file` in this process, which then has nothing else to do."""
    with os.fdopen(job_file, "rb") as stream:
        stream.seek(0)
        job = msgspec.json.decode(stream.read(), type=Job)
    os.set_inheritable(event_file, False)
    log = _redirect(log_file)
    memory = job.step.options.memory
    if memory is not None:
        _limit_memory(memory)
    run_job(job, shell, _reporter(event_file), lambda: os.fstat(log).st_size)
    processes.flush_streams()
    processes.flush_c_streams()


def _reporter(event_file: int) -> Callable[[ev.AnyEvent], None]:
    lock = threading.Lock()
    owner = os.getpid()

    def report(event: ev.AnyEvent) -> None:
        line = ev.encode(event) + b"\n"
        if os.getpid() != owner:
            # The lock may have been held when the step forked; a short line is written in one piece anyway.
            if len(line) <= select.PIPE_BUF:
                os.write(event_file, line)
            return
        with lock:
            while line:
                line = line[os.write(event_file, line) :]

    return report


def _redirect(log_file: int) -> int:
    """Make the log standard output and error, with no input; return a number of its own for the log."""
    # Python prints to that number: a step may close 1 and 2, and the next file that is opened would get them.
    log = os.dup(log_file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    os.close(nothing)
    os.close(log_file)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.__stdout__ = _text_stream(log)
    sys.stderr = sys.__stderr__ = _text_stream(log)
    return log


def _text_stream(file: int) -> Any:
    # Line by line, so that the log is live; what is no text is shown escaped instead of failing the step.
    return os.fdopen(file, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _limit_memory(limit: int) -> None:
    """Let allocations beyond `limit` bytes over what is in use now fail with MemoryError."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    data = next(line for line in status.read_text().splitlines() if line.startswith("VmData"))
    allowed = int(data.split()[1]) * 1024 + limit
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
