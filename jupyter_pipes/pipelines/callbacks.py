"""Functions that steps name as their callbacks, as code that a process runs, and what is wrong there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook.file_edges import spot_of
from jupyter_pipes.analysis.notebook.problems import nearest
from jupyter_pipes.analysis.notebook.resolution import resolve
from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import (
    PARAMS_OWNER,
    Cell,
    CodePiece,
    Diagnostic,
    ParameterSpec,
    Step,
    StepOptions,
)
from jupyter_pipes.system.patterns import pattern

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "before": ("step", "params"),
    "after_done": ("step",),
    "on_status": ("step", "old", "new"),
}
"""Field of `StepOptions` -> what the functions are called with that it names."""

ASKED, TOLD = "_asked_callback", "_told_callback"
"""What the question is called in the process that calls a function, and what its answer is."""

_HOOKS = "_hooks_of_callback"

_WHERE = pattern(r"^Step .*? \(cell \d+, line \d+\)")


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
    steps: Sequence[Step], cells: Sequence[Cell], parameters: Sequence[ParameterSpec], *, in_file: bool
) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    """Return the functions of a notebook that its steps name, each as what calls it; and what is wrong.

    Args:
        steps: the notebook's steps.
        cells, parameters, in_file: as for `graph.build`.
    """
    uses = {name: (step, field) for step in reversed(steps) for field, name in named(step.options)}
    if not uses:
        return {}, ()
    # A cell behind all others reaches all that they define.
    last = len(cells) + 1
    asking = [Cell(_asking(name), last, "step", f"%%step\n{name}()", _asking(name)) for name in uses]
    resolved, diagnostics = resolve([*cells, *asking], parameters, in_file=in_file)
    reached = {step.name: step for step in resolved}
    of_name = {name: reached[_asking(name)] for name in uses}
    problems = [
        _problem(step, field, words)
        for name in uses
        for step in steps
        for field, each in named(step.options)
        if each == name
        for words in _words(name, field, of_name[name], diagnostics, cells)
    ]
    return {name: calling(name, _with_values(step)) for name, step in of_name.items()}, tuple(problems)


def callback_of(name: str, field: str, function: object, code: CodePiece, module: str) -> Step:
    """Return what calls a function of a module.

    Raises:
        UsageError: it cannot be called so.
    """
    if words := misfit(name, ARGUMENTS[field], function):
        raise UsageError(f"{words}: {_call(name, ARGUMENTS[field])}")
    return calling(name, Step(name, 0, "", code.label, prelude=(code,), imports=(module,) if module else ()))


def misfit(name: str, arguments: Iterable[str], function: object) -> str:
    """Return why an object cannot be called with these arguments, in words; "" if it can."""
    if not callable(function):
        return f"{name} is no function"
    if inspect.iscoroutinefunction(function):
        return f"{name} is an async function, and nobody would await it"
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return f"{name} takes other arguments"
    except ValueError:
        # Built-in functions need not have a signature.
        return ""
    return ""


def _asking(name: str) -> str:
    return f"callback {name}"


def _call(name: str, arguments: Iterable[str]) -> str:
    return f"it is called as {name}({', '.join(arguments)})"


def _problem(step: Step, field: str, words: str) -> Diagnostic:
    flag = f"--{field.replace('_', '-')}"
    return Diagnostic("JP037", f"{spot_of(step)} says {flag}: {words}", step.name, 1, step.cell)


def _words(
    name: str, field: str, reached: Step, diagnostics: Iterable[Diagnostic], cells: Sequence[Cell]
) -> Iterator[str]:
    """Yield what keeps a function of the notebook from being called, in words."""
    errors = [each for each in diagnostics if each.step == _asking(name) and each.severity == "error"]
    owner = reached.reads.get(name)
    if any(each.cause == name for each in errors):
        defined = {word for cell in cells for word in _functions_in(cell)}
        yield f"no cell defines a function {name}{nearest(name, defined)}"
        return
    if owner is not None:
        yield f"{name} is {_owned(owner)}, no function that a cell defines"
        return
    yield from (_WHERE.sub(name, each.message) for each in errors)
    for value, maker in reached.reads.items():
        if maker != PARAMS_OWNER and not _is_stream(value):
            yield f"{name} reads {value} of step {maker}: callbacks have no values of steps"
    yield from filter(None, (_unfit(name, ARGUMENTS[field], piece) for piece in reached.prelude))


def _owned(owner: str) -> str:
    return "a parameter" if owner == PARAMS_OWNER else f"a value of step {owner}"


def _is_stream(value: str) -> bool:
    return is_state(value) or value in STREAM_NAMES


def _with_values(step: Step) -> Step:
    """Return what reaches the function's code, without what only steps have: it is refused, or a state."""
    return replace(step, reads={name: owner for name, owner in step.reads.items() if owner == PARAMS_OWNER})


def _functions_in(cell: Cell) -> Iterator[str]:
    tree = tree_of(cell.body) if cell.role != "markdown" else None
    return (node.name for node in (tree.body if tree else ()) if isinstance(node, ast.FunctionDef))


def _unfit(name: str, arguments: Sequence[str], piece: CodePiece) -> str:
    """Return why what a piece of code binds to the name cannot be called so; "" where nothing shows it."""
    tree = tree_of(piece.source) if name in piece.names else None
    for node in tree.body if tree else ():
        match node:
            case ast.AsyncFunctionDef():
                return f"{name} is an async function, and nobody would await it"
            case ast.FunctionDef(args=takes, decorator_list=[]) | ast.Assign(value=ast.Lambda(args=takes)):
                return (
                    ""
                    if _fits(takes, len(arguments))
                    else (f"{name} takes other arguments: {_call(name, arguments)}")
                )
            case ast.Assign(value=ast.Constant() | ast.List() | ast.Dict() | ast.Set() | ast.Tuple()):
                return f"{name} is no function"
            case _:
                continue
    return ""


def _fits(takes: ast.arguments, given: int) -> bool:
    positional = len(takes.posonlyargs) + len(takes.args)
    required = positional - len(takes.defaults)
    needs_keyword = any(default is None for default in takes.kw_defaults)
    return required <= given and (given <= positional or takes.vararg is not None) and not needs_keyword
