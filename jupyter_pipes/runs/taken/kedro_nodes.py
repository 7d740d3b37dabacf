"""Nodes of a Kedro project as steps: what each step says, reads, writes and runs."""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.pipelines.arguments import check_path
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.step_names import check_name
from jupyter_pipes.runs.taken.kedro_datasets import Dataset, as_text, base_of, datasets_of
from jupyter_pipes.runs.taken.kedro_parameters import Parameters, is_parameter
from jupyter_pipes.runs.taken.kedro_project import Project, nodes_of, opened
from jupyter_pipes.runs.taken.steps import TakenIn
from jupyter_pipes.runs.taken.words import word

_RUN = "from jupyter_pipes.runs.taken.kedro_run import run_node"
# Kept signatures hold this line: its address is one that does not move.


class _Data(Struct, frozen=True):
    """The datasets of a pipeline.

    Attributes:
        kept: those that the catalog has.
        names: those that pass from step to step as a value -> the name of that value.
    """

    kept: dict[str, Dataset]
    names: dict[str, str]


def steps_of_project(path: str | Path, pipeline: str, env: str) -> TakenIn:
    """Return the nodes of a project's pipeline as steps.

    Args:
        path: the project's folder.
        pipeline: the pipeline's name.
        env: the environment of its configuration; "" for the project's default.

    Raises:
        UsageError: there is no such project or pipeline, or a node cannot be a step; the message names it.
    """
    with _quiet():
        project = opened(Path(check_path("the project", path)).resolve(), env)
        nodes = nodes_of(project, pipeline)
        for node in nodes:
            _check_function(node)
        parameters = Parameters(project.parameters())
        data = _data(project, nodes, parameters.defaults)
        names = _step_names(nodes)
        steps = tuple(_step(node, names[node.name], project, data, parameters) for node in nodes)
    read = {name for step in steps for name in step.reads}
    declared = {
        name: Parameter(Any if value is None else type(value), value)
        for name, value in parameters.defaults.items()
        if name in read
    }
    name = project.package if pipeline == "__default__" else f"{project.package}.{pipeline}"
    return TakenIn(name, steps, declared, (project.source,), project.path)


@contextmanager
def _quiet() -> Generator[None]:
    """Have Kedro say what it says of every project in the logs of steps only."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _check_function(node: Any) -> None:
    function = node.func
    name, module = getattr(function, "__name__", ""), sys.modules.get(getattr(function, "__module__", ""))
    if module is None or getattr(module, name, None) is not function:
        raise UsageError(
            f"node {node.name} cannot be taken in: its function is none that stands at the top of a module, "
            "where steps' processes could import it: define it there with def"
        )


def _step_names(nodes: Sequence[Any]) -> dict[str, str]:
    """Return node -> the name of its step: that of its function where it has none, and no other has it."""
    functions = Counter(node.func.__name__ for node in nodes)
    return {
        node.name: check_name(
            node.func.__name__
            if not node._name and not node.namespace and functions[node.func.__name__] == 1
            else re.sub(r"[^\w.-]", "_", node.name)
        )
        for node in nodes
    }


def _data(project: Project, nodes: Sequence[Any], parameters: Iterable[str]) -> _Data:
    made = {base_of(name) for node in nodes for name in node.outputs}
    used = dict.fromkeys(name for node in nodes for name in (*node.inputs, *node.outputs))
    used = [name for name in used if not is_parameter(name)]
    kept = datasets_of(project, used, made)
    missing = sorted(name for name in used if base_of(name) not in made and name not in kept)
    if missing:
        raise UsageError(
            f"the catalog has no {', '.join(missing)}, and no node makes it: add it to catalog.yml"
        )
    passed = [name for name in used if base_of(name) in made and not (name in kept and kept[name].file)]
    return _Data(kept, _value_names(passed, {"function", "run_node", "HOOKS", *parameters}))


def _value_names(datasets: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Return dataset -> the name that its value has in steps: a word, and none that is taken."""
    plain = {name: word(base_of(name)) for name in datasets}
    names = {name: f"{own}_data" if own in taken else own for name, own in plain.items()}
    bases: dict[str, set[str]] = {}
    for name, own in names.items():
        bases.setdefault(own, set()).add(base_of(name))
    for own, alike in bases.items():
        if len(alike) > 1:
            raise UsageError(
                f"datasets {', '.join(sorted(alike))} would both be {own} here: rename all but one"
            )
    return names


