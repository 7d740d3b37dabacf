"""What a step's function binds for sure, and how its inner functions reach its names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def surely_bound(statements: Iterable[ast.stmt], *, loops_run: bool = False) -> set[str]:
    """Return the names that are bound after the statements, whatever path they took.

    Args:
        loops_run: whether every `for` loop at the top counts as one that runs at least once.
    """
    bound: set[str] = set()
    for statement in statements:
        if loops_run and isinstance(statement, (ast.For, ast.AsyncFor)):
            bound |= _targets(statement.target) | surely_bound(statement.body, loops_run=True)
        bound |= _bound_by(statement)
        bound -= _deleted_by(statement)
    return bound


def with_nonlocal(code: str, local: set[str]) -> str:
    """Make `global x` in inner functions `nonlocal x` where `x` is a name of the function around them."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Global) and local & set(node.names):
            inner = [name for name in node.names if name in local]
            outer = [name for name in node.names if name not in local]
            new = f"nonlocal {', '.join(inner)}" + (f"; global {', '.join(outer)}" if outer else "")
            segment = ast.get_source_segment(code, node) or ""
            lines = code.split("\n")
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line[: node.col_offset] + line[node.col_offset :].replace(
                segment, new, 1
            )
            code = "\n".join(lines)
    return code


def _bound_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.If():
            return _walrus(node.test) | (surely_bound(node.body) & surely_bound(node.orelse))
        case ast.For() | ast.AsyncFor():
            runs = _is_not_empty(node.iter)
            return _walrus(node.iter) | (_targets(node.target) | surely_bound(node.body) if runs else set())
        case ast.While():
            return _walrus(node.test)
        case ast.With() | ast.AsyncWith():
            names = {
                name for item in node.items if item.optional_vars for name in _targets(item.optional_vars)
            }
            return names | surely_bound(node.body)
        case ast.Try() | ast.TryStar():
            return _bound_by_try(node)
        case ast.Match():
            return _bound_by_match(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        case _:
            return _targets(node) | _walrus(node)


def _bound_by_try(node: ast.Try | ast.TryStar) -> set[str]:
    # A handler that ends in `raise` leaves no path behind the statement.
    ways = [surely_bound([*node.body, *node.orelse])]
    ways += [
        surely_bound(handler.body) - {handler.name or ""}
        for handler in node.handlers
        if not isinstance(handler.body[-1], ast.Raise)
    ]
    return _in_all(ways) | surely_bound(node.finalbody)


def _bound_by_match(node: ast.Match) -> set[str]:
    ways = [surely_bound(case.body) for case in node.cases]
    last = node.cases[-1]
    complete = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    return _in_all(ways) if complete else set()


def _in_all(ways: list[set[str]]) -> set[str]:
    return {name for name in ways[0] if all(name in way for way in ways)}


def _is_not_empty(node: ast.expr) -> bool:
    match node:
        case ast.List(elts) | ast.Tuple(elts) | ast.Set(elts):
            return any(not isinstance(element, ast.Starred) for element in elts)
        case ast.Call(func=ast.Name("range"), args=[ast.Constant(int() as stop)]):
            return stop > 0
        case ast.Call(func=ast.Name("enumerate" | "sorted" | "reversed"), args=[inner, *_]):
            return _is_not_empty(inner)
        case _:
            return False


def _targets(node: ast.AST) -> set[str]:
    """Names stored to, outside of inner scopes."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(
        node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)
    ):
        return set()
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    return set[str]().union(*map(_targets, ast.iter_child_nodes(node)))


def _walrus(node: ast.AST) -> set[str]:
    """Names that `:=` surely binds: not those behind `and`, `or` and `if … else`, nor in comprehensions."""
    match node:
        case ast.NamedExpr():
            return {node.target.id} | _walrus(node.value)
        case ast.BoolOp():
            return _walrus(node.values[0])
        case ast.IfExp():
            return _walrus(node.test)
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return set()
        case _:
            return set[str]().union(*map(_walrus, ast.iter_child_nodes(node)))


def _deleted_by(node: ast.stmt) -> set[str]:
    names = (name for name in ast.walk(node) if isinstance(name, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Del)}
