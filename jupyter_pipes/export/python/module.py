"""A pipeline -> a Python module that runs without Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.export.placing.placement import place, top_level
from jupyter_pipes.export.plain.docstrings import docstring
from jupyter_pipes.export.plain.layout import formatted, with_reasons
from jupyter_pipes.export.plain.names import unused
from jupyter_pipes.export.plain.preparation import check_graph, title, with_values_only
from jupyter_pipes.export.plain.program import Program, names_in
from jupyter_pipes.export.python.decorators import decorator
from jupyter_pipes.export.python.named_functions import check_named, with_named
from jupyter_pipes.export.python.rounds import check_rounds
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_pipes.model.steps import Cell
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.pipelines.parameters import Parameter

_OUR_NAMES = ("Parameter", "Pipeline", "Range", "main", "step")


def export_python(
    graph: Graph,
    cells: Sequence[Cell],
    parameters: Sequence[Parameter],
    name: str,
    source_label: str,
    beside: Sequence[str] = (),
) -> str:
    """Return the source of a module with the same steps, parameters and edges; the same bytes every time.

    Args:
        graph: the pipeline, without errors.
        cells: the notebook's cells, for comments and the title.
        parameters: the declared parameters.
        name: the pipeline's name.
        source_label: where it comes from, for people ("train.ipynb").
        beside: the modules that stand in the notebook's folder.

    Raises:
        InvalidPipeline: the graph has errors; an export of it could not run.
        NotebookError: the module cannot be made; the message says why.
    """
    check_graph(graph, name)
    codes = place([with_named(with_values_only(step), graph) for step in graph.steps], cells)
    check_named(top_level(codes), codes, graph)
    for code in codes:
        check_rounds(code)
    program = Program(
        codes,
        parameters,
        name,
        surrounding_code(cells),
        reserved=("jupyter_pipes", "pipeline", *_OUR_NAMES),
        imports=[f"from jupyter_pipes import {each}" for each in _OUR_NAMES],
    )
    return with_reasons(formatted(_text(program, title(graph, cells), source_label), beside))


def _text(program: Program, heading: str, source_label: str) -> str:
    # scikit-learn has a `Pipeline` too, pylab's star a `step`: then ours are written with their module.
    prefix = "jupyter_pipes." if program.bound & {*_OUR_NAMES, STAR} else ""
    pipeline = unused("pipeline", program.taken)
    text = _pipeline_text(program, pipeline, prefix)
    used = {"main", "step", *names_in(text)}
    ours = [f"from jupyter_pipes import {name}" for name in _OUR_NAMES if name in used]
    return program.module(
        docstring(f"{heading}\n\nExported from {source_label} by jupyter_pipes.", level=0),
        imports=["import jupyter_pipes"] if prefix else ours,
        decorators={
            each.step.name: decorator(each.step, each.name, f"{prefix}step") for each in program.functions
        },
        tail=[text, f'if __name__ == "__main__":\n    {prefix}main({pipeline})'],
    )


def _pipeline_text(program: Program, pipeline: str, prefix: str) -> str:
    steps = ", ".join(each.name for each in program.functions)
    params = "".join(f"{p.name!r}: {_parameter_text(program, p, prefix)}, " for p in program.parameters)
    keyword = f", params={{{params}}}" if params else ""
    return f"{pipeline} = {prefix}Pipeline({program.name!r}, steps=[{steps}]{keyword})"


def _parameter_text(program: Program, parameter: Parameter, prefix: str) -> str:
    spec, names = parameter.spec, {"Range": f"{prefix}Range"}
    if parameter.computed is not None:
        known = {each.name for each in program.parameters}
        read = [name for name in names_in(spec.default) if name in known]
        default = f"computed=lambda {', '.join(read)}: {program.expression(spec.default, names, read)}"
    else:
        default = program.expression(spec.default, names)
    described = f", help={spec.help!r}" if spec.help else ""
    annotation = program.expression(program.annotation(parameter), names)
    return f"{prefix}Parameter({annotation}, {default}{described})"
