"""What a call changes: follows it through the notebook's functions, with what each is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.effects import functions, kinds, methods
from jupyter_pipes.analysis.effects.repertoire import Repertoire
from jupyter_pipes.analysis.effects.summaries import Call, Environment, Summary
from jupyter_pipes.analysis.effects.values import (
    FUNCTION,
    GLOBAL,
    NOTHING,
    PARTS,
    RESULT,
    Value,
    holding,
    union,
)

_DEEPEST = 40
"""Calls within calls that are followed; beyond, the judge at the end of an attempt has the last word."""

_MOST = 1000
"""Different calls that one call of a cell is followed to."""

_HANDING_COPIES = frozenset(
    [
        "apply",
        "map",
        "applymap",
        "transform",
        "agg",
        "aggregate",
        "filter",
        "assign",
        "groupby",
        "sort",
        "sorted",
    ]
)
"""Methods that call a function with copies or parts that they make, not with their object."""


_KEEPING_FUNCTIONS = frozenset({"partial", "partialmethod"})
"""Functions that call what they are handed when what they give is called, not before."""


class Outcome(Struct, frozen=True):
    """What a call does: the names whose objects it changes, and what it gives."""

    changed: frozenset[str]
    value: Value


def outcome(call: Call, repertoire: Repertoire, module_value: Callable[[str], Value]) -> Outcome:
    """Return what a call at the cell's own level does.

    Args:
        call: the call, its values in terms of the cell.
        repertoire: the functions that there are.
        module_value: gives the value of a module-level name at this point.
    """
    expansion = _Expansion(repertoire, module_value)
    value = expansion.follow(call, _Frame())
    return Outcome(frozenset(expansion.changed), value)


def changed_globals(summary: Summary) -> frozenset[str]:
    """Return the module-level names whose objects a function changes itself, whatever it is handed."""
    expansion = _Expansion(Repertoire(Environment()), lambda name: Value(frozenset({name})))
    expansion.apply(summary)
    return frozenset(name for name in expansion.changed if name.isidentifier())


class _Frame(Struct):
    """One function being followed: its parameters' values, its calls, and what they gave."""

    bound: dict[str, Value] = {}
    calls: dict[str, Call] = {}
    results: dict[str, Value] = {}
    depth: int = 0


