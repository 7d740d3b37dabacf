"""Python's text -> its tree, whatever the text: too deep ones are refused in words, huge literals folded."""

from __future__ import annotations

import ast
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from tokenize import COMMENT, DEDENT, INDENT, NEWLINE, NL, TokenError, generate_tokens
from typing import TypeVar

from jupyter_pipes.analysis.folding import folded

DEEPEST = 950
"""Levels of a tree that are read: Python itself reads some 900."""

_LIMIT = 4_500
"""Calls within calls that reading a tree of that depth takes; Python's own parser is safe up to it."""


class NestedTooDeeply(SyntaxError):
    """More levels than are read: no other way of reading the text helps."""


_CLAUSES = ("elif", "else", "except", "finally")
_lock = threading.Lock()
_readers: list[int] = []
_parsing = threading.Lock()
_ATTEMPTS = 5


def parse_python(text: str) -> ast.Module:
    """Return the tree of Python's text. Long runs of literals are one number in it: see `folding.folded`.

    Raises:
        NestedTooDeeply: it has more levels than are read.
        SyntaxError: Python cannot read it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shorter = folded(text)
        try:
            return parse_unfolded(shorter)
        except NestedTooDeeply:
            raise
        except SyntaxError:
            if shorter == text:
                raise
        # What looked like a run of literals was something else, or it is not Python at all.
        return parse_unfolded(text)


def parsed_alone(text: str) -> ast.Module:
    """Return what `ast.parse` does, on one thread at a time.

    Until Python 3.11.5 threads that parse at once disturb each other ("AST constructor recursion depth
    mismatch": github.com/python/cpython/issues/106905). Those of libraries and IPython do not wait for ours.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
    """
    return _alone(lambda: ast.parse(text))


def expression_alone(text: str) -> ast.Expression:
    """Return the tree of one expression, as `parsed_alone`."""
    return _alone(lambda: ast.parse(text, mode="eval"))


_Tree = TypeVar("_Tree", bound=ast.AST)


def _alone(parse: Callable[[], _Tree]) -> _Tree:
    with _parsing:
        for _ in range(_ATTEMPTS):
            with suppress(SystemError):
                return parse()
        return parse()


def compile_check(tree: ast.Module) -> None:
    """Raise what parsing lets pass: `return` outside functions, a name both local and global.

    Raises:
        SyntaxError: Python cannot compile it.
    """
    try:
        compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (RecursionError, MemoryError):
        raise _too_deep(1) from None


@contextmanager
def room_for_depth() -> Generator[None]:
    """Let code be read whose tree is deep, for the time of the block, on all threads."""
    with _lock:
        if not _readers:
            _readers.append(sys.getrecursionlimit())
            sys.setrecursionlimit(max(_readers[0], _LIMIT))
        _readers.append(0)
    try:
        yield
    finally:
        with _lock:
            _readers.pop()
            if len(_readers) == 1:
                sys.setrecursionlimit(_readers.pop())


def parse_unfolded(text: str) -> ast.Module:
    """Return the tree of Python's text with each of its literals.

    Raises:
        NestedTooDeeply: it has more levels than are read.
        SyntaxError: Python cannot read it.
    """
    try:
        tree = parsed_alone(text)
    except (RecursionError, MemoryError):
        raise _too_deep(_overflowing_line(text)) from None
    except ValueError as error:
        # Half a surrogate pair, or a NUL.
        raise SyntaxError(f"a character of it is in no text ({error})") from None
    for statement in tree.body:
        if _depth(statement) > DEEPEST:
            raise _too_deep(statement.lineno)
    return tree


def _too_deep(line: int) -> NestedTooDeeply:
    error = NestedTooDeeply(
        f"this is nested more than {DEEPEST} levels deep: split it into several statements"
    )
    error.lineno = line
    return error


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _overflowing_line(text: str) -> int:
    """Return the line of the first statement that is too deep for Python's parser."""
    lines = text.splitlines(keepends=True)
    starts = list(_starts(text))
    for start, end in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
        try:
            parsed_alone("".join(lines[start - 1 : end - 1]))
        except (RecursionError, MemoryError):
            return start
        except SyntaxError:
            continue
    return starts[0] if starts else 1


def _starts(text: str) -> Iterator[int]:
    """Yield the lines on which the text's top-level statements begin."""
    level, is_start = 0, True
    with suppress(TokenError, SyntaxError, IndentationError):
        for token in generate_tokens(StringIO(text).readline):
            level += (token.type == INDENT) - (token.type == DEDENT)
            if token.type == NEWLINE:
                is_start = True
            elif token.type not in (NL, COMMENT, INDENT, DEDENT):
                if is_start and level == 0 and token.string not in _CLAUSES and token.string:
                    yield token.start[0]
                is_start = False
