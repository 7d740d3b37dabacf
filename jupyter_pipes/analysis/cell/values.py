"""What is known of the values of expressions: whose objects they are, and what calls do to them."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from itertools import chain

from msgspec import structs

from jupyter_pipes.analysis.cell.record import CellRecord
from jupyter_pipes.analysis.cell.scopes import Scope
from jupyter_pipes.analysis.cell.tracking import Tracking, root_name
from jupyter_pipes.analysis.effects import functions, kinds
from jupyter_pipes.analysis.effects.expansion import outcome
from jupyter_pipes.analysis.effects.methods import COLLECTION_MUTATORS, PUTTING, Use
from jupyter_pipes.analysis.effects.summaries import Call
from jupyter_pipes.analysis.effects.values import NOTHING, PARTS, RESULT, Value, holding, union
from jupyter_pipes.system.patterns import pattern

_SELECTION = pattern(
    r"(is|has|not|low|high)_\w+|\w*(mask|cond|idx|index|cols?|columns|features|filter|sel|names|keep|rows)\d*"
)
"""Names by which people select from tables: the selection is a copy."""

_VIEWS = frozenset({"T", "real", "imag"})
"""Attributes of arrays that share their memory."""

numbers = itertools.count(1)
"""Numbers for the keys of calls and functions: a key is one in the whole process."""


class Values(Tracking):
    """Knows the values of expressions that have been visited.

    Attributes:
        results: node -> value, where that cannot be found again later: of calls, of comprehensions.
        itself: the object whose method is walked.
        base_kind: the kind of object that `super()` is there.
    """

    def __init__(self, cell: CellRecord, scope: Scope) -> None:
        super().__init__(cell, scope)
        self.results: dict[int, Value] = {}
        self.itself = NOTHING
        self.base_kind = ""

    def value_of(self, node: ast.expr | None) -> Value:
        """Return what is known of the value of an expression that has been visited."""
        match node:
            case ast.Name(id=name):
                return self.value_of_name(name)
            case ast.Attribute(value=value, attr=attr) if id(node) not in self.results:
                of = self.value_of(value)
                return of.part(of.kind if of.kind == kinds.ARRAY and attr in _VIEWS else "")
            case ast.Subscript(value=value):
                return self._item(node, self.value_of(value))
            case ast.Starred(value=value) | ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.value_of(value)
            case ast.IfExp(body=first, orelse=second):
                return union((self.value_of(first), self.value_of(second)))
            case ast.BoolOp(values=parts):
                return union(map(self.value_of, parts))
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self.holding(parts, kinds.CONTAINER)
            case ast.Dict(values=parts):
                return self.holding(parts, kinds.CONTAINER)
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return Value(kind=kinds.SCALAR)
            case None:
                return NOTHING
            case _:
                return self.results.get(id(node), NOTHING)

    def _item(self, node: ast.Subscript, value: Value) -> Value:
        if isinstance(node.slice, ast.Slice) and value.kind in ("", kinds.CONTAINER):
            return value.part(kinds.SLICE)
        is_view = value.kind == kinds.ARRAY and isinstance(node.slice, ast.Slice)
        return value.part(value.kind if is_view or value.kind == kinds.DRAWING else "")

    def holding(self, nodes: Iterable[ast.expr], kind: str) -> Value:
        """Return a fresh object with the values of these expressions inside.

        A field of another object (`[row["n"] for row in rows]`) does not count: it is mostly a number.
        """
        values = ((node, self.value_of(node)) for node in nodes)
        return holding(
            (each for node, each in values if isinstance(node, ast.Name) or not each.is_part), kind
        )

    def bound_value(self, node: ast.expr) -> Value:
        """Return what is known of a name that is bound to the value of this expression."""
        value = self.value_of(node)
        if isinstance(node, ast.Subscript) and _is_copied(node, self.value_of(node.value).kind):
            return NOTHING
        return value

    def elements_of(self, node: ast.expr) -> Value:
        """Return what a loop over this expression hands out; an iterator is used up by it."""
        value = self.value_of(node)
        if value.kind == kinds.ITERATOR:
            self.note_changed(value.names, surely=False)
        steps = self.method_call(value, "__iter__", node)
        return union((value.part(), *((steps.part(),) if steps.is_traced else ())))

    def hold(self, node: ast.expr, value: Value) -> None:
        """The object that `node` is, or is a part of, gets a value put into it."""
        root = root_name(node)
        if root is None or not value.is_traced or self.state.dead or self.is_module(root.id):
            return
        owner = self.scope.owner(root.id)
        key = root.id if owner is None else owner.key(root.id)
        container = self.value_of_name(root.id)
        self.state.values[key] = structs.replace(container, holds=container.holds | value.reached)

    def change(self, node: ast.expr, *, surely: bool = True) -> None:
        """The object that `node` is is changed in place here."""
        self.note_root(node, surely=surely)
        self.note_changed(self.value_of(node).names, surely=surely)

    # ---- calls

    def call_of(self, node: ast.Call, use: Use) -> Call:
        """Return a call whose parts have been visited."""
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        positional = tuple(self.value_of(part) for part in node.args if not isinstance(part, ast.Starred))
        callee, receiver, unbound = NOTHING, None, False
        match node.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                receiver = self.itself.of_kind(self.base_kind)
            case ast.Attribute(value=owner) if functions.is_class(owner) and positional:
                receiver, unbound = self._of_class(positional[0], owner), True
            case ast.Attribute(value=owner):
                receiver = None if self.is_of_module(owner) else self.value_of(owner)
            case function:
                callee = self.value_of(function)
        changed = functions.changed_arguments(node, name, use, is_method=receiver is not None and not unbound)
        return Call(
            node,
            self.new_key(RESULT),
            name,
            callee,
            receiver,
            positional,
            tuple((part.arg, self.value_of(part.value)) for part in node.keywords if part.arg),
            self._spread(node),
            Value(frozenset(chain.from_iterable(value.names for value in self.values_of(changed)))),
            use,
            unbound,
        )

    def _of_class(self, value: Value, owner: ast.expr) -> Value:
        name = getattr(owner, "id", "")
        return value.of_kind(kinds.INSTANCE + name) if name in self.cell.repertoire.classes else value

    def _spread(self, node: ast.Call) -> Value:
        starred = [self.value_of(part.value) for part in node.args if isinstance(part, ast.Starred)]
        starred += [self.value_of(part.value) for part in node.keywords if part.arg is None]
        return union(value.part() for value in starred if value.is_traced)

    def is_of_module(self, node: ast.expr) -> bool:
        """Whether it is a module, or something in one."""
        root = root_name(node)
        return root is not None and self.is_module(root.id)

    def note_put(self, call: Call) -> None:
        """`xs.append(y)` puts `y` into `xs`."""
        if call.name in PUTTING and isinstance(call.node.func, ast.Attribute):
            self.hold(call.node.func.value, self.holding(call.node.args, ""))

    def note_module_call(self, node: ast.Call) -> None:
        """`sys.path.append(…)` changes what a module has."""
        if not (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Attribute)):
            return
        root = root_name(node.func.value)
        if root is not None and node.func.attr in COLLECTION_MUTATORS and self.is_module(root.id):
            self.cell.note_module_change(root.id, root.lineno)

    def method_call(self, receiver: Value, method: str, node: ast.expr) -> Value:
        """A method of the notebook's own classes is called here without being written as a call."""
        if not (receiver.is_traced and self.cell.repertoire.methods(receiver.kind, method)):
            return NOTHING
        call = ast.copy_location(ast.Call(node, [], []), node)
        return self.perform(Call(call, self.new_key(RESULT), method, NOTHING, receiver))

    def perform(self, call: Call) -> Value:
        """A call happens here; return what it gives."""
        if self.state.dead:
            return NOTHING
        if self.in_function and any(value.is_traced for value in call.values):
            # What it does hangs on what the function is handed.
            self.facts.calls.append(call)
            return Value(frozenset({call.key}), frozenset({call.key + PARTS}))
        happens = outcome(call, self.cell.repertoire, self.value_of_name)
        self.note_changed(happens.changed, surely=False)
        return happens.value

    def new_key(self, mark: str, name: str = "") -> str:
        """Return a key that nothing else has."""
        return f"{mark}{next(numbers)}.{name}"

    def values_of(self, nodes: Iterable[ast.expr]) -> tuple[Value, ...]:
        """Return the values of several expressions."""
        return tuple(map(self.value_of, nodes))


def _is_copied(node: ast.Subscript, kind: str) -> bool:
    """Whether `x[…]` is most likely an object of its own, as selections from tables are."""
    if kind in kinds.COPIED_BY_INDEX:
        return True
    match node.slice:
        case ast.Slice(lower=None, upper=None):
            # `xs[:]` is how people copy a list.
            return kind != kinds.ARRAY
        case ast.Constant() | ast.UnaryOp(op=ast.USub()) | ast.Slice():
            return False
        case ast.Name(id=name):
            return _SELECTION.fullmatch(name) is not None
        case ast.Tuple(elts=parts):
            return any(isinstance(part, ast.List | ast.Compare) for part in parts)
        case ast.List() | ast.Compare() | ast.BoolOp() | ast.UnaryOp():
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return True
        case _:
            return False
