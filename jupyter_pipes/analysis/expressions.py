"""One walk over expressions in the order in which Python evaluates them: reads, bindings, mutations."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Sequence

from jupyter_pipes.analysis import mutation
from jupyter_pipes.analysis.record import CellRecord, Facts
from jupyter_pipes.analysis.scopes import Scope, comprehension_scope
from jupyter_pipes.analysis.state import State, join

BUILTINS = frozenset(dir(builtins)) - {"copyright", "credits", "license", "_"} | {
    "__class__",
    "__module__",
    "__qualname__",
    "__annotations__",
    "display",
    "exit",
    "get_ipython",
    "quit",
}
"""Names that are there without any cell binding them (`credits` and its like are only the site's toys)."""

_QUERY_NAME = re.compile(r"@([^\W\d]\w*)")
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_SHELL_ATTRIBUTES = frozenset({"user_ns", "user_global_ns"})
_SHELL_METHODS = frozenset({"run_cell", "run_cell_async", "run_code", "ex", "push", "safe_execfile"})


class Expressions(ast.NodeVisitor):
    """Walks expressions of one scope, keeping `state` true for the point that is reached.

    Attributes:
        cell: what is known of the whole cell, shared by all walks over it.
        scope: the scope that names are looked up in.
        facts: what this walk found.
        state: what is bound at the point reached.
    """

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        self.cell = cell
        self.scope = scope
        self.facts = Facts()
        self.state = State()
        self.catching: list[State] = []
        self._thrown_away: set[int] = set()

    # ---- names

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

    def _read_outside(self, name: str, line: int, optional: bool) -> None:
        if name in self.state.definite or self.is_builtin(name):
            return
        optional = optional or name in self.state.possible
        (self.facts.optional if optional else self.facts.reads).setdefault(name, line)

    def is_builtin(self, name: str) -> bool:
        """Whether `name` is there without any cell binding it."""
        return name in BUILTINS and name not in self.cell.shadowed

    def bind(self, name: str, line: int, kind: str = "value", origins: frozenset[str] = frozenset()) -> None:
        """Note that `name` is bound here."""
        if self.state.dead:
            return
        owner = self.scope.owner(name)
        if owner is None:
            self.cell.add_binding(name, line, kind)
        self.state.bind(name if owner is None else owner.key(name), origins)
        self._note_for_handlers()

    def unbind(self, name: str, line: int) -> None:
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

    def outside_names(self, name: str) -> frozenset[str]:
        """Return the names from outside the cell whose object `name` may be."""
        owner = self.scope.owner(name)
        key = name if owner is None else owner.key(name)
        origins = self.state.origins.get(key, frozenset())
        if owner is None and key not in self.state.definite and not self.is_builtin(name):
            return origins | {name}
        return origins

    def mutate(self, target: ast.expr, *, surely: bool = True) -> None:
        """Note that the object that `target` is a part of is changed in place here."""
        root = mutation.root_name(target)
        if root is None or self.state.dead:
            return
        if self._is_module(root.id):
            if surely:
                self.cell.note_module_change(root.id, root.lineno)
            return
        if surely and self.scope.owner(root.id) is None:
            self.cell.changed_in_place.add(root.id)
        found = self.facts.mutates if surely else self.facts.maybe_mutates
        found.update(self.outside_names(root.id) - self.cell.modules)

    def _is_module(self, name: str) -> bool:
        if self.scope.owner(name) is not None:
            return False
        if name in self.state.possible:
            return self.cell.is_import(name)
        return name in self.cell.modules or self.cell.is_import(name)

    # ---- expressions

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit the nodes that are there, in order."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        """A name in a load context, used as a value."""
        self.read(node.id, node.lineno)
        self._use_function(node.id, called=False)
        if node.id in _NAMESPACES and self._is_pythons_own(node.id):
            self.opaque(f"{node.id} is used as a value", node.lineno)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """A walrus binds in the scope around comprehensions."""
        self.visit(node.value)
        self.bind(node.target.id, node.lineno, origins=self.origins_of(node.value))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """`and`, `or`: only the first operand is sure to be evaluated."""
        self.state = join(self.branch(node))

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
        if self._asks_for_global(node):
            return
        self.visit_all([node.left, node.comparators[0]])
        for operand in node.comparators[1:]:
            shortcut = self.state.copy()
            self.visit(operand)
            self.state = join((self.state, shortcut))

    def _asks_for_global(self, node: ast.Compare) -> bool:
        match node:
            case ast.Compare(
                left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[mapping]
            ):
                if self._namespace_call(mapping):
                    self.read(name, node.lineno, optional=True)
                    return True
            case _:
                pass
        return False

    def _namespace_call(self, node: ast.expr) -> bool:
        """Whether `node` is `globals()`, or `locals()` or `vars()` at the cell's own level."""
        match node:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in _NAMESPACES:
                inside = any(scope.kind == "function" for scope in self._scopes())
                return self.scope.owner(name) is None and (name == "globals" or not inside)
            case _:
                return False

    def _scopes(self) -> list[Scope]:
        chain: list[Scope] = [self.scope]
        while (parent := chain[-1].parent) is not None:
            chain.append(parent)
        return chain

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """`globals()["x"]` reads `x`."""
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if self._namespace_call(
                value
            ):
                self.read(name, node.lineno)
            case _:
                self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The namespace of the shell is everybody's."""
        if node.attr in _SHELL_ATTRIBUTES:
            self.opaque(f"{node.attr} holds all names of the notebook", node.lineno)
        self.visit(node.value)

    # ---- comprehensions

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        """A comprehension has a scope of its own; its first iterable is evaluated outside."""
        self._comprehension(node.generators, [node.elt])

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """As `visit_ListComp`."""
        self._comprehension(node.generators, [node.key, node.value])

    def _comprehension(self, generators: list[ast.comprehension], results: list[ast.expr]) -> None:
        self.visit(generators[0].iter)
        around = self.scope
        inner = comprehension_scope(generators, around)
        skipped = State(dead=True)
        for index, generator in enumerate(generators):
            self.scope = inner
            if index:
                self.visit(generator.iter)
            self.bind_target(generator.target, self.elements_of(generator.iter))
            for condition in generator.ifs:
                self.state, false = self.branch(condition)
                skipped.absorb(false)
        self.visit_all(results)
        self.scope = around
        self.state = join((self.state, skipped))

    # ---- targets

    def bind_target(self, target: ast.expr, origins: frozenset[str] = frozenset()) -> None:
        """Bind what stands left of `=`, behind `for` or behind `as`."""
        match target:
            case ast.Name(id=name):
                self.bind(name, target.lineno, origins=origins)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self.bind_target(part, origins)
            case ast.Starred(value=value):
                self.bind_target(value)
            case ast.Attribute() | ast.Subscript():
                self.change_part(target)
            case _:
                self.visit(target)

    def change_part(self, target: ast.Attribute | ast.Subscript) -> None:
        """An item or attribute is set or deleted."""
        if self._namespace_call(target.value):
            self.opaque("globals() is changed by hand", target.lineno)
            return
        self.visit(target.value)
        if isinstance(target, ast.Subscript):
            self.visit(target.slice)
        self.mutate(target)

    def origins_of(self, value: ast.expr) -> frozenset[str]:
        """Return the names from outside whose very object `value` is."""
        return self.outside_names(value.id) if isinstance(value, ast.Name) else frozenset()

    def elements_of(self, iterable: ast.expr) -> frozenset[str]:
        """Return the names from outside whose elements a loop over `iterable` hands out."""
        return frozenset().union(*(self.outside_names(name) for name in mutation.iterated_names(iterable)))

    # ---- calls

    def visit_Call(self, node: ast.Call) -> None:
        """A call reads its parts, and may change its object or run code that is not in sight."""
        thrown_away = id(node) in self._thrown_away
        if self._special_call(node):
            return
        if isinstance(node.func, ast.Name):
            self.read(node.func.id, node.func.lineno)
        else:
            self.visit(node.func)
        self.visit_all([*node.args, *node.keywords])
        self._mutations(node, thrown_away)
        if isinstance(node.func, ast.Name):
            self._use_function(node.func.id, called=True)

    def _special_call(self, node: ast.Call) -> bool:
        """Handle the calls that say more than their parts; return whether that was all."""
        match node.func:
            case ast.Name(id="exec" | "eval" | "setattr" | "delattr" | "globals" | "locals" | "vars" as name):
                if self._is_pythons_own(name):
                    return self._builtin_call(node, name)
            case ast.Attribute(value=namespace, attr="get") if self._namespace_call(namespace):
                return self._namespace_get(node)
            case ast.Attribute(attr="query" | "eval") if node.args:
                self._query_names(node.args[0])
            case ast.Attribute(attr=attribute) if attribute in _SHELL_METHODS and self._is_shell(
                node.func.value
            ):
                self.opaque(f"get_ipython().{attribute} runs code that is not in the cell", node.lineno)
            case _:
                pass
        return False

    def _is_pythons_own(self, name: str) -> bool:
        return self.scope.owner(name) is None and name not in self.state.possible and self.is_builtin(name)

    def _is_shell(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id="get_ipython")):
                return True
            case ast.Name(id="ip" | "ipython" | "shell"):
                return True
            case _:
                return False

    def _builtin_call(self, node: ast.Call, name: str) -> bool:
        if name in _NAMESPACES:
            if self._namespace_call(node):
                self.opaque(f"{name}() holds all names of the notebook", node.lineno)
            self.visit_all([*node.args, *node.keywords])
            return True
        if name in ("setattr", "delattr"):
            if node.args:
                self.mutate(node.args[0])
            return False
        match node.args:
            case [ast.Constant(value=str(text))] if name == "eval":
                self.visit_text(text, node.lineno)
            case _:
                self.opaque(f"{name}() runs text that is not in sight", node.lineno)
        return False

    def visit_text(self, text: str, line: int, *, optional: bool = False) -> None:
        """Visit an expression that stands in a string on `line`."""
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError:
            return
        for node in ast.walk(tree):
            if hasattr(node, "lineno"):
                node.lineno = line  # pyright: ignore[reportAttributeAccessIssue] (ast.AST does not declare it)
        if not optional:
            self.visit(tree.body)
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                self.read(node.id, line, optional=True)

    def _namespace_get(self, node: ast.Call) -> bool:
        match node.args:
            case [ast.Constant(value=str(name)), *rest]:
                self.read(name, node.lineno, optional=True)
                self.visit_all(rest)
                return True
            case _:
                return False

    def _query_names(self, text: ast.expr) -> None:
        # pandas looks up `@name` where the method was called.
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            for name in _QUERY_NAME.findall(text.value):
                self.read(name, text.lineno)

    def _mutations(self, node: ast.Call, thrown_away: bool) -> None:
        for argument in mutation.mutated_arguments(node, thrown_away=thrown_away):
            self.mutate(argument, surely=False)
        match node.func:
            case ast.Attribute(value=receiver, attr=method):
                if mutation.is_mutator(node, method, thrown_away=thrown_away):
                    if isinstance(receiver, ast.Attribute) and method in mutation.COLLECTION_MUTATORS:
                        self._note_module_collection(receiver)
                    self.mutate(receiver, surely=False)
            case _:
                pass

    def _note_module_collection(self, receiver: ast.Attribute) -> None:
        root = mutation.root_name(receiver)
        if root is not None and self._is_module(root.id):
            self.cell.note_module_change(root.id, root.lineno)

    def throw_away(self, value: ast.expr) -> None:
        """Note that nobody uses the value of this expression."""
        self._thrown_away.update(id(call) for call in mutation.thrown_away_calls(value))

    def opaque(self, why: str, line: int) -> None:
        """Note that something here cannot be seen."""
        if not self.state.dead:
            self.cell.note_opaque(why, line)

    def _use_function(self, name: str, *, called: bool) -> None:
        """A function of this cell is called here, or handed to somebody who may call it."""
        if self.state.dead or self.scope.owner(name) is not None:
            return
        for facts in self.cell.reachable(name):
            self._apply(facts, surely=called and not facts.lazy)

    def _apply(self, facts: Facts, *, surely: bool) -> None:
        for name, line in facts.reads.items():
            optional = not surely or name in self.cell.assigned_by_functions
            self._read_outside(name, line, optional)
        for name, line in facts.optional.items():
            self._read_outside(name, line, True)
        self.facts.mutates.update(facts.mutates - self.state.definite)
        self.facts.maybe_mutates.update(facts.maybe_mutates - self.state.definite)
        self.state.definite -= facts.deleted
        for name in facts.exit.possible:
            if surely and name in facts.exit.definite:
                self.state.bind(name)
            else:
                self.state.bind_perhaps(name)
        if facts.exit.possible or facts.deleted:
            self._note_for_handlers()
