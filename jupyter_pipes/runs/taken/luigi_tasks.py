"""Tasks of Luigi as steps: their order, their names, and what each step says and runs."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from glob import escape
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.step_names import check_name
from jupyter_pipes.runs.taken.luigi_classes import (
    check_kind,
    check_task,
    class_of,
    folders_of,
    has_plain_complete,
    import_of,
    module_of,
    texts_of,
)
from jupyter_pipes.runs.taken.luigi_targets import files_of, makers, others_of, required, targets_of
from jupyter_pipes.runs.taken.steps import TakenIn

_RUN = "from jupyter_pipes.runs.taken.luigi_run import run_task"
# Kept signatures hold this line: its address is one that does not move.


def steps_of(task: Any) -> TakenIn:
    """Return a task of Luigi, and all that it requires, as steps.

    Raises:
        UsageError: it is no task, or one of them cannot be taken in; the message names it and says why.
    """
    tasks = [each for each in _in_order(task) if each.run is not None]
    if not tasks:
        raise UsageError(f"task {task!r} is external: there is nothing to run")
    for each in tasks:
        check_task(each)
    names = _names(tasks)
    parameters = _parameters(tasks, names)
    steps = tuple(_step(each, names, parameters[each.task_id]) for each in tasks)
    values = {name: texts_of(each)[own] for each in tasks for own, name in parameters[each.task_id].items()}
    declared = {name: Parameter(Literal[value], value) for name, value in values.items()}
    return TakenIn(task.get_task_family(), steps, declared, folders_of(tasks))


def _in_order(task: Any) -> list[Any]:
    """Return the task and all that it requires, each once, behind what it requires."""
    found: dict[str, Any] = {}
    needs: dict[str, list[str]] = {}
    waiting = [task]
    while waiting:
        each = waiting.pop()
        check_kind(each)
        if each.task_id not in found:
            required_tasks = required(each) if each.run is not None else []
            found[each.task_id] = each
            needs[each.task_id] = [other.task_id for other in required_tasks]
            waiting += reversed(required_tasks)
    try:
        return [found[name] for name in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        raise UsageError(f"tasks require each other: {' → '.join(error.args[1])}") from error


def _names(tasks: Sequence[Any]) -> dict[str, str]:
    """Return task id -> name of its step: its family, with values where there are several of one."""
    families = Counter(each.get_task_family() for each in tasks)
    short = {each.task_id: each.task_id.rpartition("_")[0].rstrip("_") for each in tasks}
    shorts = Counter(short.values())
    names: dict[str, str] = {}
    for each in tasks:
        family, own = each.get_task_family(), short[each.task_id]
        name = family if families[family] == 1 else own if shorts[own] == 1 else each.task_id
        names[each.task_id] = check_name(name)
    return names


def _parameters(tasks: Iterable[Any], names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return task id -> own name of a parameter -> its name in the pipeline.

    Tasks share a parameter where all that have it have the same value.
    """
    values: dict[str, set[str]] = {}
    taken = {_output(name) for name in names.values()}
    for each in tasks:
        taken |= {class_of(each).__name__, "run_task"}
        for name, value in texts_of(each).items():
            values.setdefault(name, set()).add(value)
    return {
        each.task_id: {
            name: name
            if len(values[name]) == 1 and name not in taken
            else f"{_word(names[each.task_id])}_{name}"
            for name in texts_of(each)
        }
        for each in tasks
    }


def _step(task: Any, names: Mapping[str, str], parameters: Mapping[str, str]) -> Step:
    own, module = names[task.task_id], module_of(task)
    passed = ", ".join(f"{name!r}: {value}" for name, value in parameters.items())
    call, label = f"run_task({class_of(task).__name__}, {{{passed}}})", f"{module}.py"
    output = _output(own) if targets_of(task) else ""
    # Files are edges and inputs by themselves; what else is made counts by what `run_task` returned.
    beside = [each for each in makers(task) if each.task_id in names and others_of(each)]
    read = [*parameters.values(), *(_output(names[each.task_id]) for each in beside)]
    return Step(
        own,
        0,
        f"{output} = {call}" if output else f"{call};",
        label,
        options=_options(task, names, parameters),
        reads=dict.fromkeys(read, ""),
        writes=(output,) if output else (),
        prelude=(*_imports(task, label), CodePiece(label, 1, _RUN, ("run_task",))),
        imports=(module,),
        doc=inspect.cleandoc(class_of(task).__dict__.get("__doc__") or ""),
    )


def _imports(task: Any, label: str) -> Iterator[CodePiece]:
    """Yield what imports the task's class, and before it those that it requires: parameters may name them."""
    for each in (*(each for each in required(task) if each.run is not None), task):
        yield CodePiece(label, 1, import_of(each), (class_of(each).__name__,))


def _options(task: Any, names: Mapping[str, str], parameters: Mapping[str, str]) -> StepOptions:
    given = [file for each in makers(task) for file in files_of(each)]
    counts = {name: each.significant for name, each in task.get_params()}
    others, resources = others_of(task), task.process_resources()
    return StepOptions(
        after=tuple(names[each.task_id] for each in required(task) if each.task_id in names),
        files=tuple(map(escape, given)),
        out_files=tuple(files_of(task)),
        # What is no file only Luigi sees, and without any target a task is never complete there.
        always=not task.complete() if others else not targets_of(task) and has_plain_complete(task),
        ignored_parameters=tuple(parameters[name] for name in parameters if not counts[name]),
        retries=max(0, (task.retry_count or 1) - 1),
        timeout=float(task.worker_timeout) if task.worker_timeout else None,
        cpus=max(1, int(resources.get("cpus", 1))),
        memory=int(resources["memory_mb"]) * 2**20 if "memory_mb" in resources else None,
        stage=task.get_task_namespace() or None,
    )


def _output(step: str) -> str:
    """Return the name of what a step's task made."""
    return f"{_word(step)}_output"


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)
