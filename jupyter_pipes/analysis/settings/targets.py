"""What code sets in modules, as dotted names, and the functions that it calls for that."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

NOTHING: frozenset[str] = frozenset()
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_SHARED_PARTS = frozenset({"getLogger", "get_logger", "getcontext", "get_ipython"})
"""Functions that hand out a part of their module's state, not a value of its own."""


class Called(Struct, frozen=True):
    """A function that is called for its effect.

    Attributes:
        name: its name.
        positional: its arguments as dotted names, "" for what is a value of its own.
        named: those that are handed over by keyword.
        is_valued: whether its value is used as well.
    """

    name: str
    positional: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    is_valued: bool = False

    @property
    def paths(self) -> frozenset[str]:
        """All dotted names that it is handed."""
        return frozenset((*self.positional, *(path for _, path in self.named))) - {""}

    def resolved(self, bound: Mapping[str, frozenset[str]]) -> Iterator[Called]:
        """Yield the calls that it may be where names are bound to these dotted names, one for each."""
        choices = {
            path: sorted(resolved(path, bound)) or [""]
            for path in (*self.positional, *dict(self.named).values())
        }
        for place in range(max(map(len, choices.values()), default=1)):
            picked = {path: paths[min(place, len(paths) - 1)] for path, paths in choices.items()}
            yield Called(
                self.name,
                tuple(picked[path] for path in self.positional),
                tuple((name, picked[path]) for name, path in self.named),
                self.is_valued,
            )


class Targets(Struct, frozen=True):
    """What code sets, as dotted names (`plt.rcParams`, `logging.getLogger.setLevel`, `%`).

    Attributes:
        now: when it runs.
        later: when the functions that it defines are called; may begin with a parameter's name.
        calls: what it calls when it runs, which may set something in its turn.
        later_calls: what the functions that it defines call.
        is_definition: whether it defines something: then its calls are decorators.
        sets_only: whether that is a function which does nothing but set something, and return what is there.
        positional: parameters of the function that it defines which take positional arguments.
        rest, rest_named: its `*args` and `**kwargs`, "" if it has none.
        defaults: parameter -> what it is if nothing is handed over, as a dotted name.
        local: names that the function binds to parts of others -> their dotted names.
    """

    now: frozenset[str] = NOTHING
    later: frozenset[str] = NOTHING
    calls: frozenset[Called] = frozenset()
    later_calls: frozenset[Called] = frozenset()
    is_definition: bool = False
    sets_only: bool = False
    positional: tuple[str, ...] = ()
    rest: str = ""
    rest_named: str = ""
    defaults: tuple[tuple[str, str], ...] = ()
    local: tuple[tuple[str, frozenset[str]], ...] = ()

    def bound(self, call: Called) -> dict[str, frozenset[str]]:
        """Return what the function's names are when it is called so, as dotted names of the caller."""
        handed = {name: frozenset((path,)) for name, path in self.defaults}
        handed |= (
            dict.fromkeys(filter(None, (*self.positional, self.rest, self.rest_named)), NOTHING) | handed
        )
        handed |= {
            name: frozenset((path,)) for name, path in zip(self.positional, call.positional, strict=False)
        }
        handed |= {name: frozenset((path,)) for name, path in call.named}
        if self.rest:
            handed[self.rest] = frozenset(call.positional[len(self.positional) :])
        if self.rest_named:
            handed[self.rest_named] = frozenset(path for _, path in call.named)
        return handed | {
            name: NOTHING.union(*(resolved(path, handed) for path in paths)) for name, paths in self.local
        }


def resolved(path: str, bound: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the dotted names that one stands for where names are bound to these; none for a value."""
    root, dot, rest = path.partition(".")
    return (
        frozenset(f"{each}{dot}{rest}" for each in bound[root] if each)
        if root in bound
        else frozenset((path,))
    )


def bound_to_parts(statement: ast.stmt) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the names that loops and assignments bind to parts of others: `for each in (a, b)`, `x = a.b`."""
    for node in ast.walk(statement):
        match node:
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=parts) | ast.List(elts=parts)):
                yield name, frozenset(map(dotted, parts)) - {""}
            case ast.For(target=ast.Name(id=name), iter=value):
                yield name, frozenset((dotted(value),)) - {""}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
                yield name, frozenset((dotted(value),)) - {""}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value) if dotted(value):
                yield name, frozenset((dotted(value),))
            case _:
                pass


def called(name: str, call: ast.Call, *, is_valued: bool = False) -> Called:
    """Return the call of a function of that name as what it hands over."""
    named = ((each.arg, dotted(each.value)) for each in call.keywords if each.arg)
    values = (each.value if isinstance(each, ast.Starred) else each for each in call.args)
    return Called(name, tuple(map(dotted, values)), tuple(named), is_valued)


def united(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return all that is in any of the sets."""
    return NOTHING.union(*sets)


def dotted(node: ast.expr) -> str:
    """Return the dotted name of a part of a module, "" where it is no part but a value of its own."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            inner = dotted(value)
            return f"{inner}.{attribute}" if inner else ""
        case ast.Subscript(value=value):
            return dotted(value)
        case ast.Call(func=function):
            path = dotted(function)
            return path if path.rpartition(".")[2] in _SHARED_PARTS else ""
        case _:
            return ""
