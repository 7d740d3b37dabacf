"""The code that a step runs, also in the notebook's functions that it reaches, and what is known there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from jupyter_pipes.analysis.cell.scopes import arguments_of
from jupyter_pipes.analysis.files.texts import Texts, bound, formatted, rounds
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.system.memory import remembered

_DEF = (ast.FunctionDef, ast.AsyncFunctionDef)
_MOST = 500
"""Calls of functions that are looked into, with ever other arguments, and rounds of loops."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Definitions(Struct, frozen=True, eq=False):
    """What a piece of code defines: functions by name, and the methods of its classes by class and name."""

    functions: dict[str, Function]
    methods: dict[str, dict[str, Function]]


class Code(Struct, frozen=True, eq=False):
    """A piece of code: all of it that runs at once, and what it defines."""

    nodes: tuple[ast.AST, ...] = ()
    defines: Definitions = Definitions({}, {})


@remembered
def code_of(source: str) -> Code:
    """Return a cell's code apart from what it defines; nothing where it cannot be read."""
    tree = tree_of(source)
    if tree is None:
        return Code()
    nodes = tuple(_at_once(tree))
    functions: dict[str, Function] = {node.name: node for node in nodes if isinstance(node, _DEF)}
    for node in nodes:
        match node:
            case ast.Assign([ast.Name(name)], ast.Lambda() as function):
                functions[name] = function
            case _:
                pass
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    methods: dict[str, dict[str, Function]] = {
        node.name: {each.name: each for each in node.body if isinstance(each, _DEF)} for node in classes
    }
    own = {id(method) for each in methods.values() for method in each.values()}
    return Code(
        nodes, Definitions({name: each for name, each in functions.items() if id(each) not in own}, methods)
    )


def _at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the code does: of functions only their decorators and defaults."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inner: Iterable[ast.AST] = (*node.decorator_list, *node.args.defaults)
            case ast.Assign([ast.Name()], ast.Lambda()):
                inner = ()
            case ast.ClassDef():
                # What it assigns are no variables, but attributes.
                body = (getattr(each, "value", None) or each for each in node.body)
                inner = (*node.decorator_list, *node.bases, *body)
            case _:
                inner = ast.iter_child_nodes(node)
        waiting += reversed(list(inner))


