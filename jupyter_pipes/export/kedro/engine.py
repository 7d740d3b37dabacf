"""What Kedro has a place for, and what it has not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_pipes.export.kedro.entries import keeps
from jupyter_pipes.export.plain.binding import surely_bound
from jupyter_pipes.export.plain.options import Engine

if TYPE_CHECKING:
    from jupyter_pipes.export.plain.program import Function

_HOOKS = "it is called with a step of jupyter_pipes: write a hook of Kedro by hand"

KEDRO = Engine(
    name="Kedro",
    said=frozenset({"stage", "tags"}),
    refused={
        "map": "the nodes of Kedro are known before the first one runs: write the loop into the cell",
        "repeat_while": "Kedro runs a node once: write the loop into the cell",
        "when": "Kedro runs the nodes that it is asked for: choose them by --tags, or ask in the cell",
        "gate": "Kedro asks nobody: run what comes before with --to-nodes, and the rest afterwards",
        "pipeline": "a node of Kedro is a function: export the other pipeline as well, and add the two",
        "before": _HOOKS,
        "after_done": _HOOKS,
        "on_status": _HOOKS,
        "variables": "nodes share one environment: set the variable in the cell",
    },
    reports={"metric": "log_metric", "progress": "log_progress", "log": "log_text"},
    own={"logging": "import logging", "logger": ""},
    keeps=keeps,
)
"""Kedro, as far as exports ask."""


def check_node(function: Function) -> None:
    """Refuse a step that no node can be, or whose place in the order no dataset tells.

    Raises:
        NotebookError: it is one; the message says why, and in which cell.
    """
    step = function.step
    if unseen := sorted({*step.producers} - {step.reads[name] for name in function.inputs}):
        why = (
            f"it comes after {unseen[0]} without reading a value of it, and Kedro orders nodes by values only"
        )
        raise KEDRO.refuse(step, f"{why}: let {unseen[0]} leave a name that it reads")
    if not function.outputs and not function.inputs and not function.parameters:
        raise KEDRO.refuse(step, "it neither reads nor leaves a value: let it leave one")
    if function.is_coroutine:
        raise KEDRO.refuse(step, "it awaits, and Kedro calls plain functions: call what does not")
    if none := sorted(_left_as_none(function)):
        raise KEDRO.refuse(
            step,
            f"it leaves None under {none[0]}, or may do so, which Kedro does not keep: use another value",
        )


def _left_as_none(function: Function) -> set[str]:
    """The outputs that are None behind the function, on some path at least."""
    definition = ast.parse(function.text).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef), "it is a function"
    left: set[str] = set()
    for statement in definition.body:
        match statement:
            case ast.Assign(targets, ast.Constant(None)):
                left |= {target.id for target in targets if isinstance(target, ast.Name)}
            case _:
                left -= surely_bound([statement], loops_run=True)
    return left & {*function.outputs}
