"""What steps tell by `current`, and show by `display`, as calls of functions that need no jupyter_pipes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_pipes.export.placing.pieces import Piece, StepCode

_OURS = "jupyter_pipes"


def told_by(codes: Iterable[StepCode], functions: Mapping[str, str], engine: str) -> set[str]:
    """Rewrite the steps' code so that it needs nothing of jupyter_pipes; return the functions that it calls.

    Args:
        codes: the steps with their code, placed; they are changed.
        functions: method of `current` -> the function that stands in for it.
        engine: whom the code is for, in words.

    Raises:
        NotebookError: the code uses something of jupyter_pipes that has no such function.
    """
    called: set[str] = set()
    for code in codes:
        names = _names_of_ours(code.pieces)
        bound = set[str]().union(*(piece.chunk.binds for piece in code.pieces))
        for place in ("borrowed", "own"):
            pieces: list[Piece] = getattr(code, place)
            kept = [piece for piece in pieces if not _imports_ours(piece)]
            rewriting = [_Rewriting(piece, names, functions, engine, code.step.name) for piece in kept]
            setattr(code, place, [each.rewritten("display" not in bound) for each in rewriting])
            called = called.union(*(each.called for each in rewriting))
    return called


class _Rewriting(ast.NodeTransformer):
    """One statement on its way."""

    def __init__(
        self, piece: Piece, names: Mapping[str, str], functions: Mapping[str, str], engine: str, step: str
    ) -> None:
        self._piece, self._names, self._functions = piece, names, functions
        self._engine, self._step = engine, step
        self._edits: list[tuple[ast.expr, str]] = []
        self._prints = False
        self.called: set[str] = set()

    def rewritten(self, prints: bool) -> Piece:
        """Return the statement with its calls rewritten, those of `display` as well if that `prints`."""
        code = self._piece.chunk.code
        words = {*self._names, *(["display"] if prints else [])}
        if not any(word in code for word in words):
            return self._piece
        self._prints = prints
        tree = self.visit(ast.parse(code))
        if not self._edits:
            return self._piece
        text = _edited(code, self._edits)
        text = text if _means(text, tree) else ast.unparse(ast.fix_missing_locations(tree))
        return replace(self._piece, chunk=replace(self._piece.chunk, code=text))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Put a function in the place of a method of `current`."""
        if self._dotted(node.value) != f"{_OURS}.current":
            self.generic_visit(node)
            return node
        if node.attr not in self._functions:
            raise self._refusal(f"current.{node.attr}")
        self.called.add(node.attr)
        return self._instead(node, self._functions[node.attr])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Refuse what is ours and stands for itself."""
        if node.id in self._names:
            raise self._refusal(self._names[node.id])
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Print what a notebook displays."""
        match node.func:
            case ast.Name("display") if self._prints and not node.keywords:
                node.func = self._instead(node.func, "print")
            case _:
                pass
        self.generic_visit(node)
        return node

    def _instead(self, node: ast.expr, name: str) -> ast.Name:
        self._edits.append((node, name))
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def _dotted(self, node: ast.expr) -> str:
        match node:
            case ast.Name(name):
                return self._names.get(name, "")
            case ast.Attribute(ast.Name(name), attribute) if self._names.get(name) == _OURS:
                return f"{_OURS}.{attribute}"
            case _:
                return ""

    def _refusal(self, what: str) -> NotebookError:
        _, cell, line, _ = self._piece.order
        return NotebookError(
            f"cell {cell}, line {line}: {what.removeprefix(f'{_OURS}.')} is known to jupyter_pipes only, and "
            f"an export to {self._engine} has nothing like it: leave it out, or use what {self._engine} has",
            step=self._step,
        )


def _names_of_ours(pieces: Iterable[Piece]) -> dict[str, str]:
    """Name that an import binds -> what it is of ours ("jupyter_pipes.current")."""
    names: dict[str, str] = {}
    for piece in pieces:
        match piece.chunk.node:
            case ast.ImportFrom(module=str(module), names=[ast.alias(name, alias)]) if _is_ours(module):
                names[alias or name] = f"{module}.{name}"
            case ast.Import([ast.alias(name, alias)]) if _is_ours(name):
                names[alias or name.partition(".")[0]] = name if alias else _OURS
            case _:
                pass
    return names


def _imports_ours(piece: Piece) -> bool:
    match piece.chunk.node:
        case ast.ImportFrom(module=str(module)):
            return _is_ours(module)
        case ast.Import([ast.alias(name)]):
            return _is_ours(name)
        case _:
            return False


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _OURS


def _edited(code: str, edits: Iterable[tuple[ast.expr, str]]) -> str:
    lines = [line.encode() for line in code.split("\n")]
    # From the end, so that earlier places stay where they are.
    for node, text in sorted(edits, key=lambda each: (each[0].lineno, each[0].col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before, behind = lines[first][: node.col_offset], lines[last][node.end_col_offset or 0 :]
        lines[first : last + 1] = [before + text.encode() + behind]
    return b"\n".join(lines).decode(errors="replace")


def _means(code: str, tree: ast.AST) -> bool:
    try:
        return ast.dump(ast.parse(code)) == ast.dump(tree)
    except SyntaxError:
        return False
