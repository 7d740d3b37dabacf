"""What a function or class does to what it is handed, kept apart from its code: facts that cells pass on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from jupyter_pipes.analysis.effects import sharing
from jupyter_pipes.analysis.effects.methods import Use
from jupyter_pipes.analysis.effects.sharing import Sharing
from jupyter_pipes.analysis.effects.values import FUNCTION, GLOBAL, NOTHING, Value
from jupyter_pipes.system.memory import remembered

_NOBODY: frozenset[str] = frozenset()


class Call(Struct, frozen=True):
    """A call, with what is known of its parts.

    Attributes:
        node: as written.
        key: how values refer to its result.
        name: the last name of what is called, "" if it has none.
        callee: the function, if it is a name or a value.
        receiver: the object of a method call, None for a call of a function.
        positional, named: the arguments.
        spread: what stands behind `*` and `**`.
        changed: the arguments that a function of a library of that name changes.
        use: what becomes of its value.
        unbound: whether a method is called on its class, its object being the first argument.
    """

    node: ast.Call
    key: str
    name: str
    callee: Value = NOTHING
    receiver: Value | None = None
    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    spread: Value = NOTHING
    changed: Value = NOTHING
    use: Use = "used"
    unbound: bool = False

    @property
    def arguments(self) -> tuple[Value, ...]:
        """All arguments, in order."""
        return (*self.positional, *(value for _, value in self.named), self.spread)

    @property
    def values(self) -> tuple[Value, ...]:
        """All values that are part of it."""
        return (self.callee, self.receiver or NOTHING, *self.arguments)


class Summary(Struct, frozen=True, eq=False):
    """What one function does when it is called. A key stands for a parameter's value.

    One is equal to itself only: it is made once for each text of a cell, and compared often.

    Attributes:
        positional: name and key of each parameter that takes positional arguments.
        keywords: the same of those that do not.
        rest, rest_named: keys of `*args` and `**kwargs`, "" if it has none.
        changes: keys and module-level names whose objects it changes itself.
        augments: those that it does `x += y` to, which changes only objects that can be changed.
        calls: what it calls.
        gives: what it returns.
        kind: the kind of what calling it gives where that is not what it returns (a generator).
        binds_self: whether a method gets its object as first argument.
        free: module-level names that it reads.
    """

    positional: tuple[tuple[str, str], ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    rest: str = ""
    rest_named: str = ""
    changes: frozenset[str] = _NOBODY
    augments: frozenset[str] = _NOBODY
    calls: tuple[Call, ...] = ()
    gives: Value = NOTHING
    kind: str = ""
    binds_self: bool = True
    free: frozenset[str] = _NOBODY

    @remembered
    def mentions(self) -> frozenset[str]:
        """Return the names and keys of functions, and the names of methods, that its effect hangs on."""
        return frozenset(self._mentions())

    def _mentions(self) -> Iterator[str]:
        values = [self.gives, *(value for call in self.calls for value in call.values)]
        for value in values:
            for name in value.reached:
                if name.startswith((GLOBAL, FUNCTION)):
                    yield name.removeprefix(GLOBAL)
        for call in self.calls:
            yield call.name
        yield from self.free


class ClassSummary(Struct, frozen=True, eq=False):
    """What the methods of one of the notebook's classes do; equal to itself only, as a `Summary`.

    Attributes:
        bases: names of the classes that it inherits from.
        methods: by name.
        properties: names of methods that are called without parentheses.
    """

    bases: tuple[str, ...] = ()
    methods: tuple[tuple[str, Summary], ...] = ()
    properties: frozenset[str] = _NOBODY

    def named(self, method: str) -> list[Summary]:
        """Return the class's own methods of this name."""
        return [summary for name, summary in self.methods if name == method]

    def mentions(self) -> frozenset[str]:
        """As `Summary.mentions`."""
        return frozenset(self.bases).union(*(summary.mentions() for _, summary in self.methods))


class Environment(Struct, frozen=True, cache_hash=True):
    """What a cell must know of the functions, classes and values of earlier cells.

    Attributes:
        functions: name or key -> what such a function does.
        classes: name -> what its methods do.
        kinds: name -> kind of its value.
        sharing: names that hold one object, or parts of one.
    """

    functions: tuple[tuple[str, tuple[Summary, ...]], ...] = ()
    classes: tuple[tuple[str, ClassSummary], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    sharing: Sharing = ()

    def classes_with(self, method: str) -> frozenset[str]:
        """Return the classes that have a method of this name from the notebook, their own or inherited."""
        found = {name for name, known in self.classes if known.named(method)}
        while news := {name for name, known in self.classes if not found.isdisjoint(known.bases)} - found:
            found |= news
        return frozenset(found)


_EMPTY = Environment()


@remembered
def restricted(environment: Environment, words: frozenset[str]) -> Environment:
    """Return the part of an environment that code with these words may reach."""
    if environment == _EMPTY:
        return environment
    index = _indexed(environment)
    kinds = tuple((name, kind) for name, kind in environment.kinds if name in words)
    reached, waiting = set[str](), [*words, *_SPECIAL_METHODS, *(kind.partition(":")[2] for _, kind in kinds)]
    while waiting:
        word = waiting.pop()
        if word in reached:
            continue
        reached.add(word)
        waiting += index.get(word, ())
    return Environment(
        tuple(pair for pair in environment.functions if pair[0] in reached),
        tuple(pair for pair in environment.classes if pair[0] in reached),
        kinds,
        sharing.of(environment.sharing, words),
    )


@remembered
def updated(environment: Environment, bound: frozenset[str], news: Environment) -> Environment:
    """Return the environment behind a cell that binds names, of which `news` tells what is known."""
    if not bound and news == _EMPTY:
        return environment
    functions = {name: each for name, each in environment.functions if name not in bound}
    for name, each in news.functions:
        # What was put into an object from before is there besides what it had.
        functions[name] = (*functions.get(name, ()), *each)
    classes = [pair for pair in environment.classes if pair[0] not in bound]
    kinds = [pair for pair in environment.kinds if pair[0] not in bound]
    return Environment(
        tuple(functions.items()),
        (*classes, *news.classes),
        (*kinds, *(pair for pair in news.kinds if pair[1] and pair[0] in bound)),
        sharing.behind(environment.sharing, bound, news.sharing),
    )


_SPECIAL_METHODS = ("__call__", "__enter__", "__exit__", "__iter__", "__next__")
"""Methods that code calls without naming them."""


@lru_cache(maxsize=64)
def _indexed(environment: Environment) -> dict[str, frozenset[str]]:
    """Return for each word what code with it reaches at once."""
    index: dict[str, set[str]] = {}
    for name, summaries in environment.functions:
        index.setdefault(name, set()).update(*(summary.mentions() for summary in summaries))
    for name, known in environment.classes:
        index.setdefault(name, set()).update(known.mentions())
        for method, _ in known.methods:
            index.setdefault(method, set()).add(name)
    return {word: frozenset(reached) for word, reached in index.items()}
