"""Functions and classes: what runs now, and what whoever calls them will find."""

from __future__ import annotations

import ast

from jupyter_pipes.analysis.cell.flow import Flow
from jupyter_pipes.analysis.cell.record import CellRecord, Facts
from jupyter_pipes.analysis.cell.scopes import FunctionNode, Scope, arguments_of, body_scope


class Definitions(Flow):
    """Walks statements with the functions and classes among them."""

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        super().__init__(cell, scope)
        self._inner: list[Facts] = []

    def finish(self) -> Facts:
        """As `Flow.finish`, with what the functions defined in this one do."""
        super().finish()
        if self.scope.kind == "function":
            for inner in self._inner:
                self._include(inner)
        return self.facts

    def _include(self, inner: Facts) -> None:
        """Whoever calls this function may call the functions that it defines."""
        for name, line in (*inner.reads.items(), *inner.optional.items()):
            if name not in self.facts.exit.definite:
                self.facts.optional.setdefault(name, line)
        self.facts.mutates |= inner.mutates
        self.facts.maybe_mutates |= inner.maybe_mutates
        self.facts.exit.possible |= inner.exit.possible

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function: its body runs later, its defaults and decorators now."""
        self.visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        facts = self._function_facts(node)
        for argument in arguments_of(node.args):
            self.visit_annotation(argument.annotation)
        self.visit_annotation(node.returns)
        self.bind(node.name, node.lineno, "definition")
        self._add_function(node.name, facts)
        if node.decorator_list:
            self.apply(facts, surely=False)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Assign(self, node: ast.Assign) -> None:
        """`f = lambda: …` is a `def` in other words."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                self._visit_defaults(function.args)
                self._add_function(name, self._function_facts(function))
                self.bind(name, node.lineno)
            case _:
                super().visit_Assign(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A function without a name: somebody may call it at once."""
        self._visit_defaults(node.args)
        facts = self._function_facts(node)
        self._defer(facts)
        self.apply(facts, surely=False)

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        self.visit_all([*arguments.defaults, *arguments.kw_defaults])

    def _function_facts(self, node: FunctionNode) -> Facts:
        inner = type(self)(self.cell, body_scope(node, self.scope))
        if isinstance(node, ast.Lambda):
            inner.visit(node.body)
        else:
            inner.walk(node.body)
        facts = inner.finish()
        facts.lazy |= isinstance(node, ast.AsyncFunctionDef)
        return facts

    def _add_function(self, name: str, facts: Facts) -> None:
        if self.scope.owner(name) is None:
            self.cell.functions.setdefault(name, []).append(facts)
        self._defer(facts)

    def _defer(self, facts: Facts) -> None:
        """Keep what a function reads until it is known what is bound in the end."""
        if self.state.dead:
            return
        self.cell.deferred.append(facts)
        self._inner.append(facts)

    def visit_Yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        """Calling a generator function runs nothing yet."""
        self.facts.lazy = True
        self.generic_visit(node)

    visit_YieldFrom = visit_Yield

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class: its body runs now, in a scope that its methods do not see."""
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        first_method = len(self.cell.deferred)
        around = self.scope
        self.scope = body_scope(node, around)
        self.walk(node.body)
        self.scope = around
        self.bind(node.name, node.lineno, "definition")
        methods = self.cell.deferred[first_method:]
        if around.owner(node.name) is None:
            for facts in methods:
                facts.lazy = True
            self.cell.functions.setdefault(node.name, []).extend(methods)
