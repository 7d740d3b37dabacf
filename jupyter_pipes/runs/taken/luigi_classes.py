"""Classes of Luigi's tasks: how a step's process gets them, and what keeps them from being steps."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.taken.luigi_targets import targets_of


def class_of(task: Any) -> Any:
    """Return the class of a task."""
    return cast("Any", type(task))


def check_kind(task: Any) -> None:
    """Check that something is a task, and one that requires the same tasks whenever it is asked.

    Raises:
        UsageError: it is not.
    """
    if inspect.isclass(task) or not all(hasattr(task, name) for name in ("task_id", "deps", "run")):
        raise UsageError(f"from_luigi takes a task with its parameters, such as Train(rows=10), not {task!r}")
    if any(each.__module__ == "luigi.tools.range" for each in class_of(task).__mro__):
        raise _refusal(task, "requires what is missing at the moment: require the tasks of a fixed range")


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
        again = class_of(task).from_str_params(texts_of(task))
    except Exception as error:
        raise _refusal(task, f"cannot be made again from its parameters' texts: {error}") from error
    different = [name for name, value in task.param_kwargs.items() if again.param_kwargs[name] != value]
    if different:
        reason = (
            f"has a value of {', '.join(different)} that is private, or another one when read from its text"
        )
        raise _refusal(task, f"{reason}: have luigi.cfg or the default say it, or correct parse()")


def texts_of(task: Any) -> dict[str, str]:
    """Return the parameters of a task as texts, without those that come back as another value from theirs.

    Such as a default of None: the step's process has it from the class.
    """
    parameters = dict(task.get_params())
    texts: dict[str, str] = task.to_str_params()
    return {
        name: text
        for name, text in texts.items()
        if _is_read(parameters[name], text, task.param_kwargs[name])
    }


def _is_read(parameter: Any, text: str, value: object) -> bool:
    try:
        return bool(parameter.parse(text) == value)
    except (ValueError, TypeError, LookupError, AttributeError):
        return False


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


def folders_of(tasks: Iterable[Any]) -> tuple[Path, ...]:
    """Return the folders from which the tasks' modules are imported, without those of installed packages."""
    installed = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    return tuple(folder for folder in dict.fromkeys(map(_folder_of, tasks)) if folder not in installed)


def _folder_of(task: Any) -> Path:
    path = Path(inspect.getfile(class_of(task))).absolute()
    is_package = path.name == "__init__.py"
    return path.parents[module_of(task).count(".") + is_package]
