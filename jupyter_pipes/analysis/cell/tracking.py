"""What a walk over code knows at the point reached: bindings, reads, mutations, the cell's functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from jupyter_pipes.analysis.cell.record import CellRecord, Facts
from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE, Scope
from jupyter_pipes.analysis.cell.state import State
from jupyter_pipes.analysis.effects.sharing import NOT_SHARED
from jupyter_pipes.analysis.effects.values import GLOBAL, NOTHING, Value, union


class Tracking(ast.NodeVisitor):
    """Keeps `state` true for the point reached, and notes in `facts` what happens to names there.

    Attributes:
        cell: what is known of the whole cell, shared by all walks over it.
        scope: the scope that names are looked up in.
        facts: what this walk found.
        state: what is bound at the point reached.
        catching: the states of handlers that an exception here may lead to.
        handles_missing: whether the code at this point expects that a name may not be there.
        is_shown: whether texts at this point are for people, so that no library reads them as code.
        in_function: whether this is a walk over a function's body.
        line: of the statement reached.
    """

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        self.cell = cell
        self.scope = scope
        self.facts = Facts()
        self.state = State()
        self.catching: list[State] = []
        self.handles_missing = False
        self.is_shown = False
        self.in_function = False
        self.line = 1

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit the nodes that are there, in order."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def read(self, name: str, line: int, *, optional: bool = False) -> None:
        """Note that the value of `name` is used here."""
        if self.state.dead:
            return
        owner = self.scope.owner(name)
        if owner is not None and owner.kind == "class" and owner is self.scope:
            if owner.key(name) in self.state.definite:
                return
            optional = optional or owner.key(name) in self.state.possible
            owner = owner.parent.owner(name) if owner.parent else None
        if owner is None:
            self._read_outside(name, line, optional)
            self._read_by_value(name, line)

    def _read_by_value(self, name: str, line: int) -> None:
        """A function that an earlier cell gave a name sees what its own names are bound to now."""
        if name in self.state.definite:
            return
        waiting, seen = [name], {name}
        while waiting:
            news = self.cell.repertoire.follows(waiting.pop()) - seen
            for each in sorted(news):
                self._read_outside(each, line, True)
            seen |= news
            waiting += news

    def _read_outside(self, name: str, line: int, optional: bool) -> None:
        if name in self.state.definite or self.is_builtin(name):
            return
        # A star import before may have bound it.
        perhaps = name in self.state.possible or self.cell.has_star_import
        optional = optional or self.handles_missing or perhaps
        (self.facts.optional if optional else self.facts.reads).setdefault(name, line)

    def is_builtin(self, name: str) -> bool:
        """Whether `name` is there without any cell binding it."""
        return name in ALWAYS_THERE and name not in self.cell.shadowed

    def is_pythons_own(self, name: str) -> bool:
        return self.scope.owner(name) is None and name not in self.state.possible and self.is_builtin(name)

    def bind(self, name: str, line: int, kind: str = "value", value: Value = NOTHING) -> None:
        """Note that `name` is bound here."""
        if self.state.dead:
            return
        owner = self.scope.owner(name)
        if owner is None:
            self.cell.bindings.setdefault(name, set()).add((kind, line))
        self.state.bind(name if owner is None else owner.key(name), value)
        self._note_for_handlers()

    def unbind(self, name: str) -> None:
        """Note that `name` is deleted here."""
        if self.state.dead:
            return
        owner = self.scope.owner(name)
        if owner is None:
            self.facts.deleted.add(name)
        self.state.unbind(name if owner is None else owner.key(name))
        self._note_for_handlers()

    def _note_for_handlers(self) -> None:
        for state in self.catching:
            state.absorb(self.state)

    def value_of_name(self, name: str) -> Value:
        """Return what is known of the value that `name` has here."""
        owner = self.scope.owner(name)
        if owner is not None:
            return self.state.values.get(owner.key(name), NOTHING)
        value = self.state.values.get(name, NOTHING)
        if name in self.state.definite or self.is_builtin(name) or self.is_module(name):
            return value
        if self.in_function:
            outside = Value(frozenset({GLOBAL + name}))
        else:
            shared = self.cell.repertoire.sharing.get(name, NOT_SHARED)
            outside = Value(shared.along | {name}, shared.inside, self.cell.repertoire.kind_of(name))
        return union((value, outside)) if name in self.state.possible or value.is_traced else outside

    def note_changed(self, names: Iterable[str], *, surely: bool) -> None:
        """Note that the objects of these names are changed in place here."""
        if self.state.dead:
            return
        names = set(names)
        self.facts.changes |= names
        outside = {plain for name in names if (plain := name.removeprefix(GLOBAL)).isidentifier()}
        (self.facts.mutates if surely else self.facts.maybe_mutates).update(outside - self.cell.modules)
        for name in sorted(outside & self.cell.repertoire.shared):
            # It is to be handed on changed: the step has to have it.
            self._read_outside(name, self.line, False)

    def note_root(self, target: ast.expr, *, surely: bool = True) -> None:
        """Note whose part it is that is changed here: modules and definitions are no values."""
        root = root_name(target)
        if root is None or self.state.dead or not surely:
            return
        if self.is_module(root.id):
            self.cell.note_module_change(root.id, root.lineno)
        elif self.scope.owner(root.id) is None:
            self.cell.changed_in_place.add(root.id)

    def is_module(self, name: str) -> bool:
        if self.scope.owner(name) is not None:
            return False
        if name in self.state.possible:
            return self.cell.is_import(name)
        return name in self.cell.modules or self.cell.is_import(name)

    def opaque(self, why: str, line: int) -> None:
        """Note that something here cannot be seen."""
        if not self.state.dead:
            self.cell.note_opaque(why, line)

    def evaluation(self, line: int) -> None:
        """Note that a text is evaluated here that cannot be seen."""
        if not self.state.dead:
            self.cell.note_evaluation(line)

    def use_function(self, name: str, *, called: bool) -> None:
        """A function of this cell is called here, or handed to somebody who may call it."""
        if self.state.dead or self.scope.owner(name) is not None:
            return
        for facts in self.cell.reachable(name):
            self.apply(facts, surely=called and not facts.lazy)

    def apply(self, facts: Facts, *, surely: bool) -> None:
        for name, line in facts.reads.items():
            optional = not surely or name in self.cell.assigned_by_functions
            self._read_outside(name, line, optional)
        for name, line in facts.optional.items():
            self._read_outside(name, line, True)
        self._changed_by(facts.mutates, surely=True)
        self._changed_by(facts.maybe_mutates, surely=False)
        self.state.definite -= facts.deleted
        self.state.possible |= facts.exit.possible
        for name in facts.exit.definite if surely else ():
            self.state.bind(name)
        if facts.exit.possible or facts.deleted:
            self._note_for_handlers()

    def _changed_by(self, names: Iterable[str], *, surely: bool) -> None:
        """A function changes the objects that these names of the module have now."""
        self.note_changed(
            (origin for name in names for origin in self.value_of_name(name).names), surely=surely
        )


def root_name(node: ast.expr) -> ast.Name | None:
    """Return the name whose object `a.b[0].c` is a part of, or None where there is no such name."""
    while True:
        match node:
            case ast.Name():
                return node
            case ast.Attribute() | ast.Subscript() | ast.Starred():
                node = node.value
            case _:
                return None
