"""The pipelines that steps of a pipeline are (`--pipeline`): read with it, and what is wrong with that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.pipelines.options.nesting import file_and_name
from jupyter_pipes.planning.nesting.requests import Declared
from jupyter_pipes.planning.request import Definition
from jupyter_pipes.planning.validation import describe
from jupyter_pipes.runs.nesting.requests import Children, Origin

if TYPE_CHECKING:
    from jupyter_pipes.runs.nesting.runnable import RunnablePipeline


def children_of(pipeline: RunnablePipeline, load: Callable[[Path, str | None], RunnablePipeline]) -> Children:
    """Return the pipelines that steps of this one are.

    Args:
        pipeline: the one whose steps they are.
        load: reads a notebook or a module, of several pipelines in it the one of a name.
    """
    definitions: dict[str, Definition] = {}
    declared: dict[str, Declared] = {}
    problems: list[Diagnostic] = []
    for step in pipeline.graph.steps:
        if not step.options.pipeline:
            continue
        try:
            child = _child(step, pipeline, load)
            definitions[step.name] = _with_outputs(child.definition(), child.observed_graph(), step)
            declared[step.name] = Declared(child.parameters, child.children.declared, child.version)
        except PipesError as error:
            message = f"--pipeline {step.options.pipeline}: {error}"
            problems.append(Diagnostic("JP039", message, step.name, 1, step.cell))
    return Children(definitions, declared, tuple(problems))


def _child(
    step: Step, pipeline: RunnablePipeline, load: Callable[[Path, str | None], RunnablePipeline]
) -> RunnablePipeline:
    file, name = file_and_name(step.options.pipeline)
    child = load(Path(os.path.normpath(pipeline.directory / file)), name)
    child.above = (*pipeline.above, Origin(pipeline.origin, pipeline.name))
    _check_recursion(child)
    if child.directory.resolve() != pipeline.directory.resolve():
        raise UsageError("it stands in another folder, and its steps run in their own: put both into one")
    if problems := child.problems():
        raise UsageError(f"it cannot run: {describe(problems[0])}")
    return child


def _check_recursion(child: RunnablePipeline) -> None:
    chain = [*child.above, Origin(child.origin, child.name)]
    places = [Origin(str(Path(each.file).resolve()), each.name) for each in chain if each.file]
    if places[-1] in places[:-1]:
        words = " → ".join(each.words for each in places[places.index(places[-1]) :])
        raise UsageError(f"a pipeline cannot be a step of itself: {words}")


def _with_outputs(definition: Definition, observed: Graph, step: Step) -> Definition:
    """Return the child with the outputs of its step kept, whatever their size.

    Raises:
        UsageError: no step of it writes one.
    """
    last = {name: each.name for each in observed.steps for name in each.writes}
    wanted = step.options.outputs or ()
    for name in wanted:
        if name not in last:
            raise UsageError(f"no step of it writes {name} (--out); they write: {', '.join(sorted(last))}")
    steps = (replace(each, demanded=tuple(_demanded(each, wanted, last))) for each in definition.steps)
    return replace(definition, steps=tuple(steps))


def _demanded(step: Step, wanted: tuple[str, ...], last: dict[str, str]) -> Iterator[str]:
    yield from step.demanded
    names = (name for name in wanted if last[name] == step.name and name in step.writes)
    yield from (name for name in names if name not in step.demanded)
