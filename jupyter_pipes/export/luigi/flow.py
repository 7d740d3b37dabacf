"""A pipeline -> a module of Luigi tasks, and one of the functions that they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.export.luigi.configuration import configuration
from jupyter_pipes.export.luigi.engine import FAMILIES, LUIGI
from jupyter_pipes.export.luigi.parameters import constructor, luigi_parameter, modules, needs_thawing
from jupyter_pipes.export.luigi.tasks import class_name, shared, task_text, tasks
from jupyter_pipes.export.luigi.texts import LOGGER, MAIN, REPORTS, WRAPPER, base
from jupyter_pipes.export.plain.docstrings import docstring
from jupyter_pipes.export.plain.functions import defines_inside
from jupyter_pipes.export.plain.layout import formatted, with_reasons
from jupyter_pipes.export.plain.names import OwnNames, unused
from jupyter_pipes.export.plain.standalone import standalone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_pipes.export.luigi.tasks import Task
    from jupyter_pipes.export.plain.parameters import Declared
    from jupyter_pipes.export.plain.preparation import Exported
    from jupyter_pipes.export.plain.program import Program

_OF_CLASSES = {
    **{name: f"import {name}" for name in ("datetime", "luigi", "operator")},
    **dict.fromkeys(("Parameters", "steps"), ""),
}
"""What the classes of tasks read beside their parameters, which would stand before it there."""

_CLASSES = ("Any", "Nop", "Step", *FAMILIES)
"""What no task may be called."""


def export_luigi(exported: Exported) -> dict[str, str]:
    """Return file name -> content: the tasks, the functions, and settings where steps ask for some.

    Raises:
        InvalidPipeline: the graph has errors.
        NotebookError: Luigi has no words for it; the message says for what, and in which cell.
    """
    program = standalone(exported, LUIGI)
    functions = program.module(
        docstring(exported.heading, level=0),
        imports=[program.own.import_of("logging")] if program.reports else [],
        first=[LOGGER.format(**program.own), *_reports(program)] if program.reports else [],
    )
    stem = exported.stem
    flow = _flow(program, exported.heading, stem)
    return {
        f"{stem}.py": formatted(flow, beside=[f"{stem}_steps", *exported.beside]),
        f"{stem}_steps.py": with_reasons(formatted(functions, exported.beside)),
        **configuration([function.step for function in program.functions], exported.origin),
    }


def _reports(program: Program) -> list[str]:
    reports = sorted(program.reports.items())
    return [REPORTS[method].format(name=name, **program.own) for method, name in reports]


def _flow(program: Program, head: str, stem: str) -> str:
    told = {each.name: luigi_parameter(each) for each in program.parameters}
    names = OwnNames(_OF_CLASSES, told)
    wrapper = unused(class_name(program.name), {*_CLASSES, names["Parameters"]}, "Pipeline")
    every = tasks(program.functions, told, {*_CLASSES, names["Parameters"], wrapper})
    imports = [
        *("import logging", "import pickle", "import sys", "from typing import Any"),
        *(names.import_of("luigi"), "from luigi.format import Nop", "from luigi.util import requires"),
        f"import {stem}_steps as {names['steps']}",
        *(names.import_of(module) for each in told.values() for module in modules(each)),
        *(["import asyncio"] if any(each.function.is_coroutine for each in every.values()) else []),
        *(["from luigi.freezing import recursively_unfreeze"] if _thaws(every, told) else []),
    ]
    how = f"Run it with `luigi --module {stem} {wrapper} --local-scheduler` or `python {stem}.py`."
    return "\n\n".join(
        [
            docstring(f"{head}\n\n{how}", level=0),
            "\n".join(dict.fromkeys(imports)),
            LOGGER.format(logger="logger", logging="logging"),
            _parameters({name: told[name] for name in shared(every, told)}, names),
            base(names["luigi"], retries=_retries(program), defines=_defines(program)),
            *(task_text(each, every, told, names) for each in every.values()),
            WRAPPER.format(
                name=wrapper,
                required=", ".join(each.name for each in _last(every)),
                pipeline=program.name,
                **names,
            ),
            MAIN.format(name=wrapper, **names),
            "",
        ]
    )


def _parameters(told: Mapping[str, Declared], names: Mapping[str, str]) -> str:
    lines = [f"    {name} = {constructor(each, names)}" for name, each in told.items()]
    words = '    """What several tasks have that do not require each other."""\n'
    return "\n".join([f"class {names['Parameters']}:", words, *lines]) if lines else ""


def _last(every: Mapping[str, Task]) -> list[Task]:
    """The tasks that no other requires."""
    required = {name for each in every.values() for name in each.step.producers}
    return [each for name, each in every.items() if name not in required]


def _thaws(every: Mapping[str, Task], told: Mapping[str, Declared]) -> bool:
    return any(needs_thawing(told[name]) for each in every.values() for name in each.function.parameters)


def _retries(program: Program) -> bool:
    return any(function.step.options.retries for function in program.functions)


def _defines(program: Program) -> bool:
    return any(defines_inside(function.text) for function in program.functions if function.outputs)
