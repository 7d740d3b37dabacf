"""Steps -> Luigi tasks: what each requires, has for parameters, keeps and runs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.analysis.quoted_code import expression_names
from jupyter_pipes.export.luigi.engine import LUIGI
from jupyter_pipes.export.luigi.parameters import argument, constructor
from jupyter_pipes.export.plain.names import identifier, unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.plain.parameters import Declared
    from jupyter_pipes.export.plain.program import Function
    from jupyter_pipes.model.steps import Step


_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
"""Comparison -> the one that holds where it does not."""


class Task(Struct, frozen=True):
    """A step as a task.

    Attributes:
        function: the step's function.
        name: the task's class.
        own: the parameters that the step itself reads.
        inherited: those that tasks before it read.
        counted: those of both that decide where it keeps its outputs.
        condition: what must hold for it to run, over parameters, as Python; "" for nothing.
    """

    function: Function
    name: str
    own: tuple[str, ...]
    inherited: frozenset[str]
    counted: frozenset[str]
    condition: str

    @property
    def step(self) -> Step:
        """The step."""
        return self.function.step

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of its outputs: a step without any keeps that it is done."""
        return self.function.outputs or ("done",)


def tasks(functions: Iterable[Function], parameters: Iterable[str], taken: Iterable[str]) -> dict[str, Task]:
    """Return step -> its task, in the notebook's order.

    Args:
        functions: the steps.
        parameters: the names of all parameters.
        taken: names that no task may have.

    Raises:
        NotebookError: a step's condition needs more than parameters.
    """
    made: dict[str, Task] = {}
    used = {*taken}
    for function in functions:
        step = function.step
        name = unused(class_name(step.name), used, "Task")
        used.add(name)
        before = [made[each] for each in step.producers]
        inherited = frozenset[str]().union(*({*each.own} | each.inherited for each in before))
        counted = frozenset[str]().union(*(each.counted for each in before))
        asked = expression_names(step.options.when) if step.options.when else set[str]()
        own = tuple(each for each in parameters if each in step.parameters or each in asked)
        counted |= {*own} - {*step.options.ignored_parameters}
        condition = _condition(step, own, made)
        made[step.name] = Task(function, name, own, inherited, counted, condition)
    return made


def class_name(step: str) -> str:
    """Return a step's name as classes are called: `fit-model` is `FitModel`."""
    words = re.split(r"[\W_]+", step)
    return identifier("".join(word[:1].upper() + word[1:] for word in words), "Step")


def task_text(
    task: Task, every: Mapping[str, Task], declarations: Mapping[str, Declared], names: Mapping[str, str]
) -> str:
    """Return the source of a task's class.

    Args:
        task: the task.
        every: step -> its task.
        declarations: parameter -> what it is.
        names: what the module of the tasks calls what it reads.
    """
    required = [every[name] for name in task.step.producers]
    lines = [f"@requires({', '.join(f'{each.function.name}={each.name}' for each in required)})"]
    body = [
        LUIGI.note(task.step.options),
        f"outputs = {task.outputs!r}",
        _unread(task),
        *_parameters(task, every, declarations, names),
        *_limits(task.step),
        "",
        *(_complete(task) if task.condition else []),
        "def run(self) -> None:",
        f"    {_call(task, every, declarations, names)}",
    ]
    return "\n".join(
        [*(lines if required else []), f"class {task.name}(Step):", *(f"    {line}" for line in body if line)]
    )


def _unread(task: Task) -> str:
    unread = tuple(name for name in task.function.outputs if name not in task.step.demanded)
    if not unread:
        return ""
    return "unread = outputs" if unread == task.outputs else f"unread = {unread!r}"


def shared(every: Mapping[str, Task], parameters: Iterable[str]) -> list[str]:
    """Return the parameters that several tasks declare: any other stands in the task that does."""
    tasks = every.values()
    return [name for name in parameters if sum(name in _declared(each, every) for each in tasks) > 1]