class Reach:
    """Goes through a step's code and all that it calls.

    Args:
        pieces: the code that defines what the step reaches, and its own.
        texts: what is known of names of the notebook.
        modules: the code of local modules that it imports.
    """

    def __init__(self, pieces: Sequence[Code], texts: Texts, modules: Sequence[Code] = ()) -> None:
        self._functions: dict[str, Function] = {}
        self._methods: dict[str, dict[str, Function]] = {}
        self._of_modules: dict[str, Function] = {}
        for module in modules:
            self._of_modules |= module.defines.functions
        for piece in (*modules, *pieces):
            self._functions |= piece.defines.functions
            self._methods |= piece.defines.methods
        self._named: dict[str, list[Function]] = {}
        for methods in self._methods.values():
            for name, method in methods.items():
                self._named.setdefault(name, []).append(method)
        self.texts = dict(texts)
        """What is known outside of functions; attributes that are set on the way come to it."""

    def nodes(self, code: Code) -> Iterator[tuple[ast.AST, Texts]]:
        """Yield each node that running the code runs, with what is known where it stands."""
        waiting: list[tuple[Sequence[ast.AST], Texts]] = [(code.nodes, bound(code.nodes, self.texts))]
        entered = set[tuple[Function, frozenset[tuple[str, str]]]]()
        rounds_left = _MOST
        while waiting:
            nodes, texts = waiting.pop()
            callees = set[int]()
            # Objects are made before their methods are called, though the call stands around it.
            for node in (*filter(self._makes, nodes), *nodes):
                yield node, texts
                for known in reversed(rounds(node, texts)[:rounds_left]):
                    rounds_left -= 1
                    inner = _nodes_in(node)
                    waiting.append((inner, bound(inner, {**texts, **known})))
                if isinstance(node, ast.Call):
                    callees.add(id(node.func))
                # What is called stands behind its call, and was entered with what that gives.
                for function, handed in self._entered(node, texts) if id(node) not in callees else ():
                    key = (function, frozenset(handed.items()))
                    if key not in entered and len(entered) < _MOST:
                        entered.add(key)
                        waiting.append(self._inside(function, handed))

    def _entered(self, node: ast.AST, texts: Texts) -> Iterator[tuple[Function, Texts]]:
        """Yield the functions that a node calls, or hands on to be called, with what they are given."""
        match node:
            case ast.Call(ast.Name(name)) if name in self._functions:
                function = self._functions[name]
                yield function, _handed(function, node, texts, skipped=0)
            case ast.Call(ast.Name(name)) if name in self._methods:
                yield from self._made(name, node, texts)
            case ast.Call(ast.Attribute(ast.Name(), name)) if name in self._of_modules:
                yield self._of_modules[name], _handed(self._of_modules[name], node, texts, skipped=0)
            case ast.Call(ast.Attribute(_, name)):
                methods = self._named.get(name, ())
                yield from ((each, _handed(each, node, texts, skipped=1)) for each in methods)
            case ast.Name(name, ast.Load()) if name in self._functions:
                yield self._functions[name], {}
            case ast.Attribute(_, name) if name in self._named:
                yield from ((each, {}) for each in self._named[name])
            case _:
                pass

    def _makes(self, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._methods
        )

    def _made(self, kind: str, call: ast.Call, texts: Texts) -> Iterator[tuple[Function, Texts]]:
        """Yield the methods of a class that Python calls by itself when and after an object is made."""
        methods = self._methods[kind]
        if "__init__" not in methods:
            given = {f".{each.arg}": formatted(each.value, texts) for each in call.keywords if each.arg}
            self.texts |= {name: text for name, text in given.items() if text}
        for name, method in methods.items():
            if name.startswith("__"):
                yield method, _handed(method, call, texts, skipped=1) if name == "__init__" else {}

    def _inside(self, function: Function, handed: Texts) -> tuple[Sequence[ast.AST], Texts]:
        """Return a function's nodes and what is known there; attributes that it sets are known everywhere."""
        nodes = _nodes_of(function)
        own = {each.arg for each in arguments_of(function.args)}
        own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        outside = {name: text for name, text in self.texts.items() if name not in own}
        texts = bound(nodes, {**outside, **_defaults(function, self.texts), **handed})
        self.texts |= {name: text for name, text in texts.items() if name.startswith(".")}
        return nodes, texts


@remembered
def _nodes_of(function: Function) -> tuple[ast.AST, ...]:
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    return tuple(node for statement in body for node in ast.walk(statement))


def _nodes_in(loop: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes that each round of a loop or comprehension runs."""
    match loop:
        case ast.For(body=body):
            parts: Sequence[ast.AST] = body
        case ast.ListComp(element) | ast.SetComp(element) | ast.GeneratorExp(element):
            parts = [element]
        case ast.DictComp(key, value):
            parts = [key, value]
        case _:
            parts = []
    return tuple(node for part in parts for node in ast.walk(part))


def _defaults(function: Function, texts: Texts) -> dict[str, str]:
    arguments = function.args
    backwards = zip(
        reversed([*arguments.posonlyargs, *arguments.args]), reversed(arguments.defaults), strict=False
    )
    pairs = (*backwards, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    return {name.arg: text for name, node in pairs if node is not None and (text := formatted(node, texts))}


def _handed(function: Function, call: ast.Call, texts: Texts, *, skipped: int) -> dict[str, str]:
    """Return the parameters of a function that a call gives a text which is in sight.

    Args:
        skipped: how many parameters come first that the call does not show: `self`.
    """
    parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)][skipped:]
    starred = next((n for n, each in enumerate(call.args) if isinstance(each, ast.Starred)), len(call.args))
    pairs = dict(zip(parameters, call.args[:starred], strict=False))
    pairs |= {each.arg: each.value for each in call.keywords if each.arg}
    # What is given and not in sight is no longer the default.
    return {name: formatted(node, texts) for name, node in pairs.items()}
