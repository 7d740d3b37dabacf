"""A cell's text, IPython's syntax included -> Python's syntax tree and its statements, with its own lines."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Protocol, cast

from msgspec import Struct

from jupyter_pipes.analysis.cell.magic_effects import (
    CODE_CELL_MAGICS,
    LINE_MAGICS,
    SCRATCH_MAGICS,
    TEXT_CELL_MAGICS,
)
from jupyter_pipes.analysis.foreign_magics import is_foreign
from jupyter_pipes.analysis.syntax import NestedTooDeeply, compile_check, parse_python
from jupyter_pipes.system.memory import remembered

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)

_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\S+)[^\S\n]*(?P<argument>[^\n]*)\n?")
_AUTOMAGIC = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s+[^\s=]")


class _Transformer(Protocol):
    """The part of IPython's TransformerManager that is used here."""

    cleanup_transforms: list[Callable[[list[str]], list[str]]]

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]: ...


class CellMagicLine(Struct, frozen=True):
    """A `%%name argument` line above the rest of a cell."""

    name: str
    argument: str
    line: int


class CellCode(Struct, frozen=True):
    """A cell, parsed.

    Attributes:
        magics: the `%%` lines above the code, the outermost first.
        body: the text below them.
        tree: that text as Python; empty where the last magic does not run Python.
    """

    magics: tuple[CellMagicLine, ...]
    body: str
    tree: ast.Module


def parse_cell(source: str, line: int = 1) -> CellCode:
    """Return the code of a cell (or of a magic's body) that begins on `line`.

    Raises:
        SyntaxError: Python cannot read it; `lineno` counts from `line`.
    """
    magics: list[CellMagicLine] = []
    position = 0
    while match := _CELL_MAGIC.match(source, position):
        magic_line = line + source.count("\n", 0, match.start("name"))
        magics.append(CellMagicLine(match["name"], match["argument"].strip(), magic_line))
        position = match.end()
        if not _runs_python(magics[-1]):
            return CellCode(tuple(magics), source[position:], ast.Module([], []))
    blank = "\n" * (source.count("\n", 0, position) + line - 1)
    body = source[position:]
    try:
        return CellCode(tuple(magics), body, _parse_python(blank + body))
    except SyntaxError:
        if not magics or magics[-1].name in CODE_CELL_MAGICS | SCRATCH_MAGICS:
            raise
        # What nobody knows may be a magic in another language.
        return CellCode(tuple(magics), body, ast.Module([], []))


@remembered
def parsed(source: str) -> CellCode:
    """Return the cell's code in Python; nothing where it cannot be read."""
    # The analysis of the cell's names says what is wrong with it.
    try:
        return parse_cell(source)
    except (SyntaxError, ValueError, RecursionError):
        return CellCode((), "", ast.Module([], []))


def parts_of(source: str) -> Iterator[tuple[ast.stmt, str, bool]]:
    """Yield each top-level statement of a cell with its text, and whether another follows it.

    An import of several names is one of each: who needs one of them does not depend on the others.
    """
    lines = source.splitlines(keepends=True)
    nodes = parsed(source).tree.body
    for node, following in zip_longest(nodes, nodes[1:]):
        if isinstance(node, IMPORTS) and len(node.names) > 1:
            for one in _single_imports(node):
                yield one, ast.unparse(one), True
        else:
            yield node, _segment(lines, node, following), following is not None


