"""Inputs that the catalog has: what counts of their content, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ConfigurationError, UsageError
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.storage.catalog.entries import Catalog, Entry
from jupyter_pipes.storage.catalog.placeholders import (
    Filling,
    filled,
    is_any,
    masked,
    parts_of,
    with_variables,
)
from jupyter_pipes.storage.catalog.reading import check_libraries
from jupyter_pipes.storage.catalog.states import remote_state
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.pipelines.graph import Graph

PROBLEM = "JP040"


def content_parts(step: Step, catalog: Catalog, parameters: Mapping[str, Any]) -> Iterator[Part]:
    """Yield a part for each input of the catalog that a step loads from another file system.

    Those that are files here stand in its code, or were seen being read: they count as such.

    Args:
        step: the step.
        catalog: what the settings name.
        parameters: the values of those that the step reads, as far as they are known.

    Raises:
        UsageError: a file system cannot be asked.
    """
    for name in step.loads:
        entry = catalog.entry(name)
        if entry is None or not entry.is_remote:
            continue
        try:
            place = filled(entry.path, Filling(name=name, params=parameters))
        except ConfigurationError:
            # A parameter whose value only a run tells.
            continue
        yield Part("file", place, _state(entry, place, step.name))


def _state(entry: Entry, place: str, step: str) -> str:
    try:
        return digest(remote_state(with_variables(place)))
    except Exception as error:  # libraries of file systems raise what they like
        reason = masked(f"{type(error).__name__}: {error}", place)
        raise UsageError(
            f"catalog entry {entry.name}: what {place} holds cannot be asked: {reason}", step=step
        ) from error


def input_problems(graph: Graph, catalog: Catalog, directory: Path) -> Iterator[Diagnostic]:
    """Yield a problem for each input of the catalog that is not there, or that nobody here can read.

    Args:
        graph: the pipeline.
        catalog: what the settings name.
        directory: the folder from which paths count.
    """
    made = {path for step in graph.steps for path in step.options.out_files}
    for step in graph.steps:
        for name in step.loads:
            entry = catalog.entry(name)
            if entry is None:
                continue
            found = _problem(entry, catalog, directory, step, made) or _unset(entry, catalog, step, graph)
            if found:
                yield Diagnostic(PROBLEM, found, step.name, 1)


def _unset(entry: Entry, catalog: Catalog, step: Step, graph: Graph) -> str:
    """What is wrong where a variable is not set that the step, on this machine, looks up; "" for nothing."""
    if step.options.queue not in (None, LOCAL) or step.options.container:
        return ""
    # Code may set one, of the step's set-up or of an earlier step.
    code = [piece.source for piece in step.setup] + [each.body for each in graph.steps]
    own = {said.partition("=")[0] for said in step.options.variables}
    for part in parts_of(entry.path + entry.table):
        name = part.text
        if part.kind == "env" and not (
            name in os.environ or name in own or any(name in text for text in code)
        ):
            return (
                f"{catalog.place}: catalog entry {entry.name} names the environment variable {name}, which "
                "is not set: set it before the run"
            )
    return ""


def _problem(entry: Entry, catalog: Catalog, directory: Path, step: Step, made: set[str]) -> str:
    options = step.options
    has_own = bool(options.packages or options.python or options.environment or options.container)
    try:
        if not has_own:
            check_libraries(entry, catalog.place)
    except ConfigurationError as error:
        return error.message
    is_sure = not (entry.is_remote or entry.is_table or is_any(entry.path, "params", "env"))
    if is_sure and entry.path not in made and not (directory / entry.path).exists():
        return (
            f"{catalog.place}: catalog entry {entry.name} names no file in {directory}: {entry.path}; "
            "correct the path, or make the file"
        )
    return ""
