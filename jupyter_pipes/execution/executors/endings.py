"""How an attempt ended, told for people: from what it said, what was asked of it, and its exit code."""

from __future__ import annotations

import signal

import msgspec

from jupyter_pipes.execution.worker.hosting.reporting import UNREPORTED
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.quantities import exact_size_text
from jupyter_pipes.model.results import StepError

_MEMORY_ERRORS = ("MemoryError", "_ArrayMemoryError")
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")

Stop = tuple[ev.Outcome, str]
"""The outcome that somebody asked for, and why."""


def how_it_ended(
    job: Job, reported: ev.AttemptEnded | None, stopped: Stop | None, code: int
) -> ev.AttemptEnded:
    """Return the end of an attempt whose process is gone.

    Args:
        job: the attempt.
        reported: what it reported at last, if it came to that.
        stopped: what was asked of it, if something was.
        code: the exit code as `subprocess` gives it.
    """
    if reported is not None and reported.outcome in ("completed", "skipped"):
        return reported
    if stopped is not None:
        return as_stopped(job, stopped, reported)
    if reported is not None:
        return _with_limit(reported, job)
    return broken_off(job, _abnormal_end(code))


def as_stopped(job: Job, stopped: Stop, reported: ev.AttemptEnded | None = None) -> ev.AttemptEnded:
    """Return the end of an attempt that was stopped; the traceback that it left shows where it hung."""
    outcome, reason = stopped
    if outcome != "timed out":
        return ev.AttemptEnded(job.step.name, job.attempt, outcome, reason)
    where = reported.error if reported and reported.error else StepError("", "")
    error = StepError("TimedOut", reason, where.traceback, where.line, ("TimedOut", "TimeoutError"))
    return ev.AttemptEnded(job.step.name, job.attempt, outcome, reason, error)


def broken_off(job: Job, error: StepError, outcome: ev.Outcome = "failed") -> ev.AttemptEnded:
    """Return the end of an attempt that could not tell its own."""
    return ev.AttemptEnded(job.step.name, job.attempt, outcome, error.message, error)


def _with_limit(reported: ev.AttemptEnded, job: Job) -> ev.AttemptEnded:
    memory = job.step.options.memory
    if memory is None or reported.error is None:
        return reported
    if reported.error.type not in _MEMORY_ERRORS and "Cannot allocate memory" not in reported.error.message:
        return reported
    limit = f"{reported.reason} (the step's limit is {exact_size_text(memory)}; raise --memory)"
    return msgspec.structs.replace(reported, reason=limit)


def _abnormal_end(code: int) -> StepError:
    if code == UNREPORTED:
        message = (
            "the step closed the pipe in which it reports to its run, and it could not be opened again: "
            "leave open what the step did not open itself (os.closerange, os.close)"
        )
        return StepError("Unreported", message, bases=("Unreported",))
    if code >= 0:
        return StepError("Exited", f"the process ended itself with exit code {code}", bases=("Exited",))
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (by hand, or by the system because memory ran out)" if name == "SIGKILL" else ""
    crash = " (a crash in compiled code)" if name in _CRASHES else ""
    return StepError("Killed", f"the process was killed by {name}{hint}{crash}", bases=("Killed",))
