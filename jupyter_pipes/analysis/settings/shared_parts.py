"""Names that code gives to parts of a module's state: `log = logging.getLogger("app")`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.settings.targets import dotted


@lru_cache(maxsize=4096)
def spelled_out(source: str) -> str:
    """Return code in which such names, where it gives them itself and once, are what they stand for.

    What it sets by them can then be set elsewhere; all lines stay where they are.
    """
    tree = tree_of(source)
    parts = dict(_parts(tree, source)) if tree else {}
    if tree is None or not parts:
        return source
    lines = source.encode().split(b"\n")
    for name in reversed(_uses(tree, parts)):
        line, start = lines[name.lineno - 1], name.col_offset
        if not line.startswith(name.id.encode(), start):
            # A cell with magics, whose tree is that of another text.
            return source
        lines[name.lineno - 1] = line[:start] + parts[name.id].encode() + line[name.end_col_offset :]
    return b"\n".join(lines).decode()


def _parts(tree: ast.Module, source: str) -> Iterator[tuple[str, str]]:
    """Yield the names that statements of their own bind to a part, each with the text of that."""
    bound = Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value) if dotted(value):
                text = ast.get_source_segment(source, value) or ""
                if bound[name] == 1 and text and "\n" not in text:
                    yield name, text
            case _:
                pass


def _uses(tree: ast.Module, parts: Mapping[str, str]) -> list[ast.Name]:
    """Return where code looks at these names, in the order of the text."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    uses = (node for node in names if node.id in parts and isinstance(node.ctx, ast.Load))
    return sorted(uses, key=lambda node: (node.lineno, node.col_offset))