def _step(node: Any, own: str, project: Project, data: _Data, parameters: Parameters) -> Step:
    label = f"{node.func.__module__}.py"
    handed = {name: parameters.expression(name) for name in node.inputs if is_parameter(name)}
    handed |= {name: data.names[name] for name in node.inputs if name in data.names}
    passed = ", ".join(f"{name!r}: {expression}" for name, expression in handed.items())
    call = f'run_node(function, """\n{_said(node, project, data)}""", {{{passed}}})'
    writes = tuple(data.names[name] for name in node.outputs if name in data.names)
    read = [each for name in handed if is_parameter(name) for each in parameters.read_by(name)]
    values = [data.names[name] for name in node.inputs if name in data.names]
    return Step(
        own,
        0,
        f"{', '.join(writes)}, = {call}" if writes else f"{call};",
        label,
        options=_options(node, data),
        reads=dict.fromkeys([*read, *values], ""),
        writes=writes,
        prelude=tuple(_imports(node, project, data, label)),
        doc=inspect.getdoc(node.func) or "",
    )


def _said(node: Any, project: Project, data: _Data) -> str:
    """What makes the node and its datasets again: all of the configuration that counts for its step."""
    datasets = [name for name in dict.fromkeys((*node.inputs, *node.outputs)) if name in data.kept]
    said: Mapping[str, Any] = {
        "package": project.package,
        "inputs": node._inputs,
        "outputs": node._outputs,
        "name": node._name,
        "namespace": node.namespace,
        "confirms": node.confirms,
        "catalog": {name: dict(data.kept[name].entry) for name in datasets},
        "versions": {name: data.kept[name].version for name in datasets if data.kept[name].version},
        "passed": [name for name in node.outputs if name in data.names],
        "configured": [name for name in datasets if not data.kept[name].is_whole],
        "env": project.env,
    }
    text = as_text({name: value for name, value in said.items() if value or name in ("inputs", "outputs")})
    return text.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def _imports(node: Any, project: Project, data: _Data, label: str) -> Iterator[CodePiece]:
    """Yield what imports the node's function; hooks, and classes of datasets, as their code counts."""
    if project.has_hooks():
        yield CodePiece(label, 1, f"from {project.package}.settings import HOOKS", ("HOOKS",))
    classes = [data.kept[name].type for name in (*node.inputs, *node.outputs) if name in data.kept]
    for of in dict.fromkeys(classes):
        yield CodePiece(label, 1, f"from {of.__module__} import {of.__name__}", (of.__name__,))
    source = f"from {node.func.__module__} import {node.func.__name__} as function"
    yield CodePiece(label, 1, source, ("function",))
    yield CodePiece(label, 1, _RUN, ("run_node",))


def _options(node: Any, data: _Data) -> StepOptions:
    files = {name: each.file for name, each in data.kept.items() if each.file}
    elsewhere = [data.kept[name] for name in node.outputs if name in data.kept and name not in files]
    unseen = [
        name
        for name in node.inputs
        if name in data.kept and name not in data.names and not data.kept[name].is_local
    ]
    return StepOptions(
        files=tuple(dict.fromkeys(escape(files[name]) for name in node.inputs if name in files)),
        out_files=tuple(files[name] for name in node.outputs if name in files),
        # What is not on this machine may change unseen; and what makes nothing is there for what it does.
        always=bool(unseen) or not node.outputs or not all(each.is_there for each in elsewhere),
        tags=tuple(sorted(node.tags)),
        stage=node.namespace or None,
    )
