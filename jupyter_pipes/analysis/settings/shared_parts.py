"""Names that steps give to parts of modules: `log = logging.getLogger("app")`, `env = os.environ`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.settings.targets import dotted
from jupyter_pipes.system.memory import remembered


class SharedParts:
    """Reads the cells of a notebook in order, and knows such names of those that it has read."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def copy(self) -> SharedParts:
        """Return the same, to read other cells."""
        other = SharedParts()
        other._texts = {**self._texts}
        return other

    def spelled_out(self, source: str, modules: frozenset[str]) -> str:
        """Return a step's code in which such names, where they are bound once, are what they stand for.

        What it sets by them can then be set elsewhere; all lines stay where they are.

        Args:
            source: the code.
            modules: names that are modules.
        """
        self.read(source)
        self._texts |= _parts(source, modules)
        return _spelled_out(source, tuple(self._texts.items()))

    def read(self, source: str) -> None:
        """Forget what code binds anew."""
        if self._texts:
            self._texts = {name: text for name, text in self._texts.items() if not _bound(source)[name]}


@remembered
def _spelled_out(source: str, texts: tuple[tuple[str, str], ...]) -> str:
    tree, parts = tree_of(source), dict(texts)
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


@remembered
def _parts(source: str, modules: frozenset[str]) -> Mapping[str, str]:
    """Return the names that statements of their own bind to a part, each with the text of that."""
    tree = tree_of(source)
    found: dict[str, str] = {}
    for name, value in _assigned(tree) if tree else ():
        text = ast.get_source_segment(source, value) or ""
        is_part = isinstance(value, ast.Call) or dotted(value).partition(".")[0] in modules
        if is_part and _bound(source)[name] == 1 and text and "\n" not in text:
            found[name] = text
    return found


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() | ast.Attribute() as value):
                if dotted(value):
                    yield name, value
            case _:
                pass


@remembered
def _bound(source: str) -> Counter[str]:
    """Return how often code binds each name."""
    tree = tree_of(source)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name)) if tree else ()
    return Counter(node.id for node in names if isinstance(node.ctx, ast.Store))


def _uses(tree: ast.Module, parts: Mapping[str, str]) -> list[ast.Name]:
    """Return where code looks at what these names stand for, in the order of the text.

    An attribute may have another value by then (`old = pd.scale; pd.scale = 1; pd.scale = old`): only what is
    reached through it counts.
    """
    nodes = list(ast.walk(tree))
    through = {id(node.value) for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)}
    uses = [
        node
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if node.id in parts and (parts[node.id].endswith(")") or id(node) in through)
    ]
    return sorted(uses, key=lambda node: (node.lineno, node.col_offset))
