"""What tasks of Luigi require and make: tasks, targets, and the files among these."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_pipes.model.errors import UsageError


def required(task: Any) -> list[Any]:
    """Return the tasks that a task requires, each once.

    Raises:
        UsageError: asking it raises.
    """
    try:
        return list({each.task_id: each for each in task.deps()}.values())
    except Exception as error:
        raise UsageError(f"task {task!r}: its requires() raises {type(error).__name__}: {error}") from error


def targets_of(task: Any) -> list[Any]:
    """Return the targets of a task.

    Raises:
        UsageError: asking it raises.
    """
    try:
        return import_module("luigi.task").flatten(task.output())
    except Exception as error:
        raise UsageError(f"task {task!r}: its output() raises {type(error).__name__}: {error}") from error


def makers(task: Any) -> list[Any]:
    """Return the tasks whose targets a task finds: those that it requires, through tasks without any."""
    found: dict[str, Any] = {}
    waiting = required(task)
    while waiting:
        each = waiting.pop(0)
        if each.task_id not in found:
            found[each.task_id] = each
            waiting += [] if targets_of(each) else required(each)
    return [each for each in found.values() if targets_of(each)]


def file_of(target: Any) -> str:
    """Return the path of a target that is a file of this machine; "" for any other, folders as well."""
    is_local = isinstance(target, import_module("luigi").LocalTarget)
    path = str(target.path) if is_local else ""
    return "" if path.endswith("/") or Path(path).is_dir() else path


def files_of(task: Any) -> list[str]:
    """Return the paths of those targets of a task that are files."""
    return [file for target in targets_of(task) if (file := file_of(target))]


def others_of(task: Any) -> list[Any]:
    """Return those targets of a task that are no files."""
    return [target for target in targets_of(task) if not file_of(target)]
