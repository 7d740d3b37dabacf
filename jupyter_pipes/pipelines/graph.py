"""Cells or functions -> the pipeline's graph: who reads what from whom, in which order, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from graphlib import CycleError
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.file_edges import file_problems, spot_of, with_files
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.resolution import resolve
from jupyter_pipes.analysis.syntax import room_for_depth
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.graph.order import in_order
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic, ParameterSpec, Step, StepOptions
from jupyter_pipes.pipelines.called.named import named_in
from jupyter_pipes.pipelines.options.environment import environment_problems
from jupyter_pipes.pipelines.options.nesting import nesting_problems
from jupyter_pipes.pipelines.options.table import BY_FIELD
from jupyter_pipes.pipelines.referring.edges import check_open, reference_problems, with_option_edges
from jupyter_pipes.system.patterns import pattern


class Graph(Struct, frozen=True, dict=True):
    """A pipeline's steps with their names resolved.

    Attributes:
        steps: in notebook order.
        parameters: as declared.
        diagnostics: all that was found wrong or worth saying, in notebook order.
        as_written: those steps without what their parameters' references add (`made/edges.py`), by name.
        callbacks: function that steps name -> what calls it, as a step that is none of the pipeline's.
        retry_rules: what `--retry-on` names of the notebook -> what reaches its code, as such a step.
    """

    steps: tuple[Step, ...] = ()
    parameters: tuple[ParameterSpec, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    as_written: dict[str, Step] = {}
    callbacks: dict[str, Step] = {}
    retry_rules: dict[str, Step] = {}

    def step(self, name: str) -> Step:
        """Return the step of that name.

        Raises:
            UsageError: there is none; the message names the nearest that exists.
        """
        if name in self._by_name:
            return self._by_name[name]
        names = [step.name for step in self.steps]
        raise UsageError(f"There is no step {name!r}{problems.nearest(name, names)}")

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        # Of two with one name, which is an error, the first.
        return {step.name: step for step in reversed(self.steps)}

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that keep a run from starting."""
        return tuple(problem for problem in self.diagnostics if problem.severity == "error")


_DECLARATION = pattern(r"^(\w+)[ \t]*[:=]", re.MULTILINE)

_FLAGS = {field: option.flag for field, option in BY_FIELD.items()}

_G = TypeVar("_G", bound=Graph)


def with_options(graph: _G, options: Mapping[str, StepOptions]) -> _G:
    """Return the graph with other options of some steps, and the edges that follow from them.

    Raises:
        UsageError: one of them refers to what no step makes.
        InvalidPipeline: steps wait for each other.
    """
    if not options:
        return graph
    steps = with_files([replace(step, options=options.get(step.name, step.options)) for step in graph.steps])
    check_open(steps)
    steps = with_demanded(with_option_edges(steps))
    known = set(graph.diagnostics)
    news = (problem for problem in file_problems(steps) if problem not in known)
    made = replace(graph, steps=steps, diagnostics=(*graph.diagnostics, *news))
    order(made)
    return made


def build(cells: Sequence[Cell], parameters: Sequence[ParameterSpec] = (), *, in_file: bool = True) -> Graph:
    """Return the graph of a notebook's steps.

    Args:
        cells: all cells, in notebook order.
        parameters: what its `%%params` cells declare.
        in_file: whether a second cell with a step's name is an error; else it replaces the first (a kernel).
    """
    with room_for_depth():
        steps, diagnostics = resolve(cells, parameters, in_file=in_file)
        named = named_in(steps, cells, parameters, in_file=in_file)
        written = {name for cell in cells for name in _declared_by_words(cell)}
        graph = _finish(steps, parameters, (*diagnostics, *named.problems), written)
        return replace(graph, callbacks=named.callbacks, retry_rules=named.retry_rules)


def _declared_by_words(cell: Cell) -> Iterator[str]:
    """Yield what a `%%params` cell seems to declare; that it cannot be read is told already."""
    if cell.role == "params":
        yield from (match[1] for match in _DECLARATION.finditer(cell.body))


