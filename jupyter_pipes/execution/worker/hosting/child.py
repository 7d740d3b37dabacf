"""The process of one attempt: its streams, its limits, its job, and its end."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.held_files import FileLost, HeldFile
from jupyter_pipes.execution.worker.hosting.reporting import UNREPORTED, Log, Reporter
from jupyter_pipes.execution.worker.job import run_job
from jupyter_pipes.execution.worker.observation import stack
from jupyter_pipes.model.job import Job

read_job = msgspec.json.Decoder(Job).decode
"""Made in the helper: what it takes to read a job is found out once."""


def run_child(job_file: int, event_file: int, log_file: int, shell: Any) -> int:
    """Run the job that stands in `job_file` in this process, which then has nothing else to do.

    Returns:
        The exit code of the process.
    """
    with os.fdopen(job_file, "rb") as stream:
        stream.seek(0)
        job = read_job(stream.read())
    pipe = HeldFile(event_file, job.reports)
    log = _redirect(log_file, job.log)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    memory = job.step.options.memory
    if memory is not None:
        _limit_memory(memory)
    stack.answer()
    try:
        run_job(job, shell, Reporter(job.attempt_id, pipe).report, log.size)
    except FileLost:
        # The exit code is all that is left to tell it by.
        return UNREPORTED
    finally:
        processes.flush_streams()
        processes.flush_c_streams()
    return 0


def _redirect(log_file: int, path: str) -> Log:
    """Make the log standard output and error, with no input; return it."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    os.close(nothing)
    log = Log(HeldFile(log_file, path, os.O_WRONLY | os.O_APPEND))
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.__stdout__ = log.text()
    sys.stderr = sys.__stderr__ = log.text()
    return log


def _limit_memory(limit: int) -> None:
    """Let allocations beyond `limit` bytes over what is in use now fail with MemoryError."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    data = next(line for line in status.read_text().splitlines() if line.startswith("VmData"))
    allowed = int(data.split()[1]) * 1024 + limit
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
