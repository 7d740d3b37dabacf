"""Calls, which may change their object, and names that hide in strings and in `globals()`."""

from __future__ import annotations

import ast

from jupyter_pipes.analysis.cell.expressions import Expressions
from jupyter_pipes.analysis.cell.record import CellRecord
from jupyter_pipes.analysis.cell.scopes import SUBCLASSES, Scope
from jupyter_pipes.analysis.effects.methods import BOUND_MUTATORS, Use
from jupyter_pipes.analysis.effects.summaries import Call
from jupyter_pipes.analysis.effects.values import NOTHING, RESULT, union
from jupyter_pipes.analysis.quoted_code import (
    expression_names,
    query_names,
    shows_its_text,
    template_names,
)
from jupyter_pipes.analysis.syntax import expression_alone

_NAMESPACES = frozenset({"globals", "locals", "vars"})
_SHELL_ATTRIBUTES = frozenset({"user_ns", "user_global_ns"})
_SHELL_METHODS = frozenset({"run_cell", "run_cell_async", "run_code", "ex", "push", "safe_execfile"})


class Calls(Expressions):
    """Walks expressions with their calls."""

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        super().__init__(cell, scope)
        self._uses: dict[int, Use] = {}

    def visit_Call(self, node: ast.Call) -> None:
        """A call reads its parts, and may change what it is handed or run code that is not in sight."""
        if self._special_call(node):
            return
        match node.func:
            case ast.Name(id=name, lineno=line):
                self.read(name, line)
            case ast.Attribute(value=owner, attr=attr):
                self.visit(owner)
                if attr == SUBCLASSES:
                    self.read(SUBCLASSES, node.lineno, optional=True)
            case function:
                self.visit(function)
        around, self.is_shown = self.is_shown, shows_its_text(node)
        self.visit_all([*node.args, *node.keywords])
        self.is_shown = around
        self.note_module_call(node)
        call = self.call_of(node, self._uses.get(id(node), "used"))
        self.results[id(node)] = self.perform(call)
        self.note_put(call)
        if isinstance(node.func, ast.Name):
            self.use_function(node.func.id, called=True)

    def note_use(self, value: ast.expr, use: Use) -> None:
        """Note what becomes of the value of an expression that is a statement."""
        self._uses.update((id(call), use) for call in _last_calls(value))

    def _special_call(self, node: ast.Call) -> bool:
        """Handle the calls that say more than their parts; return whether that was all."""
        match node.func:
            case ast.Name(id="exec" | "eval" | "setattr" | "delattr" | "globals" | "locals" | "vars" as name):
                if self.is_pythons_own(name):
                    return self._builtin_call(node, name)
            case ast.Attribute(value=namespace, attr="get") if self._namespace_call(namespace):
                return self._namespace_get(node)
            case ast.Attribute(attr="query" | "eval" | "evaluate" as method, value=receiver) if node.args:
                self._query_names(node.args[0], method, receiver)
            case ast.Name(id="evaluate") if node.args:
                self._query_names(node.args[0], "evaluate", None)
            case ast.Attribute(value=template) if self._fills_in(node):
                self._template_names(template, node)
                return True
            case ast.Attribute(value=shell, attr=attr) if attr in _SHELL_METHODS and self._is_shell(shell):
                self.opaque(f"get_ipython().{attr} runs code that is not in the cell", node.lineno)
            case _:
                pass
        return False

    def _builtin_call(self, node: ast.Call, name: str) -> bool:
        if name in _NAMESPACES:
            if self._namespace_call(node):
                self.opaque(f"{name}() holds all names of the notebook", node.lineno)
            self.visit_all([*node.args, *node.keywords])
            self.results[id(node)] = union(self.values_of(node.args))
            return True
        if name in ("setattr", "delattr"):
            if node.args:
                self.change(node.args[0])
            return False
        match node.args:
            case [ast.Constant(value=str(text))] if name == "eval":
                self.visit_text(text, node.lineno)
            case _ if name == "eval":
                self.evaluation(node.lineno)
            case _:
                self.cell.evaluates_texts = True
                self.opaque(f"{name}() runs text that is not in sight", node.lineno)
        return False

    def _query_names(self, text: ast.expr, method: str, receiver: ast.expr | None) -> None:
        # pandas looks up `@name` where the method was called, `pd.eval` and numexpr all names.
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            return
        is_modules = isinstance(receiver, ast.Name) and self.is_module(receiver.id)
        everything = method != "query" and (is_modules or receiver is None)
        for name in sorted(query_names(text.value)):
            self.read(name, text.lineno)
        for name in sorted(expression_names(text.value)) if everything else ():
            self.read(name, text.lineno, optional=True)

    def _fills_in(self, node: ast.Call) -> bool:
        """Whether a method is given all names of the notebook, as to `"{x}".format(**globals())`."""
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        match node.func:
            case ast.Attribute(attr="format" | "format_map", value=ast.Constant(value=str())):
                return any(map(self._namespace_call, values))
            case ast.Attribute(
                attr="substitute" | "safe_substitute",
                value=ast.Call(
                    func=ast.Name(id="Template") | ast.Attribute(attr="Template"),
                    args=[ast.Constant(value=str())],
                ),
            ):
                return any(map(self._namespace_call, values))
            case _:
                return False

    def _template_names(self, template: ast.expr, filling: ast.expr) -> None:
        """The names that a template in sight fills in; it may get others by keyword."""
        text = template.args[0] if isinstance(template, ast.Call) else template
        assert isinstance(text, ast.Constant)
        names = template_names(str(text.value))
        values = [filling]
        if isinstance(filling, ast.Call):
            names -= {keyword.arg for keyword in filling.keywords if keyword.arg}
            values = [*filling.args, *(keyword.value for keyword in filling.keywords)]
        self.visit_all(
            [*([template] if isinstance(template, ast.Call) else []), *self._without_namespaces(values)]
        )
        for name in sorted(names):
            self.read(name, text.lineno)

    def _without_namespaces(self, values: list[ast.expr]) -> list[ast.expr]:
        return [value for value in values if not self._namespace_call(value)]

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """`"%(x)s" % globals()` fills in names."""
        match node:
            case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()) if self._namespace_call(node.right):
                self._template_names(node.left, node.right)
            case _:
                super().visit_BinOp(node)

    def visit_text(self, text: str, line: int, *, optional: bool = False) -> None:
        """Visit an expression that stands in a string on `line`."""
        try:
            tree = expression_alone(text.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
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

    def _is_shell(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id="get_ipython")) | ast.Name(id="ip" | "ipython" | "shell"):
                return True
            case _:
                return False

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The namespace of the shell is everybody's."""
        if node.attr in _SHELL_ATTRIBUTES:
            self.opaque(f"{node.attr} holds all names of the notebook", node.lineno)
        self.visit(node.value)
        if node.attr == SUBCLASSES:
            self.read(SUBCLASSES, node.lineno, optional=True)
        value = self.value_of(node.value)
        if node.attr == "__class__":
            in_other_words = ast.copy_location(ast.Call(node, [], []), node)
            self.results[id(node)] = self.perform(
                Call(in_other_words, self.new_key(RESULT), "type", positional=(value,))
            )
            return
        if node.attr in BOUND_MUTATORS:
            # `add = xs.append`: whoever has it may call it.
            self.note_changed(value.names, surely=False)
        given = self.method_call(value, node.attr, node)
        if self.cell.repertoire.has_property(node.attr) and given != NOTHING:
            self.results[id(node)] = given

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

    def visit_Compare(self, node: ast.Compare) -> None:
        """`"x" in globals()` asks whether `x` is there."""
        match (node.left, node.comparators):
            case (ast.Constant(value=str(name)), [mapping]) if self._namespace_call(mapping):
                self.read(name, node.lineno, optional=True)
                self.cell.asked_for.add(name)
            case _:
                super().visit_Compare(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """`globals()["x"]` reads `x`."""
        match node.slice:
            case ast.Constant(value=str(name)) if self._namespace_call(node.value):
                self.read(name, node.lineno)
            case _:
                self.visit(node.value)
                self.visit(node.slice)

    def change_part(self, target: ast.Attribute | ast.Subscript) -> None:
        """`globals()["x"] = 1` binds `x` behind everybody's back."""
        if self._namespace_call(target.value):
            self.opaque("globals() is changed by hand", target.lineno)
        else:
            super().change_part(target)

    def _namespace_get(self, node: ast.Call) -> bool:
        match node.args:
            case [ast.Constant(value=str(name)), *rest]:
                self.read(name, node.lineno, optional=True)
                self.visit_all(rest)
                return True
            case _:
                return False


def _last_calls(node: ast.expr) -> list[ast.Call]:
    """Return the calls whose value is lost when the value of `node` is."""
    match node:
        case ast.Call():
            return [node]
        case ast.Await(value=value):
            return _last_calls(value)
        case ast.IfExp(body=body, orelse=orelse):
            return [*_last_calls(body), *_last_calls(orelse)]
        case ast.BoolOp(values=values):
            return _last_calls(values[-1])
        case ast.ListComp(elt=element) | ast.SetComp(elt=element):
            return _last_calls(element)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [call for part in parts for call in _last_calls(part)]
        case _:
            return []