class _Expansion:
    def __init__(self, repertoire: Repertoire, module_value: Callable[[str], Value]) -> None:
        self._repertoire = repertoire
        self._module_value = module_value
        self._followed: dict[Call, Value] = {}
        self.changed: set[str] = set()

    def apply(self, summary: Summary) -> None:
        """Take the changes of a function that is called with nothing that is known."""
        self._enter(summary, _Frame({}, {each.key: each for each in summary.calls}))

    def follow(self, call: Call, frame: _Frame) -> Value:
        """Take the call's changes; return what it gives."""
        call = self._resolved(call, frame)
        if call in self._followed or frame.depth > _DEEPEST or len(self._followed) > _MOST:
            return self._followed.get(call, NOTHING)
        # A function that calls itself with the same values does nothing else the second time.
        self._followed[call] = NOTHING
        value = self._followed[call] = self._value(call, frame.depth + 1)
        return value

    def _value(self, call: Call, depth: int) -> Value:
        given = [*self._from_notebook(call, depth)]
        if call.receiver is not None:
            return self._of_method(call, call.receiver, given, depth)
        return union(given) if given else self._of_function(call, depth)

    # ---- the notebook's own functions and classes

    def _from_notebook(self, call: Call, depth: int) -> Iterator[Value]:
        call = _with_what_is_kept(call)
        for name in sorted(call.callee.names):
            for summary in self._repertoire.functions.get(name, ()):
                yield self._applied(summary, call, None, depth)
            if (plain := name.removeprefix(FUNCTION)) in self._repertoire.classes:
                yield self._constructed(plain, call, depth)
        if call.receiver is not None:
            yield from self._called_method(call, call.receiver, call.name, depth)
        elif call.callee.is_traced:
            yield from self._called_method(call, call.callee, "__call__", depth)

    def _constructed(self, name: str, call: Call, depth: int) -> Value:
        kind = kinds.INSTANCE + name
        for method in ("__new__", "__init__", "__post_init__"):
            for _, summary in self._repertoire.methods(kind, method):
                self._applied(summary, call, Value(kind=kind), depth)
        return Value(kind=kind)

    def _called_method(self, call: Call, receiver: Value, name: str, depth: int) -> Iterator[Value]:
        for owner, summary in self._repertoire.methods(receiver.kind, name):
            itself = receiver if receiver.kind else receiver.of_kind(kinds.INSTANCE + owner)
            yield self._applied(summary, call, itself, depth)

    def _applied(self, summary: Summary, call: Call, receiver: Value | None, depth: int) -> Value:
        itself = None if call.unbound else receiver
        frame = _Frame(_bound(summary, call, itself), {each.key: each for each in summary.calls}, {}, depth)
        self._enter(summary, frame)
        given = self._substituted(summary.gives, frame)
        return holding([given], summary.kind) if summary.kind else given

    def _enter(self, summary: Summary, frame: _Frame) -> None:
        for name in summary.changes:
            self.changed |= self._named(name, frame).names
        for name in summary.augments:
            value = self._named(name, frame)
            self.changed |= value.names if value.kind in kinds.MUTABLE_SUMS else frozenset()
        for key in frame.calls:
            self._result(key, frame)

    def _result(self, key: str, frame: _Frame) -> Value:
        if key not in frame.results:
            frame.results[key] = NOTHING
            frame.results[key] = self.follow(frame.calls[key], frame)
        return frame.results[key]

    # ---- values of a function's names, in terms of the cell

    def _resolved(self, call: Call, frame: _Frame) -> Call:
        def resolved(value: Value) -> Value:
            return self._substituted(value, frame)

        return msgspec.structs.replace(
            call,
            callee=resolved(call.callee),
            receiver=None if call.receiver is None else resolved(call.receiver),
            positional=tuple(map(resolved, call.positional)),
            named=tuple((name, resolved(value)) for name, value in call.named),
            spread=resolved(call.spread),
            changed=resolved(call.changed),
        )

    def _substituted(self, value: Value, frame: _Frame) -> Value:
        if not value.is_traced:
            return value
        names = [self._named(name, frame) for name in value.names]
        holds = [self._named(name, frame) for name in value.holds]
        kind = value.kind or (names[0].kind if len(names) == 1 else "")
        own = frozenset(chain.from_iterable(each.names for each in names))
        inner = chain.from_iterable(each.holds if own else () for each in names)
        is_part = value.is_part or any(each.is_part for each in names)
        return Value(own, frozenset(chain(inner, *(each.reached for each in holds))), kind, is_part)

    def _named(self, name: str, frame: _Frame) -> Value:
        key = name.removesuffix(PARTS)
        if key.startswith(GLOBAL):
            value = self._module_value(key.removeprefix(GLOBAL))
        elif key in frame.bound:
            value = frame.bound[key]
        elif key.startswith(RESULT) and key in frame.calls:
            value = self._result(key, frame)
        else:
            return Value(frozenset({name}))
        return value if key == name else Value(value.holds, value.holds, is_part=True)

    # ---- what libraries do

    def _of_method(self, call: Call, receiver: Value, given: list[Value], depth: int) -> Value:
        is_own = bool(given)
        if (not is_own or call.name in methods.MUTATORS) and methods.changes_object(
            call.node, call.name, receiver.kind, call.use
        ):
            self.changed |= receiver.names
        if is_own:
            return union(given)
        self._by_arguments(call)
        with_object = call.name not in _HANDING_COPIES
        self._hand_on(call, (receiver, *call.arguments) if with_object else call.arguments, depth)
        return _of_library_method(call, receiver)

    def _of_function(self, call: Call, depth: int) -> Value:
        if call.name in _KEEPING_FUNCTIONS and call.positional:
            return _kept_function(call)
        self._by_arguments(call)
        self._hand_on(call, call.arguments, depth)
        return self._class_of(call) or _of_library_function(call)

    def _class_of(self, call: Call) -> Value | None:
        """`type(x)` is a class of the notebook, if it is known of which one `x` is."""
        match call.positional:
            case [value] if call.name == "type" and value.kind.startswith(kinds.INSTANCE):
                return self._module_value(value.kind.removeprefix(kinds.INSTANCE))
            case _:
                return None

    def _by_arguments(self, call: Call) -> None:
        self.changed |= call.changed.names
        for keyword, value in call.named:
            if keyword in functions.DRAWN_FROM and value.kind == kinds.RANDOM:
                self.changed |= value.names
        if functions.consumes(call.name):
            for value in call.arguments:
                self.changed |= value.names if value.kind == kinds.ITERATOR else frozenset()

    def _hand_on(self, call: Call, values: Iterable[Value], depth: int) -> None:
        """Follow functions that are handed to somebody who may call them with all else that is at hand."""
        values = tuple(values)
        handed = [value for value in values if self._is_function(value)]
        others = holding(value for value in values if value not in handed)
        spread = Value(others.holds, others.holds)
        for function in handed:
            followed = Call(call.node, call.key, "", function, spread=spread)
            self.follow(followed, _Frame(depth=depth))

    def _is_function(self, value: Value) -> bool:
        return any(name in self._repertoire.functions for name in value.names)


