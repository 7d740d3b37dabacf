"""What keeps a pipeline from running: its graph, missing files, demands that no queue can meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from jupyter_pipes.analysis.notebook.file_edges import matches
from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.model.quantities import bytes_text
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.planning.catalog.inputs import input_problems
from jupyter_pipes.planning.fingerprints import files_named
from jupyter_pipes.storage.catalog.entries import Catalog
from jupyter_pipes.storage.queues import LOCAL

_EMPTY = Catalog()

STRUCTURE_PROBLEMS = ("JP014", "JP015", "JP034")
"""Codes of problems (a cycle, a repeated name, a reference to nothing) that leave open what a step needs."""


class Capacity(Protocol):
    """What a queue has at most: cpus, and memory in bytes."""

    cpus: int
    memory: int


def capacity_problems(
    steps: Iterable[Step], local: Capacity, queues: Collection[str] = ()
) -> Iterable[Diagnostic]:
    """Yield a problem for each step that would wait forever for what its queue does not have.

    Args:
        steps: the pipeline's steps, each on its queue.
        local: what this machine has for steps.
        queues: the names of the queues on other machines.
    """
    for step in steps:
        options = step.options
        if options.queue in queues:
            continue
        if options.queue != LOCAL:
            message = f"queue {options.queue} is unknown: {_named(queues)}"
            yield Diagnostic("JP021", message, step.name, 1)
        elif options.cpus > local.cpus:
            message = f"--cpus {options.cpus} is more than this machine has ({local.cpus})"
            yield Diagnostic("JP020", f"{message}: the step would wait forever", step.name, 1)
        elif (options.memory or 0) > local.memory:
            message = f"--memory is more than this machine has ({bytes_text(local.memory)})"
            yield Diagnostic("JP020", f"{message}: the step would wait forever", step.name, 1)


def _named(queues: Collection[str]) -> str:
    if not queues:
        return "there is the queue local, and pipes.toml can name others ([queues.NAME])"
    return f"there are {', '.join((LOCAL, *queues))}"


def file_problems(graph: Graph, directory: Path, catalog: Catalog = _EMPTY) -> Iterable[Diagnostic]:
    """Yield a problem for each `--file` that does not exist and that no earlier step makes.

    So for inputs that the catalog has.

    Args:
        graph: the pipeline.
        directory: the folder from which paths count.
        catalog: what the settings name.
    """
    yield from input_problems(graph, catalog, directory)
    for step in graph.steps:
        for pattern in step.options.files:
            is_made = any(matches(pattern, path) for path in step.files_from)
            if not is_made and not files_named(pattern, directory):
                message = (
                    f"--file {pattern} names no file in {directory}: check the path, or say --out-file on "
                    "the earlier step that makes it"
                )
                yield Diagnostic("JP025", message, step.name, 1)


def invalid(problems: Iterable[Diagnostic]) -> InvalidPipeline:
    """Return the error that tells all problems together."""
    diagnostics = tuple(_by_cause(problems))
    lines = "\n".join(f"  {describe(problem)}" for problem in diagnostics)
    count = "a problem" if len(diagnostics) == 1 else f"{len(diagnostics)} problems"
    return InvalidPipeline(
        f"the pipeline has {count}; nothing was run:\n{lines}",
        step=diagnostics[0].step,
        line=diagnostics[0].line,
        diagnostics=diagnostics,
    )


def _by_cause(problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the first problem of each cause, with the other steps that have it."""
    causes: dict[tuple[str, str], list[Diagnostic]] = {}
    for number, problem in enumerate(problems):
        causes.setdefault((problem.code, problem.cause or str(number)), []).append(problem)
    for first, *others in causes.values():
        steps = dict.fromkeys(other.step for other in others if other.step not in (None, first.step))
        also = f" (The same in {', '.join(map(str, steps))}.)" if steps else ""
        yield msgspec.structs.replace(first, message=first.message + also)


def describe(problem: Diagnostic) -> str:
    """Return a diagnostic as one line: code, place, message."""
    place = f"step {problem.step}" if problem.step else ""
    cell = f"cell {problem.cell}" if problem.cell else ""
    where = ", ".join(part for part in (place, cell, f"line {problem.line}") if part)
    return f"{problem.code} {where}: {problem.message}"
