"""What code may change of classes by other names than theirs: `type(x).n += 1`, `x.members.append(y)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jupyter_pipes.analysis.effects.methods import MUTATORS
from jupyter_pipes.analysis.effects.own_state import MUTABLE, shared_attributes

ANY_CLASS = "type()"
"""Stands for the class of an object, whichever that is."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEADING_TO_CLASS = _words("__class__ __bases__ __base__ __mro__")
_LEADING_TO_TEXT = _words("__name__ __qualname__ __module__ __doc__ __annotations__")
_LOOKING = _words("""
    type id repr str isinstance issubclass print hasattr getattr callable display format len bool list dict
    set tuple frozenset sorted sum min max any all enumerate zip
""")
"""Functions that leave what they are handed as it is, and hand out no more than what is inside."""


def handled_parts(tree: ast.AST) -> frozenset[str]:
    """Return the names and attributes whose values code may change, or hand to others, and `ANY_CLASS`."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return frozenset(name for node in parents for name in _leading(node) if _is_handled(node, name, parents))


def shared_containers(definition: ast.AST) -> frozenset[str]:
    """Return the attributes of a class whose values all instances share and can change."""
    if not isinstance(definition, ast.ClassDef):
        return frozenset()
    values = {
        target.id: statement.value
        for statement in definition.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }
    mutable = {name for name, value in values.items() if isinstance(value, MUTABLE) and not _is_field(value)}
    return shared_attributes(definition) & mutable


def _is_field(value: ast.expr) -> bool:
    """Whether it only describes what each instance gets: `field(default_factory=list)`."""
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in ("field", "Field", "ib", "attrib")
        case _:
            return False


def _leading(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name("type"), args=[_]):
            yield ANY_CLASS
        case ast.Attribute(attr=name):
            yield ANY_CLASS if name in _LEADING_TO_CLASS else name
        case ast.Name(id=name, ctx=ast.Load()):
            yield name
        case _:
            pass


def _is_handled(node: ast.AST, name: str, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether what `node` leads to is changed, or given a name, or handed to somebody who may change it."""
    top, around = node, parents[node]
    while isinstance(around, ast.Attribute | ast.Subscript) and around.value is top:
        if isinstance(around, ast.Attribute) and around.attr in _LEADING_TO_TEXT:
            return False
        top, around = around, parents[around]
    if top is node and name != ANY_CLASS and not _is_read(top):
        # An attribute is bound: that is the instance's own, but for `x.members += …`.
        return isinstance(around, ast.AugAssign)
    return not _is_read(top) or _is_passed_on(top, around, name)


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load) or isinstance(node, ast.Call)


def _is_passed_on(node: ast.AST, around: ast.AST, name: str) -> bool:
    match around:
        case ast.Call(func=function) if function is node:
            is_method = isinstance(node, ast.Attribute) and node.attr != name
            return is_method and (name == ANY_CLASS or getattr(node, "attr", "") in MUTATORS)
        case ast.Call(func=ast.Name(id=function)):
            return function not in _LOOKING
        case ast.Assign() | ast.AnnAssign() | ast.NamedExpr() | ast.Return() | ast.Call() | ast.keyword():
            return True
        case ast.For() | ast.comprehension():
            return name == ANY_CLASS
        case ast.List() | ast.Tuple() | ast.Dict() | ast.IfExp() | ast.Starred():
            return True
        case _:
            return False
