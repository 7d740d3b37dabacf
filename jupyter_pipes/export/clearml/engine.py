"""What ClearML has a place for, and what it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.export.plain.options import Engine

if TYPE_CHECKING:
    from jupyter_pipes.export.plain.program import Function

_CALLBACK = "ClearML calls with its own pipeline and node: write a callback for those by hand"

CLEARML = Engine(
    name="ClearML",
    said=frozenset(
        (
            *("always", "never_cache", "retries", "queue", "packages", "container", "repository"),
            *("stage", "tags", "when", "gate", "monitor"),
        )
    ),
    refused={
        "map": "a list of what components return cannot be handed to another: write the loop into the cell",
        "repeat_while": "a component runs once: write the loop into the cell",
        "pipeline": "a component is a function: export the other pipeline as well, and call it by hand",
        "before": _CALLBACK,
        "after_done": _CALLBACK,
        "on_status": _CALLBACK,
        "retry_on": "ClearML tries again whatever the exception: catch it in the cell",
        "variables": "give the variable in the agent's configuration, or set it in the cell",
    },
    reports={"metric": "log_metric", "progress": "log_progress", "artifact": "log_artifact"},
)
"""ClearML, as far as exports ask."""


def check_component(function: Function) -> None:
    """Refuse a step that no component can be.

    Raises:
        NotebookError: it is one; the message says why, and in which cell.
    """
    if function.is_coroutine:
        raise CLEARML.refuse(function.step, "it awaits, and components are plain functions")
    if any("*" in word for word in function.step.options.monitor):
        raise CLEARML.refuse(
            function.step, "ClearML compares the names that it monitors as they are: no wildcards"
        )
