"""A walk over statements along the paths that Python may take: what is bound where, and read before."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from jupyter_pipes.analysis.cell.calls import Calls
from jupyter_pipes.analysis.cell.record import CellRecord, Facts
from jupyter_pipes.analysis.cell.scopes import Scope, imported_names
from jupyter_pipes.analysis.cell.state import State, join
from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.values import GLOBAL, NOTHING, OBJECT, Value

_Sequence = ast.Tuple | ast.List


class _Loop(Struct, eq=False):
    """The states in which a loop's body is left early."""

    breaks: list[State] = []
    continues: list[State] = []

    def left_after(self, end: State) -> list[State]:
        """Return the states of `break`; it may come in a later round, after one that ended with `end`."""
        for state in self.breaks:
            state.possible |= end.possible
        return self.breaks


class Flow(Calls):
    """Walks the statements of one scope; see `Tracking` for its attributes."""

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        super().__init__(cell, scope)
        self._loops: list[_Loop] = []
        self._returned: list[State] = []
        self._raised: list[State] = []

    def walk(self, body: Sequence[ast.stmt]) -> None:
        """Visit statements until no path goes on."""
        for statement in body:
            if self.state.dead:
                return
            self.line = statement.lineno
            self.visit(statement)

    def finish(self) -> Facts:
        """Return what was found, with the state in which the scope is left."""
        leaves = join((self.state, *self._returned))
        self.facts.exit = join(self._raised) if leaves.dead else leaves
        return self.facts

    def _end_path(self, ends: list[State]) -> None:
        ends.append(self.state)
        self.state = State(dead=True)

    # ---- simple statements

    def visit_Expr(self, node: ast.Expr) -> None:
        """A bare expression: its value is thrown away."""
        if isinstance(node.value, ast.Constant):
            return
        self.note_use(node.value, "shown" if node is self.cell.displayed else "lost")
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """`a = b = value`."""
        self.visit(node.value)
        key = self.new_key(OBJECT)
        for target in node.targets:
            self._assign(target, node.value, key)

    def _assign(self, target: ast.expr, value: ast.expr, key: str) -> None:
        if (
            isinstance(target, _Sequence)
            and isinstance(value, _Sequence)
            and len(target.elts) == len(value.elts)
        ):
            values = [self.bound_value(part) for part in value.elts]
            for part, each in zip(target.elts, values, strict=True):
                self.bind_target(part, self._identified(each, self.new_key(OBJECT)))
        else:
            self.bind_target(target, self._identified(self.bound_value(value), key))

    def _identified(self, value: Value, key: str) -> Value:
        return value if self.in_function or value.kind == kinds.SCALAR else value.identified(key)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`x += 1` reads, changes and binds `x`."""
        if not isinstance(node.target, ast.Name):
            self.visit(node.value)
            self.bind_target(node.target)
            return
        name = node.target.id
        self.read(name, node.lineno)
        self.visit(node.value)
        owner = self.scope.owner(name)
        before = self.value_of_name(name)
        value = self._augment(before, self.value_of(node.value))
        if owner is None and name not in self.state.definite and not self.is_builtin(name):
            self.note_root(node.target)
            self.note_changed(before.names & {name, GLOBAL + name}, surely=True)
        self.bind(name, node.lineno, value=value)

    def _augment(self, value: Value, added: Value) -> Value:
        """`x += y` changes a list or an array, and makes something new of a number; return what `x` is."""
        if kinds.CONTAINER in (value.kind, added.kind) or value.kind in kinds.MUTABLE_SUMS:
            self.note_changed(value.names, surely=False)
            return value
        self.facts.augments |= value.names
        return Value(kind=value.kind)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """`x: T = 1`; `x: T` alone binds nothing."""
        if node.value is not None:
            self.visit(node.value)
        if self.scope.kind != "function":
            self.visit_annotation(node.annotation)
        if node.value is not None:
            self._assign(node.target, node.value, self.new_key(OBJECT))

    def visit_annotation(self, annotation: ast.expr | None) -> None:
        """Annotations are evaluated, unless a future import postpones it."""
        if annotation is None:
            return
        if not self.cell.postpones_annotations:
            self.visit(annotation)
            return
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name):
                self.read(node.id, node.lineno, optional=True)

    def visit_Delete(self, node: ast.Delete) -> None:
        """`del x` needs `x`; `del x[k]` changes it."""
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.read(name, target.lineno)
                self.unbind(name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._delete(part)
            case ast.Attribute() | ast.Subscript():
                self.change_part(target)
            case _:
                self.visit(target)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import binds names to code."""
        for name in imported_names(node):
            self.bind(name, node.lineno, "import")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """As `visit_Import`; a star import binds nobody knows what."""
        if any(alias.name == "*" for alias in node.names) and not self.state.dead:
            self.cell.note_star_import("." * node.level + (node.module or ""), node.lineno)
        if node.module == "__future__":
            self.cell.postpones_annotations |= any(alias.name == "annotations" for alias in node.names)
        self.visit_Import(node)

    def visit_Global(self, node: ast.Global) -> None:
        """Says nothing about values; the scope knows of it."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """The message is evaluated only when the test fails."""
        holds, fails = self.branch(node.test)
        self.state = fails
        self.visit_all([node.msg])
        self.state = holds

    # ---- ends of paths

    def visit_Return(self, node: ast.Return) -> None:
        """The rest of the function is not reached from here."""
        self.visit_all([node.value])
        self.facts.gives.append(self.value_of(node.value))
        self._end_path(self._returned)

    def visit_Raise(self, node: ast.Raise) -> None:
        """The next handler, or the end."""
        self.visit_all([node.exc, node.cause])
        self._end_path(self._raised)

    def visit_Break(self, node: ast.Break) -> None:
        """Goes on behind the loop."""
        self._end_path(self._loops[-1].breaks)

    def visit_Continue(self, node: ast.Continue) -> None:
        """Goes on at the loop's head."""
        self._end_path(self._loops[-1].continues)

    # ---- branches and loops

    def visit_If(self, node: ast.If) -> None:
        """Two branches."""
        true, false = self.branch(node.test)
        self.state = join((self._after(true, node.body), self._after(false, node.orelse)))

    def _after(self, state: State, body: Sequence[ast.stmt]) -> State:
        self.state = state
        self.walk(body)
        return self.state

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The body counts as executed."""
        self.visit(node.iter)
        entry = self.state.copy()
        loop = _Loop()

        def one_round(state: State) -> State:
            self.state = state
            self.bind_elements(node.target, node.iter)
            return self._round(loop, node.body)

        end = one_round(self.state)
        self._again_without(entry, end, one_round)
        # A body that always leaves: `else` is for when there was nothing to loop over.
        self.state = self._after(entry if end.dead else end, node.orelse)
        breaks = loop.left_after(end)
        self.state = join(breaks if end.dead and breaks else (self.state, *breaks))

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        """The body is conditional, unless the condition is `True`."""
        true, false = self.branch(node.test)
        entry = true.copy()
        loop = _Loop()

        def one_round(state: State) -> State:
            self.state = state
            end = self._round(loop, node.body)
            self.state = end.copy()
            self.visit(node.test)
            return self.state

        end = one_round(true)
        self._again_without(entry, end, one_round)
        if false.dead:
            self._raised.append(end)
        else:
            false.absorb(end)
        self.state = self._after(false, node.orelse)
        self.state = join((self.state, *loop.left_after(end)))

    def _round(self, loop: _Loop, body: Sequence[ast.stmt]) -> State:
        self._loops.append(loop)
        self.walk(body)
        self._loops.pop()
        return join((self.state, *loop.continues))

    def _again_without(self, entry: State, end: State, one_round: Callable[[State], State]) -> None:
        """Walk a body again when a round deletes what it began with: the next round reads without it."""
        if not end.dead and not entry.definite <= end.definite:
            one_round(join((entry, end)))

    def visit_Match(self, node: ast.Match) -> None:
        """Cases are tried in order."""
        self.visit(node.subject)
        rest, ends = self.state, list[State]()
        for case in node.cases:
            self.state = rest.copy()
            self.visit(case.pattern)
            matched = self.state
            if case.guard is not None:
                matched, unguarded = self.branch(case.guard)
                rest.absorb(unguarded)
            elif isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None:
                rest = State(dead=True)
            ends.append(self._after(matched, case.body))
        self.state = join((*ends, rest))

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """A capture."""
        self.generic_visit(node)
        if node.name is not None:
            self.bind(node.name, node.lineno)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """`{"k": v, **rest}`."""
        self.generic_visit(node)
        if node.rest is not None:
            self.bind(node.rest, node.lineno)

    # ---- with and try

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """The body counts as executed; a context may swallow what the body raises."""
        for item in node.items:
            self.visit(item.context_expr)
            value = self.value_of(item.context_expr)
            entered = self.method_call(value, "__enter__", item.context_expr)
            self.method_call(value, "__exit__", item.context_expr)
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, value if entered == NOTHING else entered)
        before = len(self._raised)
        self.walk(node.body)
        if self.state.dead:
            self.state = join(self._raised[before:])

    visit_AsyncWith = visit_With

    def visit_Try(self, node: Any) -> None:
        """A handler is reached from any point of the body; `finally` from any point at all."""
        if not node.finalbody:
            self._try_and_handle(node)
            return
        loop = self._loops[-1] if self._loops else _Loop()
        jumps = [(ends, len(ends)) for ends in (self._returned, loop.breaks, loop.continues)]
        anywhere = self._catch(lambda: self._try_and_handle(node))
        after = self.state
        self._after(anywhere, node.finalbody)
        for ends, begin in jumps:
            ends[begin:] = [self._after(state, node.finalbody) for state in ends[begin:]]
        self.state = self._after(after, node.finalbody)

    visit_TryStar = visit_Try

    def _try_and_handle(self, node: Any) -> None:
        around = self.handles_missing
        self.handles_missing = around or any(_handles_name_error(handler) for handler in node.handlers)
        thrown = self._catch(lambda: self.walk(node.body))
        self.handles_missing = around
        self.walk(node.orelse)
        ends = [self.state, *(self._handled(handler, thrown.copy()) for handler in node.handlers)]
        self.state = join(ends)

    def _catch(self, walk_body: Callable[[], None]) -> State:
        """Walk a body; return the state of an exception from anywhere in it."""
        thrown = self.state.copy()
        self.catching.append(thrown)
        walk_body()
        self.catching.pop()
        return thrown

    def _handled(self, handler: ast.ExceptHandler, state: State) -> State:
        self.state = state
        around, self.handles_missing = self.handles_missing, True
        # Looked up only when something was raised.
        self.visit_all([handler.type])
        self.handles_missing = around
        if handler.name is not None:
            self.bind(handler.name, handler.lineno)
        self.walk(handler.body)
        if handler.name is not None:
            self.unbind(handler.name)
        return self.state


def _handles_name_error(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.type, ast.Name) and handler.type.id == "NameError"
