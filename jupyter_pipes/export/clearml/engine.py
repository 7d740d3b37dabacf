"""What ClearML has a place for, and what it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.export.plain.options import Engine

if TYPE_CHECKING:
    from jupyter_pipes.export.plain.program import Function

_CALLBACK = "ClearML calls with its own pipeline and node: write a callback for those by hand"

_OF_SCRIPTS = (
    *("task", "kwargs", "function_input_artifacts", "params", "argspec", "k", "v", "return_section"),
    *("task_id", "artifact_name", "parent_task", "pos_args", "other_pos_args_index"),
)
"""What the script of a task binds, in the module with the functions, before it calls the step's."""

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
    reports={
        "metric": "log_metric",
        "progress": "log_progress",
        "artifact": "log_artifact",
        "log": "log_text",
    },
    own={
        **{name: f"import {name}" for name in ("clearml", "copy", "sys")},
        "PipelineDecorator": "from clearml.automation.controller import PipelineDecorator",
        **dict.fromkeys(("deserialized", "serialized", "wait_for"), ""),
    },
    reserved={
        "Task": "from clearml import Task",
        "inspect": "import inspect",
        "get_basic_type": "from clearml.utilities.proxy_object import get_basic_type",
        **dict.fromkeys(("pipeline", *_OF_SCRIPTS), ""),
    },
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
