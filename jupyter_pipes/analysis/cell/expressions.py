"""A walk over expressions in the order in which Python evaluates them, conditions and scopes included."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from jupyter_pipes.analysis.cell.scopes import comprehension_scope, operands
from jupyter_pipes.analysis.cell.state import State, join
from jupyter_pipes.analysis.cell.values import Values
from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.values import NOTHING, Value, holding
from jupyter_pipes.analysis.quoted_code import quoted_names


class Expressions(Values):
    """Walks expressions, apart from calls."""

    def visit_Name(self, node: ast.Name) -> None:
        """A name in a load context, used as a value."""
        self.read(node.id, node.lineno)
        self.use_function(node.id, called=False)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A text may be code to a library that looks names up where it was called."""
        if isinstance(node.value, str):
            self.read_text(node.value, node.lineno)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """What an f-string fills in is code; it may be part of more of it."""
        values = [value for value in node.values if isinstance(value, ast.FormattedValue)]
        texts = (str(value.value) if isinstance(value, ast.Constant) else "_" for value in node.values)
        self.read_text("".join(texts), node.lineno)
        self.visit_all(values)

    def read_text(self, text: str, line: int) -> None:
        """Note the names that a formula or query reads."""
        if not self.is_shown:
            for name in sorted(quoted_names(text) - {"_"}):
                self.read(name, line, optional=True)

    def visit_Load(self, node: ast.AST) -> None:
        """Nothing inside; said here because NodeVisitor would look, thousands of times."""

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """A walrus binds in the scope around comprehensions."""
        self.visit(node.value)
        self.bind(node.target.id, node.lineno, value=self.bound_value(node.value))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """`and`, `or`: only the first operand is sure to be evaluated."""
        self.state = join(self.branch(node))

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Long sums lean to the left: they are walked without recursion."""
        self.visit_all(operands(node))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """`a if test else b`."""
        true, false = self.branch(node.test)
        ends: list[State] = []
        for state, part in ((true, node.body), (false, node.orelse)):
            self.state = state
            self.visit(part)
            ends.append(self.state)
        self.state = join(ends)

    def branch(self, test: ast.expr) -> tuple[State, State]:
        """Visit a condition; return the states where it is true and where it is false."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                true, false = self.branch(operand)
                return false, true
            case ast.BoolOp(op=operator, values=values):
                return self._branch_chain(values, stops_at=isinstance(operator, ast.Or))
            case ast.Constant(value=value):
                return self._known(bool(value))
            case ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
            ):
                return self._known(True)
            case _:
                self.visit(test)
                return self.state, self.state.copy()

    def _known(self, value: bool) -> tuple[State, State]:
        dead = State(dead=True)
        return (self.state, dead) if value else (dead, self.state)

    def _branch_chain(self, values: Sequence[ast.expr], *, stops_at: bool) -> tuple[State, State]:
        stopped = State(dead=True)
        for value in values:
            true, false = self.branch(value)
            stopped.absorb(true if stops_at else false)
            self.state = false if stops_at else true
        return (stopped, self.state) if stops_at else (self.state, stopped)

    def visit_Compare(self, node: ast.Compare) -> None:
        """`a < b < c`: the third operand on only where the first comparison holds."""
        self.visit_all([node.left, node.comparators[0]])
        for operand in node.comparators[1:]:
            shortcut = self.state.copy()
            self.visit(operand)
            self.state = join((self.state, shortcut))

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        """A comprehension has a scope of its own; its first iterable is evaluated outside."""
        self._comprehension(node, [node.elt])

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """As `visit_ListComp`."""
        self._comprehension(node, [node.key, node.value])

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, results: list[ast.expr]
    ) -> None:
        generators = node.generators
        self.visit(generators[0].iter)
        around = self.scope
        inner = comprehension_scope(generators, around)
        skipped = State(dead=True)
        for index, generator in enumerate(generators):
            self.scope = inner
            if index:
                self.visit(generator.iter)
            self.bind_elements(generator.target, generator.iter)
            for condition in generator.ifs:
                self.state, false = self.branch(condition)
                skipped.absorb(false)
        self.visit_all(results)
        kind = kinds.ITERATOR if isinstance(node, ast.GeneratorExp) else kinds.CONTAINER
        self.results[id(node)] = self.holding(results, kind)
        self.scope = around
        self.state = join((self.state, skipped))

    def bind_target(self, target: ast.expr, value: Value = NOTHING) -> None:
        """Bind what stands left of `=`, behind `for` or behind `as`."""
        match target:
            case ast.Name(id=name):
                self.bind(name, target.lineno, value=value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self.bind_target(part, value.part(_shared_kind(value)))
            case ast.Starred(value=inner):
                self.bind_target(inner, holding([value], kinds.CONTAINER))
            case ast.Attribute() | ast.Subscript():
                self.change_part(target)
                self.hold(target.value, value)
            case _:
                self.visit(target)

    def bind_elements(self, target: ast.expr, iterable: ast.expr) -> None:
        """Bind what a loop over `iterable` hands out; of `zip(xs, ys)` each name gets its own."""
        elements = self.elements_of(iterable)
        parts = target.elts if isinstance(target, ast.Tuple) else []
        match iterable:
            case ast.Call(func=ast.Name(id="zip"), args=sources) if len(sources) == len(parts):
                values = [self.value_of(source).part() for source in sources]
            case ast.Call(func=ast.Name(id="enumerate"), args=[source, *_]) if len(parts) == 2:
                values = [Value(kind=kinds.SCALAR), self.value_of(source).part()]
            case ast.Call(func=ast.Attribute(attr="items")) if len(parts) == 2:
                values = [Value(kind=kinds.SCALAR), elements.part()]
            case _:
                self.bind_target(target, elements)
                return
        for part, value in zip(parts, values, strict=True):
            self.bind_target(part, value)

    def change_part(self, target: ast.Attribute | ast.Subscript) -> None:
        """An item or attribute is set or deleted."""
        self.visit(target.value)
        if isinstance(target, ast.Subscript):
            self.visit(target.slice)
        self.change(target.value)


def _shared_kind(value: Value) -> str:
    # `fig, ax = plt.subplots()`: both are drawn on.
    return kinds.DRAWING if value.kind == kinds.DRAWING else ""