def _declared(task: Task, every: Mapping[str, Task]) -> set[str]:
    """The parameters that a task declares itself: those that it reads and that no task before it has."""
    ignored = {name for each in every.values() for name in each.step.options.ignored_parameters}
    # Which of several tasks' parameters of one name is inherited is Luigi's choice: here it matters.
    return ({*task.own} - (task.inherited - ignored)) | (ignored & task.inherited)


def _parameters(
    task: Task, every: Mapping[str, Task], declarations: Mapping[str, Declared], names: Mapping[str, str]
) -> list[str]:
    lines: list[str] = []
    elsewhere, own = shared(every, declarations), _declared(task, every)
    for name in filter(own.__contains__, declarations):
        if name in task.counted and name in elsewhere:
            lines.append(f"{name} = {names['Parameters']}.{name}")
        else:
            made = constructor(declarations[name], names, is_significant=name in task.counted)
            lines.append(f"{name} = {made}")
    return lines


def _limits(step: Step) -> list[str]:
    options = step.options
    memory = {"memory_mb": -(-options.memory // 2**20)} if options.memory else {}
    resources = {**({"cpus": options.cpus} if options.cpus > 1 else {}), **memory}
    return [
        *([f"retry_count = {options.retries + 1}"] if options.retries else []),
        *([f"worker_timeout = {-int(-options.timeout // 1)}"] if options.timeout else []),
        *([f"resources = {resources!r}"] if resources else []),
    ]


def _complete(task: Task) -> list[str]:
    return [
        "def complete(self) -> bool:",
        "    # Skipped, as all that needs its outputs is, unless this holds.",
        f"    return {_negated(task.condition)} or super().complete()",
        "",
    ]


def _negated(condition: str) -> str:
    match ast.parse(condition, mode="eval").body:
        case ast.Compare(ops=[operator]) as node if type(operator) in _OPPOSITES:
            node.ops = [_OPPOSITES[type(operator)]()]
            return ast.unparse(node)
        case ast.UnaryOp(ast.Not(), operand):
            return f"({ast.unparse(operand)})"
        case _:
            return f"not ({condition})"


def _call(
    task: Task, every: Mapping[str, Task], declarations: Mapping[str, Declared], names: Mapping[str, str]
) -> str:
    function = task.function
    arguments = [
        f'{name}=self.read("{every[task.step.reads[name]].function.name}", "{name}")'
        for name in function.inputs
    ]
    arguments += [f"{name}={argument(declarations[name])}" for name in function.parameters]
    call = f"{names['steps']}.{function.name}({', '.join(arguments)})"
    call = f"asyncio.run({call})" if function.is_coroutine else call
    return f"self.write({'*' if len(function.outputs) > 1 else ''}{call})"


def _condition(step: Step, parameters: Sequence[str], before: Mapping[str, Task]) -> str:
    conditions = [before[name].condition for name in _read_of(step) if before[name].condition]
    if conditions and step.options.on_fail == "ignore":
        raise LUIGI.refuse(step, "it runs without outputs of steps that are skipped, which tasks cannot miss")
    own = step.options.when
    if own and (others := sorted(expression_names(own) & step.inputs.keys())):
        why = f"--when reads {others[0]}, and Luigi decides before anything ran; use parameters only"
        raise LUIGI.refuse(step, why)
    mine = [_over_self(own, parameters)] if own else []
    every = [*dict.fromkeys([*conditions, *mine])]
    return " and ".join(f"({each})" for each in every) if len(every) > 1 else "".join(every)


def _read_of(step: Step) -> Sequence[str]:
    return tuple(dict.fromkeys(step.inputs.values()))


def _over_self(expression: str, parameters: Sequence[str]) -> str:
    tree = ast.parse(expression, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in parameters:
            node.id = f"self.{node.id}"
    return ast.unparse(tree)