def _kept_function(call: Call) -> Value:
    """Return a function as it is kept for later, with what it will be handed then."""
    function, *others = call.positional
    held = holding([*others, *(value for _, value in call.named), call.spread])
    return msgspec.structs.replace(function, holds=function.holds | held.holds)


def _with_what_is_kept(call: Call) -> Call:
    """Return the call of a kept function: any of its parameters may be what was kept with it."""
    kept = call.callee.holds - call.callee.names
    if not kept:
        return call
    handed = union((*call.positional, *(value for _, value in call.named), call.spread, Value(kept, kept)))
    return msgspec.structs.replace(call, positional=(), named=(), spread=handed)


def _bound(summary: Summary, call: Call, receiver: Value | None) -> dict[str, Value]:
    """Return the value of each parameter's key."""
    values = [*call.positional]
    if receiver is not None and summary.binds_self:
        values.insert(0, receiver)
    named = dict(call.named)
    bound: dict[str, Value] = {}
    for place, (name, key) in enumerate(summary.positional):
        bound[key] = values[place] if place < len(values) else named.pop(name, call.spread)
    for name, key in summary.keywords:
        bound[key] = named.pop(name, call.spread)
    if summary.rest:
        bound[summary.rest] = holding([*values[len(summary.positional) :], call.spread], kinds.CONTAINER)
    if summary.rest_named:
        bound[summary.rest_named] = holding([*named.values(), call.spread], kinds.CONTAINER)
    return bound


def _of_library_method(call: Call, receiver: Value) -> Value:
    kind = kinds.kind_of_call(call.name, is_method=True)
    if call.name in methods.GIVING_ITSELF:
        return receiver
    if call.name == "copy" and receiver.kind == kinds.CONTAINER:
        return holding([receiver], receiver.kind)
    if methods.gives_part(call.name):
        return receiver.part(kind or (receiver.kind if receiver.kind == kinds.ARRAY else ""))
    return Value(kind=kind)


def _of_library_function(call: Call) -> Value:
    kind = kinds.kind_of_call(call.name, is_method=False)
    first = call.positional[0] if call.positional else NOTHING
    if functions.gives_first(call.name) or (call.name == "iter" and first.kind == kinds.ITERATOR):
        return first
    if functions.gives_parts(call.name):
        return union(value.part() for value in call.arguments if value.is_traced)
    if functions.is_shallow(call.name):
        return holding(call.arguments, kind)
    return Value(kind=kind)
