"""What an attempt waits for on a queue of other machines, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from jupyter_pipes.execution.executors.remote.queues.standing import Standing, WorkerSeen
from jupyter_pipes.execution.executors.remote.versions import PYTHON, versions
from jupyter_pipes.model.quantities import exact_size_text, size_option
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.storage.queues import Queue

EXACT = 10
"""Up to so many ahead of an attempt are told by their number, more by its order of magnitude.

A thousand attempts that wait would else have a thousand things to say whenever one of them begins.
"""


class QueueLook(Struct, frozen=True):
    """What was seen of a queue.

    Attributes:
        queue: the queue.
        standing: who serves it, and how many wait.
        trouble: why no step of it could run now, in words; "" if one could.
    """

    queue: Queue
    standing: Standing = Standing()
    trouble: str = ""

    @property
    def workers(self) -> int:
        """How many workers serve it."""
        return len(self.standing.workers)

    @property
    def busy(self) -> int:
        """How many of them have no slot to spare."""
        return self.standing.busy

    @property
    def waiting(self) -> int:
        """How many steps, of whomever, wait for a slot."""
        return self.standing.waiting

    def trouble_of(self, options: StepOptions) -> str:
        """Return why a step with these options could not run there now, in words; "" if it could."""
        lacking = lacks(self.queue, options, self.standing.workers) if self.standing.workers else ""
        return self.trouble or lacking


def fitting(queue: Queue, options: StepOptions, workers: Iterable[WorkerSeen]) -> list[WorkerSeen]:
    """Return the workers that have what a step of the queue demands."""
    return [worker for worker in workers if not any(_lacking(queue, options, worker))]


def lacks(queue: Queue, options: StepOptions, workers: Iterable[WorkerSeen]) -> str:
    """Return what none of the workers has that the step demands, with the remedy; "" if one has it all."""
    lacking = [list(_lacking(queue, options, worker)) for worker in workers]
    if not lacking or not all(lacking):
        return ""
    what = min(lacking, key=len)
    demanded, remedies = [each for each, _ in what], [each for _, each in what]
    return f"no worker of {queue.name} has {' and '.join(demanded)}: start one with {' '.join(remedies)}"


def waits_for(
    queue: Queue, options: StepOptions, standing: Standing, ahead: int, refusals: Mapping[str, str] = {}
) -> str:
    """Return what an attempt that has no worker waits for.

    Args:
        queue: where it waits.
        options: of its step.
        standing: how the queue stands.
        ahead: how many are to be begun before it.
        refusals: address of a worker -> why it does not run steps of this run.
    """
    if not standing.workers:
        return f"{queue.name} has no workers: {queue.place} waits for some"
    able = fitting(queue, options, standing.workers)
    if not able:
        return lacks(queue, options, standing.workers)
    refusing = [worker for worker in able if worker.address in refusals]
    if len(refusing) == len(able):
        return "; ".join(f"worker {worker.name} {refusals[worker.address]}" for worker in refusing)
    willing = Standing(tuple(worker for worker in able if worker not in refusing))
    if ahead > EXACT:
        return f"{queue.name} has {_workers(len(willing.workers))}, {_roughly(ahead)} ahead of you"
    served = f"{queue.name} has {_counted(len(willing.workers), willing.busy)}"
    return f"{served}, {ahead} ahead of you" if ahead else served


def what_is_wrong(queue: Queue, standing: Standing, pythons: Mapping[str, str]) -> str:
    """Return why no step of the queue could run now, in words; "" if one could.

    Args:
        queue: the queue.
        standing: how it stands.
        pythons: address -> the minor version of the worker's Python.
    """
    able = fitting(queue, StepOptions(), standing.workers)
    if not able:
        return waits_for(queue, StepOptions(), standing, 0)
    own = versions()[PYTHON]
    others = [f"worker {each.name} has Python {pythons.get(each.address, '?')}" for each in able]
    is_any_like = any(pythons.get(each.address) == own for each in able)
    return "" if is_any_like else f"{', '.join(others)}, the kernel {own}"


def _lacking(queue: Queue, options: StepOptions, worker: WorkerSeen) -> Iterable[tuple[str, str]]:
    """Yield what a worker lacks of what is demanded, each with the option of a worker that has it."""
    amounts = [
        f"{name}={amount:g}"
        for name, amount in queue.resources.items()
        if worker.resources.get(name, 0) < amount
    ]
    if amounts:
        yield " and ".join(amounts), f'--resources "{" ".join(amounts)}"'
    if options.cpus > worker.threads:
        yield f"{options.cpus} cpus", f"--threads {options.cpus}"
    if options.memory and worker.memory and options.memory > worker.memory:
        yield exact_size_text(options.memory), f"--memory-limit {size_option(options.memory)}"


def _workers(count: int) -> str:
    return f"{count} worker{'s' * (count != 1)}"


def _counted(workers: int, busy: int) -> str:
    if workers == 1:
        return f"1 worker, {'busy' if busy else 'free'}"
    together = {2: "both"}.get(workers, "all")
    return f"{workers} workers, {together if busy >= workers else busy} busy"


def _roughly(ahead: int) -> str:
    least = EXACT
    while ahead > least * 10:
        least *= 10
    return f"more than {least:,}"
