"""What code comes to for a signature: equal for stretches of code that do the same."""

from __future__ import annotations

import ast
from contextlib import suppress
from io import StringIO
from tokenize import COMMENT, ENDMARKER, NEWLINE, NL, TokenError, generate_tokens
from typing import cast

from jupyter_pipes.analysis.cell.source import parse_cell
from jupyter_pipes.analysis.folding import folded
from jupyter_pipes.analysis.syntax import parse_python, room_for_depth
from jupyter_pipes.model.digests import digest
from jupyter_pipes.system.memory import remembered

_LAYOUT = (COMMENT, ENDMARKER, NEWLINE, NL)
_SHELL_CALLS = ("system", "getoutput")
_UNREADABLE = (SyntaxError, ValueError, RecursionError)


@remembered
def code_digest(source: str) -> str:
    """Return a digest of what the code does: its syntax tree without positions, docstrings and comments.

    IPython's magics and shell lines count as the calls that they are; text that is neither (the body of a
    cell magic that does not run Python) line by line, without trailing blanks.
    """
    with suppress(*_UNREADABLE), room_for_depth():
        return digest(_meaning(parse_python(source), folded(source)))
    with suppress(*_UNREADABLE), room_for_depth():
        cell = parse_cell(source)
        if cell.tree.body:
            magics = (f"%%{magic.name} {magic.argument}\n" for magic in cell.magics)
            return digest("".join(magics) + _meaning(cell.tree, folded(cell.body)))
    return digest(_lines(source))


@remembered
def earlier_code_digest(source: str) -> str:
    """Return the digest as version 0.2.0 had it, by which what that version kept is found."""
    try:
        with room_for_depth():
            return digest(_dumped(parse_python(source), hides=source.rstrip().endswith(";")))
    except (SyntaxError, ValueError):
        return digest(_lines(source))


def _meaning(tree: ast.Module, source: str) -> str:
    return _dumped(tree, hides=_ends_with_semicolon(source))


def _dumped(tree: ast.Module, *, hides: bool) -> str:
    # Behind a last expression a semicolon decides whether its value is shown.
    is_shown = bool(tree.body) and isinstance(tree.body[-1], ast.Expr)
    return ast.dump(_Meaning().visit(tree)) + ";" * (hides and is_shown)


def _lines(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _ends_with_semicolon(source: str) -> bool:
    """Whether the last thing that is no comment is a semicolon, as IPython's display asks."""
    if ";" not in source:
        return False
    try:
        tokens = [token for token in generate_tokens(StringIO(source).readline) if token.type not in _LAYOUT]
    except (TokenError, SyntaxError):
        return source.rstrip().endswith(";")
    return bool(tokens) and tokens[-1].string == ";"


class _Meaning(ast.NodeTransformer):
    """Takes away what says nothing about what code does: docstrings, and comments of shell lines."""

    def _strip(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        definition = cast("ast.FunctionDef", node)
        if ast.get_docstring(definition, clean=False) is not None:
            definition.body = definition.body[1:] or [ast.Pass()]
        return definition

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _strip  # noqa: N815 - names that ast calls

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Take the comment off a shell line."""
        self.generic_visit(node)
        match node:
            case ast.Call(
                ast.Attribute(ast.Call(ast.Name("get_ipython")), attr), [ast.Constant(str() as line)]
            ) if attr in _SHELL_CALLS:
                node.args = [ast.Constant(_without_comment(line))]
            case _:
                pass
        return node


def _without_comment(line: str) -> str:
    """Return a shell's line without the comment behind it, as the shell takes it."""
    quote = ""
    for place, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and line[place - 1 : place] != "\\":
            quote = sign
        elif sign == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place].rstrip()
    return line.rstrip()