def connect(steps: Sequence[Step], parameters: Sequence[ParameterSpec] = ()) -> Graph:
    """Return the graph of steps whose `reads` (names) and `writes` are known: functions."""
    placed = [replace(step, position=place) for place, step in enumerate(steps)]
    declared = {parameter.name for parameter in parameters}
    diagnostics: list[Diagnostic] = []
    connected: dict[str, Step] = {}
    for step in placed:
        if step.name in connected:
            diagnostics.append(problems.repeated(Spot(step.name), 0, in_file=True))
            continue
        owners = {name: _owner(name, connected.values(), declared) for name in step.reads}
        diagnostics += [_missing(step, name, placed) for name, owner in owners.items() if owner is None]
        reads = {name: owner for name, owner in owners.items() if owner is not None}
        connected[step.name] = replace(step, reads=reads)
    return _finish(tuple(connected.values()), parameters, diagnostics)


def needed(graph: Graph, targets: Iterable[str]) -> tuple[str, ...]:
    """Return the targets and all steps that they need, in notebook order.

    Raises:
        UsageError: a target is no step.
    """
    upstream = {step.name: step.upstream for step in graph.steps}
    names = reached([graph.step(name).name for name in targets], upstream)
    return tuple(step.name for step in graph.steps if step.name in names)


def descendants(graph: Graph, name: str) -> set[str]:
    """Return the steps that wait for this one, directly or through others, without itself.

    Raises:
        UsageError: there is no such step.
    """
    readers: dict[str, list[str]] = {}
    for step in graph.steps:
        for producer in step.upstream:
            readers.setdefault(producer, []).append(step.name)
    return reached([graph.step(name).name], readers) - {name}


def reached(starts: list[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the starts and what follows them, directly or through others."""
    names: set[str] = set()
    waiting = starts
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting.extend(following.get(name, ()))
    return names


def order(graph: Graph) -> tuple[str, ...]:
    """Return the steps' names so that each stands behind all that it waits for, else in notebook order.

    Raises:
        InvalidPipeline: steps wait for each other.
    """
    try:
        return _order(graph.steps)
    except CycleError as error:
        cycle = " → ".join(error.args[1])
        message = f"steps wait for each other: {cycle}; take one of these reads, or references, away"
        raise InvalidPipeline(message, diagnostics=graph.errors) from error


def _order(steps: Iterable[Step]) -> tuple[str, ...]:
    return in_order({step.name: step.upstream for step in steps})


def _owner(name: str, earlier: Iterable[Step], declared: set[str]) -> str | None:
    writers = [step.name for step in earlier if name in step.writes]
    return writers[-1] if writers else PARAMS_OWNER if name in declared else None


def _missing(step: Step, name: str, steps: Sequence[Step]) -> Diagnostic:
    writers = [later for later in steps if later.position > step.position and name in later.writes]
    if writers:
        return problems.written_later(Spot(step.name), name, Spot(writers[0].name))
    return problems.undefined(Spot(step.name), name, [output for other in steps for output in other.writes])


def with_demanded(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps, each with those of its outputs that others, or their options, read."""
    steps = tuple(steps)
    demanded: dict[str, set[str]] = {step.name: set() for step in steps}
    for step in steps:
        for owner, name in (*((owner, name) for name, owner in step.reads.items()), *step.option_needs):
            if owner in demanded:
                demanded[owner].add(name)
    return tuple(replace(step, demanded=tuple(sorted(demanded[step.name]))) for step in steps)


def _finish(
    steps: Sequence[Step],
    parameters: Sequence[ParameterSpec],
    diagnostics: Iterable[Diagnostic],
    unread: Collection[str] = (),
) -> Graph:
    """Return the graph with what only all steps together tell: demanded outputs, files, `--after`, cycles."""
    finished = with_files(with_demanded(with_option_edges(steps)))
    references = reference_problems(finished, [each.name for each in parameters], unread)
    found = (*_order_problems(finished), *references, *file_problems(finished))
    of_options = (*environment_problems(finished), *nesting_problems(finished, _FLAGS))
    unsorted = (*diagnostics, *found, *of_options)
    by_place = sorted(unsorted, key=lambda diagnostic: (diagnostic.cell, diagnostic.line))
    return Graph(finished, tuple(parameters), tuple(by_place))


def _order_problems(steps: Sequence[Step]) -> Iterator[Diagnostic]:
    names = [step.name for step in steps]
    for step in steps:
        unknown = [name for name in step.options.after if name not in names]
        yield from (problems.unknown_step(spot_of(step), name, names) for name in unknown)
    try:
        _order(steps)
    except CycleError as error:
        cycle: list[str] = error.args[1]
        yield problems.cycle(spot_of(steps[names.index(cycle[0])]), cycle)
