"""Whether a definition changes what it holds itself: a class that counts, a default that remembers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from jupyter_pipes.analysis.effects.methods import MUTATORS

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CLASS_FIRST = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods that get the class as their first argument without a decorator."""

MUTABLE = (ast.List, ast.Dict, ast.Set, ast.Call, ast.ListComp, ast.SetComp, ast.DictComp)
"""Expressions whose value can be changed."""

_HOOKS = frozenset({"__init_subclass__", "__new__", "__init__", "__prepare__", "__set_name__"})


def changes_itself(node: ast.stmt) -> bool:
    """Return whether a definition's own code changes its attributes, or defaults of its parameters."""
    match node:
        case ast.ClassDef():
            return _class_changes_itself(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _changes(node, _Seen(frozenset({node.name, *_mutable_defaults(node.args)})))
        case _:
            return False


def runs_for_subclasses(node: ast.stmt) -> bool:
    """Return whether it is a class whose code runs when one is derived from it, or has it as a metaclass."""
    if not isinstance(node, ast.ClassDef):
        return False
    methods = {each.name for each in node.body if isinstance(each, _Function)}
    is_metaclass = any(isinstance(base, ast.Name) and base.id == "type" for base in node.bases)
    return "__init_subclass__" in methods or (is_metaclass and not methods.isdisjoint(_HOOKS))


def ancestors(node: ast.stmt) -> frozenset[str]:
    """Return the names of the classes that a class is derived from, and of its metaclass."""
    if not isinstance(node, ast.ClassDef):
        return frozenset()
    given = (*node.bases, *(keyword.value for keyword in node.keywords if keyword.arg == "metaclass"))
    return frozenset(each.id for each in given if isinstance(each, ast.Name))


def shared_attributes(node: ast.ClassDef) -> frozenset[str]:
    """Return the attributes that the class body gives a value and that no method gives its object."""
    given = (each for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign) and each.value)
    targets = (each.targets[0] if isinstance(each, ast.Assign) else each.target for each in given)
    attributes = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    bound = {part.attr for part in attributes if not isinstance(part.ctx, ast.Load)}
    return frozenset(target.id for target in targets if isinstance(target, ast.Name)) - bound


def _class_changes_itself(node: ast.ClassDef) -> bool:
    shared = shared_attributes(node)
    methods = (each for each in node.body if isinstance(each, _Function))
    return any(_changes(method, _seen_by(method, node.name, shared)) for method in methods)


class _Seen(NamedTuple):
    """What leads to the definition in the code of a function.

    Attributes:
        names: names of the definition, and of parameters whose defaults it keeps.
        this: the name of a method's object, "" if there is none.
        shared: attributes of that object that its class has.
    """

    names: frozenset[str]
    this: str = ""
    shared: frozenset[str] = frozenset()


def _seen_by(method: _Function, name: str, shared: frozenset[str]) -> _Seen:
    arguments = [*method.args.posonlyargs, *method.args.args]
    first = arguments[0].arg if arguments else ""
    marks = {each.id for each in method.decorator_list if isinstance(each, ast.Name)}
    names = {name, *_mutable_defaults(method.args)}
    if "classmethod" in marks or method.name in _CLASS_FIRST:
        return _Seen(frozenset({*names, first}))
    return _Seen(frozenset(names), "" if "staticmethod" in marks else first, shared)


def _changes(node: _Function, seen: _Seen) -> bool:
    return any(_leads_to_definition(target, seen) for target in _changed_in(node))


def _leads_to_definition(target: ast.expr, seen: _Seen) -> bool:
    while isinstance(target, ast.Attribute | ast.Subscript):
        match target:
            case ast.Attribute(attr="__class__"):
                return True
            case ast.Attribute(value=ast.Name(name), attr=attribute) if name == seen.this:
                return attribute in seen.shared
            case _:
                target = target.value
    match target:
        case ast.Name(name):
            return name in seen.names
        case ast.Call(func=ast.Name("type")):
            return True
        case _:
            return False


def _mutable_defaults(arguments: ast.arguments) -> Iterator[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        if isinstance(default, MUTABLE):
            yield argument.arg


def _changed_in(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what code binds or deletes that is no name, and the objects that it changes in place."""
    for part in ast.walk(node):
        match part:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield part
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in MUTATORS:
                yield value
            case ast.Call(func=ast.Name("next" | "setattr" | "delattr"), args=[value, *_]):
                yield value
            case ast.AugAssign(target=ast.Name() as target):
                yield target
            case _:
                pass
