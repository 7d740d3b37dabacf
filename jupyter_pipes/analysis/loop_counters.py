"""Names that only count a cell's loops: nobody means them as results."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from jupyter_pipes.analysis.cell.scopes import Bindings, declared_global
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.quoted_code import expression_names
from jupyter_pipes.model.steps import Step
from jupyter_pipes.system.memory import remembered


@remembered
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


def without_counters(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield the steps without what only counted loops in `writes`, unless a step reads it.

    Where one step keeps a name all do: else the value of an earlier step would stand for it.
    """
    read = {(owner, name) for step in steps for name, owner in step.reads.items()}
    noise = {step.name: _noise(step) for step in steps}
    kept = {
        name
        for step in steps
        for name in step.writes
        if name not in noise[step.name] or (step.name, name) in read
    }
    for step in steps:
        writes = (name for name in step.writes if name not in noise[step.name] or name in kept)
        yield replace(step, writes=tuple(writes))


def _noise(step: Step) -> frozenset[str]:
    asked_for = expression_names(step.options.repeat_while)
    return loop_counters(step.body) - set(step.options.outputs or ()) - set(step.reads) - asked_for
