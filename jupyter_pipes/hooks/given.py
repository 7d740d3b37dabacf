"""Functions of Python that are given to a pipeline or to a run as its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, cast

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.arguments import check_options, items
from jupyter_pipes.pipelines.called.callbacks import ARGUMENTS
from jupyter_pipes.pipelines.called.fitting import misfit

Functions = Callable[..., object] | Sequence[Callable[..., object]]


class GivenCallbacks(TypedDict, total=False):
    """Functions that this process calls, one or several each.

    Attributes:
        before: called with each step and its parameters, before it is decided; may skip it or change these.
        after_done: called with each step that has ended.
        on_status: called with a step, its old status and its new one.
        before_run, after_run: called with the run.
    """

    before: Functions
    after_done: Functions
    on_status: Functions
    before_run: Functions
    after_run: Functions


HOOKS = {
    "before": "before_step",
    "after_done": "after_step",
    "on_status": "on_status",
    "before_run": "before_run",
    "after_run": "after_run",
}
"""What is given -> the hook that it is for."""

CallbacksByHook = Mapping[str, tuple[Callable[..., object], ...]]
"""Hook -> functions, which are called with its arguments in order."""


def check_callbacks(said: Mapping[str, object]) -> CallbacksByHook:
    """Return the functions by the hooks that they are for.

    Raises:
        UsageError: there is no such hook, or a function cannot be called as it would be.
    """
    check_options(said, GivenCallbacks.__annotations__)
    return {HOOKS[word]: tuple(_checked(word, each) for each in items(said[word])) for word in said}


def callbacks_in(options: Mapping[str, object]) -> CallbacksByHook:
    """Return the functions among the options of a run, by hook.

    Raises:
        UsageError: a function cannot be called as it would be.
    """
    return check_callbacks({word: options[word] for word in HOOKS if word in options})


def united(first: CallbacksByHook, second: CallbacksByHook) -> CallbacksByHook:
    """Return those of both, by hook."""
    return {hook: (*first.get(hook, ()), *second.get(hook, ())) for hook in {**first, **second}}


def name_of(function: Callable[..., object]) -> str:
    """Return what a function is called in messages."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).replace("<locals>.", "")


def _checked(word: str, function: object) -> Callable[..., object]:
    arguments = ARGUMENTS.get(word, ("run",))
    named = cast("Any", function)
    if words := misfit(name_of(named), arguments, function):
        raise UsageError(f"{word}: {words}; it is called with ({', '.join(arguments)})")
    return named
