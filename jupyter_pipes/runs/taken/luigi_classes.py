"""Classes of Luigi's tasks: how a step's process gets them, and what keeps them from being steps."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.taken.luigi_targets import targets_of


def class_of(task: Any) -> Any:
    """Return the class of a task."""
    return cast("Any", type(task))


def check_task(task: Any) -> None:
    """Check that another process can make the task, and that it is one that a step can be.

    Raises:
        UsageError: it cannot, or is none; the message says why and what to do.
    """
    _check_class(task)
    if inspect.isgeneratorfunction(class_of(task).run):
        raise _refusal(
            task, "yields tasks in run(), which are known only when it runs: say them in requires()"
        )
    in_memory = [each for each in targets_of(task) if type(each).__module__ == "luigi.mock"]
    if in_memory:
        raise _refusal(task, "has a MockTarget, which only its own process sees: use a LocalTarget")
    try:
        again = class_of(task).from_str_params(task.to_str_params())
    except Exception as error:
        raise _refusal(task, f"cannot be made again from its parameters' texts: {error}") from error
    different = [name for name, value in task.param_kwargs.items() if again.param_kwargs[name] != value]
    if different:
        what = f"parameter {', '.join(different)} is another one when read from its text"
        raise _refusal(task, f"{what}, or private: give a private one by luigi.cfg, or correct its parse()")


def _check_class(task: Any) -> None:
    of = class_of(task)
    module = sys.modules.get(of.__module__)
    if of.__module__ == "__main__" and not getattr(module, "__file__", None):
        raise _refusal(
            task, "is a class of no file, which steps' processes cannot import: put it into a module"
        )
    if getattr(module, of.__name__, None) is not of:
        raise _refusal(
            task, f"is no class at the top of {of.__module__}, where steps' processes could import it"
        )


def _refusal(task: Any, reason: str) -> UsageError:
    return UsageError(f"task {task!r} cannot be taken in: it {reason}")


def has_plain_complete(task: Any) -> bool:
    """Return whether the task is complete when its targets are there, as Luigi has it."""
    return class_of(task).complete is import_module("luigi").Task.complete


def module_of(task: Any) -> str:
    """Return the module from which other processes import the task's class."""
    module = class_of(task).__module__
    return module if module != "__main__" else Path(str(sys.modules[module].__file__)).stem


def import_of(task: Any) -> str:
    """Return the code that gets the task's class."""
    module, name = module_of(task), class_of(task).__name__
    is_plain = all(word.isidentifier() for word in module.split("."))
    return f"from {module} import {name}" if is_plain else f"{name} = __import__({module!r}).{name}"


def folder_of(task: Any) -> Path:
    """Return the folder from which the top-level module of the task's class is imported."""
    path = Path(inspect.getfile(class_of(task))).absolute()
    is_package = path.name == "__init__.py"
    return path.parents[module_of(task).count(".") + is_package]
