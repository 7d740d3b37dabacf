"""A pipeline -> the files of a Kedro project."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from jupyter_pipes.export.kedro.datasets import catalog_text, datasets, inputs_of
from jupyter_pipes.export.kedro.engine import KEDRO, check_node
from jupyter_pipes.export.kedro.parameters import parameters_text
from jupyter_pipes.export.kedro.requirements import requirements
from jupyter_pipes.export.kedro.texts import (
    LOGGER,
    PACKAGES,
    PIPELINE,
    PROJECT,
    REGISTRY,
    REPORTS,
    SETTINGS,
    TESTS,
)
from jupyter_pipes.export.plain.docstrings import docstring
from jupyter_pipes.export.plain.layout import formatted, with_reasons
from jupyter_pipes.export.plain.names import identifier
from jupyter_pipes.export.plain.standalone import standalone
from jupyter_pipes.model.steps import CATALOG_OWNER

if TYPE_CHECKING:
    from jupyter_pipes.export.kedro.datasets import Datasets
    from jupyter_pipes.export.plain.preparation import Exported
    from jupyter_pipes.export.plain.program import Function, Program


def export_kedro(exported: Exported) -> dict[str, str]:
    """Return path within the project -> content.

    Raises:
        InvalidPipeline: the graph has errors.
        NotebookError: Kedro has no words for it; the message says for what, and in which cell.
    """
    program = standalone(exported, KEDRO)
    for function in program.functions:
        check_node(function)
    found = datasets(program.functions, program.datasets)
    name, origin = exported.name, exported.origin
    package, pipeline = _module_name(exported.stem), _module_name(name)
    folder = f"src/{package}/pipelines/{pipeline}"
    own = program.own
    reported = [REPORTS[method].format(name=each, **own) for method, each in sorted(program.reports.items())]
    nodes = program.module(
        docstring(exported.heading, level=0),
        imports=[own.import_of("logging")] if reported else [],
        first=[LOGGER.format(**own), *reported] if reported else [],
    )
    sources = {
        f"src/{package}/__init__.py": docstring(f"{name}.\n\n{origin}", level=0),
        f"src/{package}/settings.py": SETTINGS.format(origin=origin),
        f"src/{package}/pipeline_registry.py": REGISTRY.format(origin=origin),
        f"src/{package}/pipelines/__init__.py": docstring(f"The pipelines.\n\n{origin}", level=0),
        f"{folder}/__init__.py": PACKAGES.format(name=name, origin=origin),
        f"{folder}/pipeline.py": PIPELINE.format(name=name, origin=origin, nodes=_nodes(program, found)),
        "tests/test_pipeline.py": _tests(program, found, package, pipeline, origin),
    }
    return {
        "pyproject.toml": PROJECT.format(
            package=package,
            name=name,
            origin=origin,
            dependencies="".join(
                f"    {json.dumps(each)},\n" for each in _needed(exported, program, found, nodes)
            ),
        ),
        "conf/base/parameters.yml": parameters_text(program.parameters, origin),
        "conf/base/catalog.yml": catalog_text(found.values(), origin),
        "conf/local/catalog.yml": f"# {origin}\n# What is different on this machine.\n",
        **{path: formatted(text, beside=[package]) for path, text in sources.items()},
        f"{folder}/nodes.py": with_reasons(formatted(nodes)),
    }


def _module_name(name: str) -> str:
    return identifier(re.sub(r"[\W_]+", "_", name.lower()).strip("_"), "pipeline")


def _nodes(program: Program, found: Datasets) -> str:
    return "\n".join(f"{_node(function, found)}," for function in program.functions)


def _node(function: Function, found: Datasets) -> str:
    step = function.step
    said = {
        "inputs": _named(inputs_of(function, found)),
        "outputs": _named([found[step.name, name].name for name in function.outputs]),
        "name": json.dumps(step.name, ensure_ascii=False),
    }
    tags = [*([step.options.stage] if step.options.stage else []), *step.options.tags]
    if tags:
        # Kedro's tags are words.
        said["tags"] = repr([*dict.fromkeys(re.sub(r"[^\w.-]+", "-", tag) for tag in tags)])
    note = KEDRO.note(step.options)
    words = ", ".join(f"{word}={value}" for word, value in said.items())
    # A comma behind the last keeps each in a line of its own: an edit changes one line.
    return "\n".join(filter(None, [note, f"Node(nodes.{function.name}, {words},)"]))


def _named(datasets: list[str]) -> str:
    """Several, one, or none, as nodes have them."""
    return repr(datasets[0] if len(datasets) == 1 else datasets or None)


def _tests(program: Program, found: Datasets, package: str, pipeline: str, origin: str) -> str:
    before = {each.step.name: {*each.step.producers} - {CATALOG_OWNER} for each in program.functions}
    edges = {step: sorted(earlier) for step, earlier in before.items() if earlier}
    read = {(owner, name) for each in program.functions for name, owner in each.step.reads.items()}
    outputs = sorted(
        dataset.name for place, dataset in found.items() if place not in read and place[0] != CATALOG_OWNER
    )
    taken = sorted(
        {f"params:{name}" for each in program.functions for name in each.parameters}
        | {dataset.name for (owner, _), dataset in found.items() if owner == CATALOG_OWNER}
    )
    return TESTS.format(
        package=package,
        pipeline=pipeline,
        origin=origin,
        nodes=repr(sorted(function.step.name for function in program.functions)),
        edges=repr(edges),
        inputs=repr(taken),
        outputs=repr(outputs),
    )


def _needed(exported: Exported, program: Program, found: Datasets, nodes: str) -> list[str]:
    names = (name for step in exported.graph.steps for name in (*step.writes, *step.loads))
    entries = [entry for name in names if (entry := exported.catalog.entry(name)) is not None]
    asked = [package for function in program.functions for package in function.step.options.packages]
    of_functions = any(dataset.is_of_functions for dataset in found.values())
    return requirements(nodes, entries, asked, of_functions=of_functions)
