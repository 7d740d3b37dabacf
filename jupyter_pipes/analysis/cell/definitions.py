"""Functions and classes: what runs now, and what whoever calls them will find."""

from __future__ import annotations

import ast

from msgspec import structs

from jupyter_pipes.analysis.cell.flow import Flow
from jupyter_pipes.analysis.cell.record import CellRecord, Facts
from jupyter_pipes.analysis.cell.scopes import FunctionNode, Scope, arguments_of, body_scope
from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.parameters import Parameters, parameter_keys, parameter_values
from jupyter_pipes.analysis.effects.summaries import Call, ClassSummary, Summary
from jupyter_pipes.analysis.effects.values import FUNCTION, NOTHING, RESULT, Value, union


class Definitions(Flow):
    """Walks statements with the functions and classes among them."""

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        super().__init__(cell, scope)
        self.is_getter = False
        self._inner: list[Facts] = []
        self._methods: list[tuple[str, Summary]] = []
        self._properties: set[str] = set()

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
        self.facts.changes |= inner.changes
        self.facts.augments |= inner.augments
        self.facts.calls += inner.calls
        self.facts.exit.possible |= inner.exit.possible

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function: its body runs later, its defaults and decorators now."""
        self.visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        facts = self._function_facts(node)
        for argument in arguments_of(node.args):
            self.visit_annotation(argument.annotation)
        self.visit_annotation(node.returns)
        function = self._decorated(node, self._known_function(node.name, facts))
        self.bind(node.name, node.lineno, "definition", function)
        self._add_function(node.name, facts)
        if self.scope.kind == "class":
            self._add_method(node, facts.summary)
        if node.decorator_list:
            self.apply(facts, surely=False)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _known_function(self, name: str, facts: Facts) -> Value:
        key = self.new_key(FUNCTION, name)
        self.cell.repertoire.add_function(key, facts.summary)
        return Value(frozenset({key}))

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, made: Value) -> Value:
        """Return what decorators make of a function; they may put it somewhere, or call it."""
        for decorator in reversed(node.decorator_list):
            self._register(decorator)
            call = ast.copy_location(ast.Call(decorator, [], []), decorator)
            callee = self.value_of(decorator)
            given = self.perform(Call(call, self.new_key(RESULT), "", callee, positional=(made,), use="lost"))
            made = union((made, given))
        return made

    def _register(self, decorator: ast.expr) -> None:
        """`@show.register`, `@app.route("/")`: the object that has it gets to know the function."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(function, ast.Attribute) and not self.is_of_module(function):
            self.note_changed(self.value_of(function.value).names, surely=False)

    def _add_method(self, node: ast.FunctionDef | ast.AsyncFunctionDef, summary: Summary) -> None:
        marks = {getattr(mark, "id", getattr(mark, "attr", "")) for mark in node.decorator_list}
        if marks & {"setter", "deleter", "cached_property"}:
            return
        if marks & {"staticmethod", "classmethod"}:
            first = summary.positional[1:] if "classmethod" in marks else summary.positional
            summary = structs.replace(summary, binds_self=False, positional=first)
        if "property" in marks:
            self._properties.add(node.name)
        self._methods.append((node.name, summary))

    def visit_Assign(self, node: ast.Assign) -> None:
        """`f = lambda: …` is a `def` in other words."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                self._visit_defaults(function.args)
                facts = self._function_facts(function)
                self._add_function(name, facts)
                self.bind(name, node.lineno, value=self._known_function(name, facts))
            case _:
                super().visit_Assign(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A function without a name: somebody may call it at once."""
        self._visit_defaults(node.args)
        facts = self._function_facts(node)
        self.results[id(node)] = self._known_function("", facts)
        self._defer(facts)
        self.apply(facts, surely=False)

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        self.visit_all([*arguments.defaults, *arguments.kw_defaults])

    def _function_facts(self, node: FunctionNode) -> Facts:
        scope = body_scope(node, self.scope)
        inner = type(self)(self.cell, scope)
        inner.in_function = True
        inner.is_getter = _is_getter(node)
        inner.base_kind = self.base_kind
        # Values of functions around it; the module's names are looked up when it is called.
        inner.state.values = {key: value for key, value in self.state.values.items() if "." in key}
        parameters = parameter_keys(node.args, scope.key)
        inner.state.values.update(parameter_values(parameters))
        if self.scope.kind == "class" and parameters.positional:
            inner.itself = inner.state.values[parameters.positional[0][1]]
        if isinstance(node, ast.Lambda):
            inner.visit(node.body)
            inner.facts.gives.append(inner.value_of(node.body))
        else:
            inner.walk(node.body)
        facts = inner.finish()
        facts.summary = _summary(facts, parameters, node)
        facts.lazy |= isinstance(node, ast.AsyncFunctionDef)
        return facts

    def change_part(self, target: ast.Attribute | ast.Subscript) -> None:
        """A property that fills a cache of its object leaves it as it is for everybody else."""
        if self.is_getter and isinstance(target, ast.Attribute) and target.attr.startswith("_"):
            self.visit(target.value)
        else:
            super().change_part(target)

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
        self.facts.lazy = self.facts.is_generator = True
        self.generic_visit(node)
        self.facts.gives.append(self.value_of(node.value))

    visit_YieldFrom = visit_Yield

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class: its body runs now, in a scope that its methods do not see."""
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        first_method = len(self.cell.deferred)
        around = self.scope, self._methods, self._properties, self.base_kind
        self._methods, self._properties = [], set()
        bases = tuple(getattr(base, "id", getattr(base, "attr", "")) for base in node.bases)
        self.base_kind = kinds.INSTANCE + bases[0] if bases else ""
        self.scope = body_scope(node, self.scope)
        self.walk(node.body)
        known = ClassSummary(bases, tuple(self._methods), frozenset(self._properties))
        self.scope, self._methods, self._properties, self.base_kind = around
        self._add_class(node, known, self.cell.deferred[first_method:])

    def _add_class(self, node: ast.ClassDef, known: ClassSummary, methods: list[Facts]) -> None:
        value = NOTHING
        if self.scope.owner(node.name) is None:
            self.cell.repertoire.add_class(node.name, known)
            value = Value(frozenset({FUNCTION + node.name}))
            for facts in methods:
                facts.lazy = True
            self.cell.functions.setdefault(node.name, []).extend(methods)
        self.bind(node.name, node.lineno, "definition", self._decorated(node, value))


def _is_getter(node: FunctionNode) -> bool:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return any(isinstance(each, ast.Name) and each.id == "property" for each in decorators)


def _summary(facts: Facts, parameters: Parameters, node: FunctionNode) -> Summary:
    """Return what a function does, in terms of its parameters."""
    read_again = _read_names(node) if facts.augments else frozenset[str]()
    unread = {key for name, key in parameters.positional if name not in read_again}
    return Summary(
        parameters.positional,
        parameters.keywords,
        parameters.rest,
        parameters.rest_named,
        # `x += y` to a parameter that nobody reads afterwards is there for the caller to see.
        frozenset(facts.changes | (facts.augments & unread)),
        frozenset(facts.augments - unread),
        tuple(facts.calls),
        union(facts.gives),
        kinds.ITERATOR if facts.is_generator else "",
        free=frozenset(facts.reads) | frozenset(facts.optional),
    )


def _read_names(node: FunctionNode) -> frozenset[str]:
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return frozenset(name.id for name in names if isinstance(name.ctx, ast.Load))
