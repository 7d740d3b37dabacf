"""Line numbers and names in tracebacks: those of the notebook's cell, also below a cell magic."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Generator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from jupyter_pipes.execution.worker.observation import stack

_OF_MAGICS = ("<timed exec>", "<timed eval>", "<magic-timeit>", "<magic-timeit-stmt>")
"""What IPython's magics call the code that they compile themselves."""

_labels: dict[str, str] = {}


def label_of(filename: str) -> str | None:
    """Return the label of the code that a traceback names `filename`, None for other files."""
    return _labels.get(filename)


def leading_blank_lines(source: str) -> int:
    """Return how many lines of `source` come before the first that is not blank."""
    return sum(1 for _ in takewhile(str.isspace, source.splitlines(keepends=True)))


@contextmanager
def numbered(shell: Any, label: str, offset: int) -> Generator[None]:
    """Call the code that `shell` runs `label`, and count its lines from `offset`.

    IPython drops leading blank lines, and a cell magic its own line, before they compile: the tree's numbers
    are moved down again, and so is the text that tracebacks quote.
    """
    for name in _OF_MAGICS:
        _labels.pop(name, None)
    numbering = _Numbering(shell, label, offset)
    compiler = shell.compile
    compiler.cache, compiler.ast_parse = numbering.cache, numbering.ast_parse
    compiler.format_code_name = _format_code_name
    shell.run_cell_magic = numbering.run_cell_magic
    shell.ast_transformers.append(numbering)
    try:
        yield
    finally:
        shell.ast_transformers.remove(numbering)
        del compiler.cache, compiler.ast_parse, compiler.format_code_name, shell.run_cell_magic


class _Numbering(ast.NodeTransformer):
    """Stands before the methods of a shell and its compiler that know of lines and names."""

    def __init__(self, shell: Any, label: str, offset: int) -> None:
        self._label = label
        self._offset = offset
        self._cache = shell.compile.cache
        self._ast_parse = shell.compile.ast_parse
        self._run_cell_magic = shell.run_cell_magic

    def visit(self, node: ast.AST) -> ast.AST:
        """Move the numbers of a cell's tree."""
        return ast.increment_lineno(node, self._offset)

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Name a cell's code and keep its text for tracebacks."""
        name: str = self._cache(transformed_code, number, raw_code)
        self._quote(name, transformed_code)
        return name

    def ast_parse(self, *arguments: Any, **keywords: Any) -> Any:
        """Parse a cell; an error tells its line as the cell has it."""
        try:
            return self._ast_parse(*arguments, **keywords)
        except SyntaxError as error:
            if error.lineno is not None:
                error.lineno += self._offset
            raise

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """Run a cell magic, whose code begins a line below its own."""
        __tracebackhide__ = True
        below = 1 + leading_blank_lines(cell)
        self._offset += below
        for name in _OF_MAGICS:
            self._quote(name, cell.lstrip("\n"))
        try:
            return self._run_cell_magic(magic_name, line, cell)
        finally:
            self._offset -= below

    def _quote(self, name: str, code: str) -> None:
        lines = ["\n"] * self._offset + code.splitlines(keepends=True)
        linecache.cache[name] = (len(code), None, lines, name)
        _labels[name] = self._label
        stack.quote(name, self._label, lines)


def _format_code_name(name: str) -> tuple[str, str] | None:
    return ("", _labels[name]) if name in _labels else None
