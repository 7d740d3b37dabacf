"""Which steps remove files that a value of another step names (`shutil.rmtree(folder)`), and who uses them.

Where the path is only known when the step runs, such a removal must wait for all that may still read there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from jupyter_pipes.analysis.cell.scopes import arguments_of
from jupyter_pipes.analysis.files.reached import code_of
from jupyter_pipes.analysis.files.texts import called
from jupyter_pipes.analysis.quoted_code import template_names
from jupyter_pipes.model.steps import Step
from jupyter_pipes.system.memory import remembered

_FUNCTIONS = frozenset(("remove", "unlink", "rmdir", "removedirs", "rmtree", "move", "rename", "replace"))
_MODULES = frozenset(("os", "shutil"))
_BARE = frozenset(("unlink", "rmdir", "removedirs", "rmtree"))
"""Functions of those modules that remove what they are given; the second ones also by their names alone."""

_METHODS = frozenset(("unlink", "rmdir", "rmtree"))
_SHELLS = frozenset(("system", "getoutput"))
_REMOVING = re.compile(r"\b(rm|rmdir|mv)\s")


class Removal(Struct, frozen=True):
    """What a value names and a step removes.

    Attributes:
        place: the name and whose it is, in words.
        remover: the step that removes it.
        users: the steps that may use it, those before it among them.
    """

    place: str
    remover: str
    users: tuple[str, ...]


def removals(steps: Sequence[Step]) -> Iterator[Removal]:
    """Yield what steps remove of which only a value of an earlier step tells the path.

    Before the removal, all that hangs on that earlier step may use it; behind it, who reads the name.

    Args:
        steps: in notebook order.
    """
    for place, step in enumerate(steps):
        for name in sorted(_removed(step).intersection(step.inputs)):
            owner = step.inputs[name]
            behind = (each.name for each in steps[place + 1 :] if each.reads.get(name) == owner)
            users = (*_hanging_on(owner, steps[:place]), *behind)
            yield Removal(f"what {name} of {owner} names", step.name, users)


def _hanging_on(owner: str, steps: Iterable[Step]) -> Iterator[str]:
    hanging = {owner}
    for step in steps:
        if not hanging.isdisjoint(step.reads.values()):
            hanging.add(step.name)
            yield step.name


def _removed(step: Step) -> frozenset[str]:
    return _removed_by(step.body, tuple(piece.source for piece in step.pieces))


@remembered
def _removed_by(body: str, pieces: tuple[str, ...]) -> frozenset[str]:
    """Return the names in what code removes when it runs, by itself or by functions that it calls."""
    codes = [code_of(source) for source in (*pieces, body)]
    functions = {name: each for code in codes for name, each in code.defines.functions.items()}
    removers: set[str] = set()
    while more := {name for name, each in functions.items() if _removes_argument(each, removers)} - removers:
        removers |= more
    return _names_removed(codes[-1].nodes, removers)


def _removes_argument(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, removers: set[str]
) -> bool:
    arguments = {argument.arg for argument in arguments_of(function.args)}
    return not arguments.isdisjoint(_names_removed(ast.walk(function), removers))


def _names_removed(nodes: Iterable[ast.AST], removers: set[str]) -> frozenset[str]:
    nodes = tuple(nodes)
    made_of = dict(_bindings(nodes))
    names = {name for call in nodes if isinstance(call, ast.Call) for name in _in_removed(call, removers)}
    while more := {each for name in names for each in made_of.get(name, ())} - names:
        names |= more
    return frozenset(names)


def _in_removed(call: ast.Call, removers: set[str]) -> Iterator[str]:
    name = called(call.func)
    match call.func:
        case ast.Attribute(ast.Name(module)) if module in _MODULES and name in _FUNCTIONS:
            yield from _names(call.args)
        case ast.Name() if name in _BARE or name in removers:
            yield from _names([*call.args, *(each.value for each in call.keywords)])
        case ast.Attribute(receiver) if name in _METHODS:
            yield from _names([receiver])
        case ast.Attribute() if name in _SHELLS:
            for each in call.args:
                if isinstance(each, ast.Constant) and _REMOVING.search(text := str(each.value)):
                    yield from template_names(text)
        case _:
            pass


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each name that is bound, with the names in what it is made of."""
    for node in nodes:
        match node:
            case ast.Assign([ast.Name(name)], value):
                yield name, _names([value])
            case ast.For(target, value) | ast.comprehension(target, value):
                yield from ((name, _names([value])) for name in _names([target]))
            case _:
                pass


def _names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))
