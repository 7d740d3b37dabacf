"""Functions decorated with `@step` -> the pipeline's graph, with the functions that their options name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import ParameterSpec, Step
from jupyter_pipes.pipelines.functions import FunctionStep
from jupyter_pipes.pipelines.graph import Graph, connect


def function_graph(steps: Sequence[FunctionStep[..., Any]], parameters: Sequence[ParameterSpec]) -> Graph:
    """Return the graph of functions that are steps.

    Raises:
        UsageError: one of them, or what its options name, does not fit.
    """
    graph = connect([each.resolve() for each in steps], parameters)
    return replace(
        graph,
        callbacks=_united(steps, FunctionStep[..., Any].callbacks, "callback"),
        retry_rules=_united(steps, FunctionStep[..., Any].retry_rules, "function"),
    )


def _united(
    steps: Iterable[FunctionStep[..., Any]],
    named: Callable[[FunctionStep[..., Any]], dict[str, Step]],
    what: str,
) -> dict[str, Step]:
    """Return what several steps name.

    Raises:
        UsageError: two of them have one name; or as for one step.
    """
    of_all: dict[str, Step] = {}
    for step in steps:
        for name, one in named(step).items():
            if of_all.setdefault(name, one) != one:
                raise UsageError(f"step {step.name}: another step has another {what} {name}: rename one")
    return of_all
