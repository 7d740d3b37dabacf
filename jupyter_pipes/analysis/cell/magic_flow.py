"""The walk over a whole cell: Python's statements, and what magics and shell lines among them do."""

from __future__ import annotations

import ast

from jupyter_pipes.analysis.cell.definitions import Definitions
from jupyter_pipes.analysis.cell.magic_effects import Effect, cell_effect, line_effect, shell_effect
from jupyter_pipes.analysis.cell.source import CellCode, parse_cell


class CellFlow(Definitions):
    """A walk that knows IPython's magics in the form that its transformer gives them."""

    def walk_cell(self, code: CellCode) -> None:
        """Walk a cell with the magics above it."""
        effects = [(cell_effect(magic.name, magic.argument, code.body), magic.line) for magic in code.magics]
        before = self.state.copy()
        for effect, line in effects:
            self._run(effect, line)
        self.walk(code.tree.body)
        if any(effect.scratch for effect, _ in effects):
            self.state = before
        for effect, line in effects:
            for name in effect.binds:
                self.bind(name, line)

    def visit_Call(self, node: ast.Call) -> None:
        """Calls of the shell's own methods are magics."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="system" | "getoutput", value=shell),
                args=[ast.Constant(value=str(text))],
            ):
                effect = shell_effect(text) if self._is_shell(shell) else None
            case ast.Call(
                func=ast.Attribute(attr="run_line_magic"),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str(argument)), *_],
            ):
                effect = line_effect(name, argument)
            case ast.Call(
                func=ast.Attribute(attr="run_cell_magic"),
                args=[
                    ast.Constant(value=str(name)),
                    ast.Constant(value=str(argument)),
                    ast.Constant(value=str(body)),
                ],
            ):
                self._read_shell(node)
                self._walk_text(f"%%{name} {argument}\n{body}", node.lineno)
                return
            case _:
                effect = None
        if effect is None:
            super().visit_Call(node)
            return
        self._read_shell(node)
        before = self.state.copy()
        self._run(effect, node.lineno)
        if effect.scratch:
            self.state = before
        for name in effect.binds:
            self.bind(name, node.lineno)

    def _read_shell(self, node: ast.Call) -> None:
        """Read the name that the shell was kept under: `ip = get_ipython()`."""
        match node.func:
            case ast.Attribute(value=ast.Name() as kept):
                self.visit(kept)
            case _:
                pass

    def _run(self, effect: Effect, line: int) -> None:
        for part in effect.interpolations:
            self.visit_text(part.code, line, optional=part.optional)
        for shown in effect.shows:
            self.visit_text(shown, line, optional=True)
        self.cell.uses_extensions |= effect.is_extension
        if effect.opaque:
            self.opaque(effect.opaque, line)
        self._walk_text(effect.code, line)

    def _walk_text(self, text: str, line: int) -> None:
        if not text:
            return
        try:
            self.walk_cell(parse_cell(text, line))
        except SyntaxError as error:
            self.opaque(f"Python cannot read the magic's code {text!r} ({error.msg})", line)
