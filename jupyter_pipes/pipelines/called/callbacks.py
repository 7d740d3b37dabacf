"""Functions that steps name as their callbacks, as code that a process runs, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from jupyter_pipes.analysis.notebook.file_edges import spot_of
from jupyter_pipes.analysis.notebook.problems import nearest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Cell, CodePiece, Diagnostic, Step, StepOptions
from jupyter_pipes.pipelines.called.fitting import call, misfit, unfit
from jupyter_pipes.pipelines.called.reaching import Reached, functions_in

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "before": ("step", "params"),
    "after_done": ("step",),
    "on_status": ("step", "old", "new"),
}
"""Field of `StepOptions` -> what the functions are called with that it names."""

ASKED, TOLD = "_asked_callback", "_told_callback"
"""What the question is called in the process that calls a function, and what its answer is."""

_HOOKS = "_hooks_of_callback"


def named(options: StepOptions) -> Iterator[tuple[str, str]]:
    """Yield each field of the options that names callbacks, with each name."""
    return ((field, name) for field in ARGUMENTS for name in getattr(options, field))


def calling(name: str, step: Step) -> Step:
    """Return a step that calls the function, in place of one that only reaches its code."""
    module = "jupyter_pipes.hooks.answering"
    body = (
        f"{_HOOKS} = __import__({module!r}, fromlist=['asked'])\n"
        f"{TOLD} = {_HOOKS}.answer({name}(*{_HOOKS}.asked({ASKED})), {ASKED})"
    )
    return replace(step, body=body, writes=(TOLD,), demanded=(TOLD,), options=StepOptions(cpus=0))


def callbacks_in(
    steps: Sequence[Step], cells: Sequence[Cell], reached: Mapping[str, Reached]
) -> tuple[dict[str, Step], Iterator[Diagnostic]]:
    """Return the functions of a notebook that its steps name, each as what calls it; and what is wrong.

    Args:
        steps, cells: those of the notebook.
        reached: what the names come to.
    """
    names = dict.fromkeys(name for step in reversed(steps) for _, name in named(step.options))
    problems = (
        _problem(step, field, words)
        for name in names
        for step in steps
        for field, each in named(step.options)
        if each == name
        for words in _words(field, reached[name], cells)
    )
    return {name: calling(name, reached[name].without_values()) for name in names}, problems


def callback_of(name: str, field: str, function: object, code: CodePiece, module: str) -> Step:
    """Return what calls a function of a module.

    Raises:
        UsageError: it cannot be called so.
    """
    if words := misfit(name, ARGUMENTS[field], function):
        raise UsageError(f"{words}: {call(name, ARGUMENTS[field])}")
    return calling(name, Step(name, 0, "", code.label, prelude=(code,), imports=(module,) if module else ()))


def _problem(step: Step, field: str, words: str) -> Diagnostic:
    flag = f"--{field.replace('_', '-')}"
    return Diagnostic("JP037", f"{spot_of(step)} says {flag}: {words}", step.name, 1, step.cell)


def _words(field: str, reached: Reached, cells: Iterable[Cell]) -> Iterator[str]:
    """Yield what keeps a function of the notebook from being called, in words."""
    name = reached.name
    if reached.is_unknown:
        yield f"no cell defines a function {name}{nearest(name, functions_in(cells))}"
    elif reached.owner:
        yield f"{name} is {reached.owner}, no function that a cell defines"
    else:
        yield from reached.obstacles("callbacks")
        yield from filter(None, (unfit(name, ARGUMENTS[field], piece) for piece in reached.step.prelude))
