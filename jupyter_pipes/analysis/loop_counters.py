"""Names that only count a cell's loops: nobody means them as results."""

from __future__ import annotations

import ast
from functools import lru_cache

from jupyter_pipes.analysis.cell.scopes import Bindings, declared_global
from jupyter_pipes.analysis.literals import tree_of


@lru_cache(maxsize=8192)
def loop_counters(source: str) -> frozenset[str]:
    """Return the names that nothing but the targets of the cell's own `for` loops binds."""
    tree = tree_of(source) or ast.Module([], [])
    counters = _Counters()
    counters.visit(tree)
    return frozenset(counters.targets - counters.bound - declared_global(tree))


class _Counters(Bindings):
    """Collects the targets of `for` loops apart from all else that the cell binds."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The targets do not count as bound."""
        names = (name for name in ast.walk(node.target) if isinstance(name, ast.Name))
        self.targets |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
        self.visit_all([node.iter, *node.body, *node.orelse])

    visit_AsyncFor = visit_For
