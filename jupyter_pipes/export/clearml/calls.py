"""Edges, conditions and order -> the body of the pipeline's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.export.plain.names import unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.plain.program import Function


class _LocalNames(dict[str, str]):
    """Name that the body needs besides those of values -> what it is called there, as it shadows nothing."""

    def __init__(self, taken: Iterable[str]) -> None:
        super().__init__()
        self._taken = {*taken}

    def __missing__(self, name: str) -> str:
        self[name] = unused(name, self._taken)
        self._taken.add(self[name])
        return self[name]


def calls(functions: Sequence[Function], wait_for: str, taken: Iterable[str]) -> list[str]:
    """Return the lines of the body: a call of each component, in the notebook's order.

    Args:
        functions: the steps.
        wait_for: what the function that waits is called.
        taken: the names that mean something in the body.
    """
    local = _LocalNames(taken)
    steps = {function.step.name: function for function in functions}
    awaited = {name for function in functions for name in _only_before(function)}
    conditions: dict[str, str] = {}
    lines: list[str] = []
    for function in functions:
        name = function.step.name
        condition = _condition(function, conditions)
        is_asked_again = any(name in each.step.inputs.values() for each in functions)
        runs = local[f"{function.name}_runs"] if condition and is_asked_again else condition
        conditions[name] = runs
        waits = [_result(steps[each], local) for each in _only_before(function)]
        body = [f"{wait_for}({', '.join(waits)})"] if waits else []
        body += _call(function, local, is_awaited=name in awaited)
        if condition and is_asked_again:
            # A later step may bind a name of the condition anew.
            lines.append(f"{runs} = {condition}")
        if condition:
            lines += [f"{_result(function, local)} = None"] if name in awaited else []
            lines += [f"if {runs}:", *(f"    {line}" for line in body)]
        else:
            lines += body
    return lines


def waits(functions: Iterable[Function]) -> bool:
    """Return whether a step waits for one of which it reads nothing."""
    return any(_only_before(function) for function in functions)


def _only_before(function: Function) -> list[str]:
    read = {function.step.reads[name] for name in function.inputs}
    return [name for name in function.step.producers if name not in read]


def _result(function: Function, local: Mapping[str, str]) -> str:
    return local[f"after_{function.name}"]


def _call(function: Function, local: Mapping[str, str], *, is_awaited: bool) -> list[str]:
    arguments = ", ".join(f"{name}={name}" for name in (*function.inputs, *function.parameters))
    call = f"{function.name}({arguments})"
    needed = function.step.demanded
    names = [name if name in needed else local[f"_{name}"] for name in function.outputs]
    if is_awaited and not needed:
        # Any of them tells that it has ended.
        return [f"{_result(function, local)} = {call}"]
    bound = f"{', '.join(names)} = {call}" if needed else call
    return [bound, *([f"{_result(function, local)} = {names[0]}"] if is_awaited else [])]


def _condition(function: Function, before: Mapping[str, str]) -> str:
    """What must hold for a step to run: its own condition, and those of the steps that it reads."""
    step = function.step
    producers = dict.fromkeys(step.inputs.values())
    every = [before[name] for name in producers if before[name]]
    every += [step.options.when] if step.options.when else []
    every = [*dict.fromkeys(every)]
    return " and ".join(f"({each})" for each in every) if len(every) > 1 else "".join(every)
