"""A pipeline -> a module of ClearML's components, and one of what these import."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE
from jupyter_pipes.export.clearml.calls import calls, waits
from jupyter_pipes.export.clearml.components import component, component_text
from jupyter_pipes.export.clearml.engine import CLEARML, check_component
from jupyter_pipes.export.clearml.parameters import clearml_parameter, described, signature
from jupyter_pipes.export.clearml.texts import MAIN, PICKLING, PIPELINE, REPORTS, WAITING
from jupyter_pipes.export.plain.docstrings import docstring
from jupyter_pipes.export.plain.functions import defines_inside
from jupyter_pipes.export.plain.layout import formatted, with_reasons
from jupyter_pipes.export.plain.names import identifier, unused
from jupyter_pipes.export.plain.standalone import standalone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_pipes.export.plain.preparation import Exported
    from jupyter_pipes.export.plain.program import Program


def export_clearml(exported: Exported) -> dict[str, str]:
    """Return file name -> content: the pipeline, and what its tasks import where functions are not all.

    Raises:
        InvalidPipeline: the graph has errors.
        NotebookError: ClearML has no words for it; the message says for what, and in which cell.
    """
    program = standalone(exported, CLEARML)
    for function in program.functions:
        check_component(function)
    stem = exported.stem
    shared = f"{stem}_shared"
    how = (
        f"Run it with `python {stem}.py` (by agents), `python {stem}.py --local` (in processes here) or "
        f"`python {stem}.py --debug` (in this one)."
    )
    flow = _flow(program, docstring(f"{exported.heading}\n\n{how}", level=0), shared)
    files = {f"{stem}.py": with_reasons(formatted(flow, beside=[shared, *exported.beside]))}
    if program.has_shared:
        words = "What the tasks import: their repository has to have it."
        text = program.module(
            docstring(f"{words}\n\n{exported.origin}", level=0),
            imports=[program.own.import_of("clearml")] if program.shared_reports else [],
            first=_reports(program, in_shared=True),
            part="shared",
        )
        files[f"{shared}.py"] = with_reasons(formatted(text, exported.beside))
    return files


def _flow(program: Program, head: str, shared: str) -> str:
    told = {each.name: clearml_parameter(each) for each in program.parameters}
    own = program.own
    known = {*program.taken, *own.values(), *program.reports.values(), *ALWAYS_THERE}
    name = unused(identifier(program.name, "pipeline"), known, "_pipeline")
    given = signature(told.values())
    words = docstring("\n\n".join([f"All of {program.name}.", described(program.parameters)]))
    values = {*told, *(output for each in program.functions for output in each.outputs)}
    body = textwrap.indent("\n".join(calls(program.functions, own["wait_for"], {*known, *values})), "    ")
    kinds = {each.name: each.kind.__name__ for each in told.values()}
    texts = {
        each.step.name: component_text(each, kinds, program.imports_inside(each, shared), own["copy"])
        for each in program.functions
    }
    defines = any(defines_inside(each.text) for each in program.functions)
    pipeline = PIPELINE.format(
        name=program.name, function=name, arguments=given, docstring=words, calls=body, **own
    )
    helpers = {name for each in program.functions for name in each.helpers}
    code = "\n".join([*texts.values(), *(program.source_of(each) for each in sorted(helpers))])
    at_top = sorted(program.shared - program.apart)
    shared_names = [each for each in at_top if re.search(rf"\b{each}\b", code)]
    is_there_for_itself = program.has_shared and not shared_names and not program.decides_imports
    reports = _reports(program, in_shared=False)
    return program.module(
        head,
        imports=[
            *(own.import_of(each) for each in ("sys", "clearml", "PipelineDecorator")),
            *(
                [own.import_of("copy")]
                if any(f"{own['copy']}.deepcopy(" in text for text in texts.values())
                else []
            ),
            *(f"from {shared} import {each}" for each in shared_names),
            *([f"import {shared}"] if is_there_for_itself else []),
        ],
        # What set-up changes of imports must be changed before them.
        above_imports=[f"import {shared}", "# isort: split"] if program.decides_imports else [],
        first=[
            *reports,
            PICKLING.format(pickle="cloudpickle" if defines else "pickle", **own),
            *([WAITING.format(**own)] if waits(program.functions) else []),
        ],
        decorators={
            each.step.name: component(each, _helpers(program, each.helpers, each.text), own)
            for each in program.functions
        },
        texts=texts,
        tail=[pipeline, MAIN.format(function=name, **own)],
        part="functions",
    )


def _helpers(program: Program, helpers: Iterable[str], text: str) -> list[str]:
    """The functions that a task must have: those that it reaches, with what stands in for `current`."""
    names = [each for each in helpers if each not in program.shared]
    own = [name for method, name in program.reports.items() if method not in program.shared_reports]
    code = "\n".join([text, *(program.source_of(each) for each in names)])
    return [*names, *(name for name in own if re.search(rf"\b{name}\b", code))]


def _reports(program: Program, *, in_shared: bool) -> list[str]:
    return [
        REPORTS[method].format(name=name, **program.own)
        for method, name in sorted(program.reports.items())
        if (method in program.shared_reports) == in_shared
    ]
