"""What `--retry-on` names: exceptions by their names, and what the notebook has, functions among that."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook.file_edges import spot_of
from jupyter_pipes.analysis.notebook.problems import nearest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Cell, CodePiece, Diagnostic, Step, StepOptions
from jupyter_pipes.pipelines.called.fitting import call, misfit, unfit
from jupyter_pipes.pipelines.called.reaching import Reached, functions_in

ARGUMENTS = ("error", "attempt")
"""What a function is called with that says whether a step is tried again."""

_RENAMED = "{name} is an exception of Python as well: give the function another name"

_ALIKE = 0.9
"""From which likeness on the name of an exception looks like another one misspelt."""


def names_to_reach(steps: Iterable[Step], cells: Sequence[Cell]) -> Iterator[str]:
    """Yield what steps say behind `--retry-on`, but the exceptions of Python that no cell mentions."""
    for name in dict.fromkeys(name for step in steps for name in step.options.retry_on):
        root = name.partition(".")[0]
        if not is_exception(name) or any(root in cell.body for cell in cells):
            yield name


def rules_in(
    steps: Sequence[Step], cells: Sequence[Cell], reached: Mapping[str, Reached]
) -> tuple[dict[str, Step], Iterator[Diagnostic]]:
    """Return what the notebook has of what `--retry-on` names, each as what reaches it; and what is wrong.

    Args:
        steps, cells: those of the notebook.
        reached: what the names come to.
    """
    said = [(step, name) for step in steps for name in step.options.retry_on if name in reached]
    problems = (each for step, name in said for each in _problems(step, reached[name], cells))
    rules = {name: reached[name].without_values() for _, name in said if _is_rule(reached[name])}
    return rules, problems


def rule_of(name: str, value: object, code: CodePiece, module: str, options: StepOptions) -> Step | None:
    """Return what reaches what a module calls so; None for an exception that is known by this name.

    Args:
        name: as the step says it.
        value: what the module has.
        code: gets it in another process.
        module: that code imports.
        options: the step's.

    Raises:
        UsageError: it is no exception, and no function that can be asked about one.
    """
    if is_class(value):
        if getattr(value, "__name__", "") == name:
            return None
    elif words := _misfit(name, value, options):
        raise UsageError(words)
    return Step(name, 0, "", code.label, prelude=(code,), imports=(module,) if module else ())


def value_of(name: str, module: Mapping[str, object]) -> object:
    """Return what a module calls so: `is_transient`, `policies.is_transient`.

    Raises:
        UsageError: there is no such attribute.
    """
    root, *attributes = name.split(".")
    try:
        return reduce(getattr, attributes, module[root])
    except AttributeError as error:
        raise UsageError(f"{name}: {error}") from None


def _misfit(name: str, value: object, options: StepOptions) -> str:
    if is_exception(name):
        return _RENAMED.format(name=name)
    if words := misfit(name, ARGUMENTS, value):
        return f"{words}: {call(name, ARGUMENTS)}"
    return pipeline_words(name, options.pipeline) if options.pipeline else ""


def is_exception(name: str) -> bool:
    """Whether Python itself calls an exception so."""
    return is_class(getattr(builtins, name, None))


def is_class(value: object) -> bool:
    """Whether a value is a class of exceptions."""
    return isinstance(value, type) and issubclass(value, BaseException)


def unknown_words(name: str, functions: Iterable[str]) -> str:
    """Return what is wrong with a name that nothing has; "" if it may be that of a library's exception."""
    # Exceptions without an import are known by their names alone.
    if "." in name or not name[0].islower():
        return ""
    hint = "an exception of a module is written with it, such as socket.gaierror"
    return f"no cell defines a function {name}{nearest(name, functions)}; {hint}"


def pipeline_words(name: str, pipeline: str) -> str:
    """Return why a step that is another pipeline has no function for its failures."""
    return (
        f"{name} is a function, which is asked where the exception is: say it on the steps of {pipeline}, "
        "or name exceptions here"
    )


def _is_rule(reached: Reached) -> bool:
    is_ours = any(reached.root in piece.names for piece in reached.step.pieces)
    return is_ours and not reached.errors and not _is_class(reached)


def _problems(step: Step, reached: Reached, cells: Sequence[Cell]) -> Iterator[Diagnostic]:
    for words in _words(step, reached, cells):
        yield Diagnostic("JP037", f"{spot_of(step)} says --retry-on: {words}", step.name, 1, step.cell)
    if reached.is_unknown and (meant := _misspelt(reached.name, cells)):
        words = f"nothing here is called {reached.name}; did you mean {meant}?"
        message = f"{spot_of(step)} says --retry-on: {words}"
        yield Diagnostic("JP037", message, step.name, 1, step.cell, severity="warning")


def _words(step: Step, reached: Reached, cells: Sequence[Cell]) -> Iterator[str]:
    name = reached.name
    if reached.is_unknown:
        yield from filter(None, [unknown_words(name, functions_in(cells))])
        return
    if reached.owner:
        yield f"{reached.root} is {reached.owner}, no exception and no function"
        return
    if not any(reached.root in piece.names for piece in reached.step.pieces):
        if hasattr(builtins, name) and not is_exception(name):
            yield f"{name} is no exception, and no function that a cell defines"
        return
    yield from reached.obstacles("functions that --retry-on names")
    if is_exception(name) and _is_function(reached):
        yield _RENAMED.format(name=name)
    if step.options.pipeline and _is_function(reached):
        yield pipeline_words(name, step.options.pipeline)
    yield from filter(None, (unfit(name, ARGUMENTS, piece) for piece in reached.step.pieces))


def _misspelt(name: str, cells: Iterable[Cell]) -> str:
    """Return the exception or function that is meant where a name is nearly its; "" if none is."""
    exceptions = filter(is_exception, dir(builtins))
    classes = (
        node.name for cell in cells for node in _statements(cell.body) if isinstance(node, ast.ClassDef)
    )
    known = (*exceptions, *classes, *functions_in(cells))
    is_told = bool(unknown_words(name, ()))
    return "" if is_told else next(iter(difflib.get_close_matches(name, known, 1, _ALIKE)), "")


def _is_class(reached: Reached) -> bool:
    return any(isinstance(node, ast.ClassDef) for node in _bound_by(reached))


def _is_function(reached: Reached) -> bool:
    return any(
        isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda))
        for node in _bound_by(reached)
    )


def _bound_by(reached: Reached) -> Iterator[ast.stmt]:
    """Yield the statements that bind a name without dots."""
    for piece in reached.step.pieces:
        if reached.name in piece.names:
            yield from _statements(piece.source)


def _statements(code: str) -> Iterable[ast.stmt]:
    tree = tree_of(code)
    return tree.body if tree else ()
