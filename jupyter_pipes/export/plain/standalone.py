"""A pipeline as a program for another engine: plain functions that need nothing of jupyter_pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.analysis.streams import STREAM_NAMES, imports_of, uses
from jupyter_pipes.export.placing.catalogued import catalogued
from jupyter_pipes.export.placing.placement import place
from jupyter_pipes.export.plain.names import OwnNames, bound_alike, bound_otherwise, names_of, unused
from jupyter_pipes.export.plain.preparation import check_graph, with_values_only
from jupyter_pipes.export.plain.program import Program
from jupyter_pipes.export.plain.reporting import told_by
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_code

if TYPE_CHECKING:
    from jupyter_pipes.export.placing.pieces import StepCode
    from jupyter_pipes.export.plain.options import Engine
    from jupyter_pipes.export.plain.preparation import Exported
    from jupyter_pipes.model.steps import Step


def standalone(exported: Exported, engine: Engine) -> Program:
    """Return the pipeline as functions that another engine can call.

    Raises:
        InvalidPipeline: the graph has errors.
        NotebookError: a step says or does what the engine has not; the message says which, and its cell.
    """
    graph, cells, parameters = exported.graph, exported.cells, exported.parameters
    check_graph(graph, exported.name)
    for step in graph.steps:
        engine.check(step)
        _check_states(step, engine)
    named = catalogued(graph, exported.catalog, engine.keeps, engine.refuse, engine.name)
    codes = place([with_values_only(step) for step in named.steps], cells, named.behind)
    for code in codes:
        _drop_what_only_a_condition_reads(code)
    drawing = {step.name for step in graph.steps if STREAM_NAMES & {*step.writes}}
    for code in codes:
        if code.step.name in drawing:
            _seed_inside(code)
    surroundings = surrounding_code(cells)
    given = {parameter.name for parameter in parameters}
    known = names_of(codes).union(given, *(each.binds for each in surroundings))
    functions = {method: unused(function, known) for method, function in engine.reports.items()}
    own = OwnNames(engine.own, known - (bound_alike(engine.own, codes) - given))
    used = told_by(codes, functions, engine.name)
    return Program(
        codes,
        parameters,
        exported.name,
        surroundings,
        reserved={*functions.values(), *own.values(), *engine.reserved, *given},
        own=own,
        apart=bound_otherwise(engine.reserved, codes),
        shown="print",
        reports={method: function for method, function in functions.items() if method in used},
        datasets=named.datasets,
    )


def _check_states(step: Step, engine: Engine) -> None:
    """Refuse a step that goes on with what an earlier one left in a class, a function or a module."""
    for name, owner in step.reads.items():
        if is_state(name) and name not in STREAM_NAMES:
            why = (
                f"it goes on with the {name}, as step {owner} left it, and tasks hand on values only: "
                "keep it in a variable that the steps read and write"
            )
            raise engine.refuse(step, why)


def _drop_what_only_a_condition_reads(code: StepCode) -> None:
    """Let the function not take a parameter that only `--when` asks for: its engine asks before the call."""
    used = set[str]().union(*(piece.chunk.binds | piece.chunk.free for piece in code.pieces))
    idle = {*code.step.parameters} - used
    if code.step.options.when and idle:
        reads = {name: owner for name, owner in code.step.reads.items() if name not in idle}
        code.step = replace(code.step, reads=reads)


def _seed_inside(code: StepCode) -> None:
    """Let a step that draws seed its stream itself: in one process, others draw between it and the import."""
    imports = frozenset[tuple[str, str]]().union(*(imports_of(piece.chunk.code) for piece in code.pieces))
    code.nested |= {piece.key for piece in code.outer if uses(piece.chunk.code, imports).seeds}
