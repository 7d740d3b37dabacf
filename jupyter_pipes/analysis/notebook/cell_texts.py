"""What the text of a cell tells by itself: its words, loop counters, what it is without decorators."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from jupyter_pipes.analysis.cell.scopes import Bindings, declared_global
from jupyter_pipes.analysis.cell.source import CellCode, parse_cell
from jupyter_pipes.analysis.quoted_code import text_names

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@lru_cache(maxsize=8192)
def parsed(source: str) -> CellCode:
    """Return the cell's code in Python; nothing where it cannot be read."""
    # The analysis of the cell's names says what is wrong with it.
    try:
        return parse_cell(source)
    except (SyntaxError, ValueError, RecursionError):
        return CellCode((), "", ast.Module([], []))


@lru_cache(maxsize=8192)
def loop_counters(source: str) -> frozenset[str]:
    """Return the names that nothing but the targets of the cell's own `for` loops binds."""
    tree = parsed(source).tree
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


@lru_cache(maxsize=8192)
def names_in_texts(source: str) -> frozenset[str]:
    """Return the names in the code's string literals, for helpers that evaluate what they are given."""
    return text_names(parsed(source).tree)


@lru_cache(maxsize=8192)
def undecorated(source: str) -> str:
    """Return the code without decorators of definitions on its top level; the lines stay."""
    lines = source.splitlines(keepends=True)
    for node in parsed(source).tree.body:
        if isinstance(node, _DEFINITIONS) and node.decorator_list:
            above = slice(min(each.lineno for each in node.decorator_list) - 1, node.lineno - 1)
            lines[above] = ["\n"] * len(lines[above])
    return "".join(lines)


def mentioned(source: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that occur in the code, so that its analysis stays cached."""
    return names & words(source) if names else names


@lru_cache(maxsize=8192)
def words(source: str) -> frozenset[str]:
    """Return the words of the code that may be names."""
    return frozenset(re.findall(r"[^\W\d]\w*", source))
