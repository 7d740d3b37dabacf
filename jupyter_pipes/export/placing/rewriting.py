"""Calls that pass inputs on, and functions that take them, written into a statement's text."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

Lifted = dict[str, frozenset[str]]
"""Helper -> the inputs that it is to be given."""

_Edit = tuple[int, int, str]
"""Line, column in characters, and what to put there."""

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def with_inputs(code: str, lifted: Lifted) -> str:
    """Return a statement that gives these helpers their inputs, and takes them where it defines one."""
    tree = ast.parse(code)
    calls = [node for node in ast.walk(tree) if is_call_of(node, lifted)]
    edits = [_call_edit(code, call, lifted) for call in calls]
    for call in calls:
        call.keywords += [ast.keyword(name, ast.Name(name, ast.Load())) for name in _inputs(call, lifted)]
    function = tree.body[0]
    if isinstance(function, _Function) and function.name in lifted:
        names = sorted(lifted[function.name])
        edits.append(_signature_edit(code, function.args, names))
        function.args.kwonlyargs += map(ast.arg, names)
        function.args.kw_defaults += [None] * len(names)
    text = _edited(code, edits)
    # Before Python 3.12 the places of what stands in f-strings are not right.
    return text if _means(text, tree) else ast.unparse(ast.fix_missing_locations(tree))


def is_named(node: ast.AST, names: Container[str]) -> TypeGuard[ast.Name]:
    """Whether the node is one of these names."""
    return isinstance(node, ast.Name) and node.id in names


def is_call_of(node: ast.AST, names: Container[str]) -> TypeGuard[ast.Call]:
    """Whether the node calls one of these names."""
    return isinstance(node, ast.Call) and is_named(node.func, names)


def _inputs(call: ast.Call, lifted: Lifted) -> list[str]:
    assert isinstance(call.func, ast.Name), "helpers are called by their names"
    return sorted(lifted[call.func.id])


def _call_edit(code: str, call: ast.Call, lifted: Lifted) -> _Edit:
    line = call.end_lineno or call.lineno
    before = code.split("\n")[line - 1].encode()[: call.end_col_offset]
    column = max(0, len(before.decode()) - 1)
    keywords = ", ".join(f"{name}={name}" for name in _inputs(call, lifted))
    comma = _comma(code, line, column) if call.args or call.keywords else ""
    return line, column, f"{comma}{keywords}"


def _comma(code: str, line: int, column: int) -> str:
    """A comma, unless one stands there."""
    before = [token for token in _tokens(code) if token.end <= (line, column)]
    return "" if before[-1].string == "," else ", "


def _signature_edit(code: str, arguments: ast.arguments, names: Iterable[str]) -> _Edit:
    """Where and how a function's parameters get these as well, by keyword only."""
    star = "" if arguments.vararg or arguments.kwonlyargs else "*, "
    text = star + ", ".join(names)
    depth, previous, opened = 0, "", False
    for token in _tokens(code):
        if token.string == "**" and depth == 1 and opened and arguments.kwarg and previous in "(,":
            return *token.start, f"{text}, "
        if token.string == ")" and depth == 1 and opened:
            return *token.start, text if previous in "(," else f", {text}"
        opened = opened or (token.string == "(" and depth == 0)
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        previous = token.string
    raise AssertionError("a function has a parameter list")


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return (token for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL))


def _edited(code: str, edits: Iterable[_Edit]) -> str:
    lines = code.split("\n")
    # From the end, so that earlier places stay where they are.
    for line, column, text in sorted(edits, reverse=True):
        lines[line - 1] = lines[line - 1][:column] + text + lines[line - 1][column:]
    return "\n".join(lines)


def _means(code: str, tree: ast.AST) -> bool:
    try:
        return ast.dump(ast.parse(code)) == ast.dump(tree)
    except SyntaxError:
        return False