def first_line(node: ast.stmt) -> int:
    """Return the line on which a statement begins: that of its first decorator."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


@remembered
def unregistered(source: str, definitions: frozenset[str] = frozenset()) -> str:
    """Return the code without what puts something into others: decorators and registrations; the lines stay.

    Args:
        source: the code; what counts is its top level.
        definitions: names of functions and classes that stand before it.
    """
    lines = source.splitlines(keepends=True)
    for node in parsed(source).tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
            above = slice(min(each.lineno for each in node.decorator_list) - 1, node.lineno - 1)
            lines[above] = ["\n"] * len(lines[above])
        elif not registered_in(node).isdisjoint(definitions):
            own = slice(node.lineno - 1, node.end_lineno)
            lines[own] = ["\n"] * len(lines[own])
    return "".join(lines)


def registered_in(node: ast.stmt) -> frozenset[str]:
    """Return the name of what a statement registers something in: `show.register(int, name)`."""
    match getattr(node, "value", None):
        case ast.Call(ast.Attribute(ast.Name(name), "register")):
            return frozenset((name,))
        case _:
            return frozenset()


@remembered
def words(source: str) -> frozenset[str]:
    """Return the words of the code that may be names."""
    return frozenset(re.findall(r"[^\W\d]\w*", source))


def _single_imports(node: ast.Import | ast.ImportFrom) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield an import for each name that this one imports, each where that name stands."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            one = ast.Import([alias])
        else:
            one = ast.ImportFrom(node.module, [alias], node.level)
        yield ast.copy_location(one, alias)


def _segment(lines: list[str], node: ast.stmt, following: ast.stmt | None) -> str:
    """Return the statement's text, to the end of its last line unless another statement begins there."""
    first, last = first_line(node), node.end_lineno or node.lineno
    text = lines[first - 1 : last]
    if following is not None and first_line(following) == last:
        text[-1] = text[-1].encode()[: node.end_col_offset].decode()
    if first == node.lineno and node.col_offset:
        text[0] = text[0].encode()[node.col_offset :].decode()
    return "".join(text).rstrip()


def _runs_python(magic: CellMagicLine) -> bool:
    if magic.name == "step":
        return "--bash" not in magic.argument.split()
    return magic.name not in TEXT_CELL_MAGICS and not is_foreign(magic.name)


def _parse_python(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = parse_python(text)
        except NestedTooDeeply:
            raise
        except SyntaxError:
            tree = _parse_ipython(text)
        compile_check(tree)
    return tree


def _parse_ipython(text: str) -> ast.Module:
    """Replace magics one by one until Python can read the rest."""
    lines = _cleaned_up(_with_automagic(text))
    for _ in range(len(lines)):
        try:
            return parse_python("".join(lines))
        except NestedTooDeeply:
            raise
        except SyntaxError:
            changed, transformed = _transformed(lines)
            if not changed:
                raise
            lines = _with_as_many_lines(transformed, lines)
    return parse_python("".join(lines))


def _transformed(lines: list[str]) -> tuple[bool, list[str]]:
    """Return whether a magic was replaced, and the lines with it replaced."""
    try:
        return _transformer().do_one_token_transform(lines)
    except IndexError:
        # Of a line that ends behind `= %`, IPython looks at what would follow.
        return False, lines


def _cleaned_up(text: str) -> list[str]:
    """Take away prompts and common indentation, as IPython does."""
    lines = (text if text.endswith("\n") else text + "\n").splitlines(keepends=True)
    for clean_up in _transformer().cleanup_transforms:
        # These two change the number of lines, and have no work left here.
        if getattr(clean_up, "__name__", "") not in ("leading_empty_lines", "cell_magic"):
            lines = clean_up(lines)
    return lines


def _with_automagic(text: str) -> str:
    # IPython runs a one-line cell such as `pip install x` as a magic.
    match = _AUTOMAGIC.match(text)
    if match and match["name"] in LINE_MAGICS and "\n" not in text.strip():
        return text.replace(match["name"], "%" + match["name"], 1)
    return text


def _with_as_many_lines(transformed: list[str], original: list[str]) -> list[str]:
    """Put blank lines behind the first changed line, so that what follows keeps its line numbers."""
    missing = len(original) - len(transformed)
    if missing <= 0:
        return transformed
    pairs = zip(transformed, original, strict=False)
    place = next((index for index, (new, old) in enumerate(pairs) if new != old), len(transformed) - 1)
    return [*transformed[: place + 1], *["\n"] * missing, *transformed[place + 1 :]]


@lru_cache(maxsize=1)
def _transformer() -> _Transformer:
    # Imported only for cells that need it: it takes about 0.3 s.
    from IPython.core.inputtransformer2 import TransformerManager

    return cast(_Transformer, TransformerManager())
