"""Cell source -> its top-level statements, each with what it binds, needs at once, and needs when called."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import zip_longest

from msgspec import Struct

from jupyter_pipes.analysis.cellcode import CellCode, parse_cell
from jupyter_pipes.analysis.magic_names import CODE_CELL_MAGICS, SCRATCH_MAGICS, TEXT_CELL_MAGICS
from jupyter_pipes.analysis.names import Names, analyze

BUILTINS = frozenset(dir(builtins))

STAR = "*"
"""The name that a star import binds: any name may come from it."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_COMPOUND = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.Try,
    ast.TryStar,
    ast.With,
    ast.AsyncWith,
    ast.Match,
)
_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


class Statement(Struct, frozen=True):
    """A top-level statement of a cell.

    Attributes:
        line: line of the cell on which it begins, decorators included.
        source: its text as written.
        binds: names that it binds or changes.
        firm: those that it binds whatever happens; the value from before does not shine through.
        reads: names that it needs when it runs.
        optional_reads: names that it needs when it runs on some paths only.
        deferred: free names of the functions that it defines, needed when those are called.
        calls: names that it calls when it runs.
        deferred_calls: names that a function definition calls when it is called itself.
        read_lines: name -> line of the cell where the name is read first.
        imports: top-level modules that it imports.
        is_function: whether it is a `def`.
        is_definition: whether it is code only: imports, `def`, `class`, or a choice between such.
        is_import: whether it is an import.
        is_future: whether it is a `from __future__` import.
    """

    line: int
    source: str
    binds: frozenset[str] = frozenset()
    firm: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    optional_reads: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    deferred_calls: frozenset[str] = frozenset()
    read_lines: dict[str, int] = {}
    imports: frozenset[str] = frozenset()
    is_function: bool = False
    is_definition: bool = False
    is_import: bool = False
    is_future: bool = False

    def line_of(self, name: str) -> int:
        """Return the line of the cell where `name` is read, or else where the statement begins."""
        return self.read_lines.get(name, self.line)


@lru_cache(maxsize=4096)
def statements(source: str, modules: frozenset[str] = frozenset()) -> tuple[Statement, ...]:
    """Return the top-level statements of a cell, in order; none if it cannot be parsed.

    Args:
        source: the cell's code, in IPython's syntax.
        modules: names that earlier cells bound to modules.
    """
    code = _parse(source)
    if code is None or any(magic.name in SCRATCH_MAGICS for magic in code.magics):
        return ()
    if not {magic.name for magic in code.magics} <= CODE_CELL_MAGICS | TEXT_CELL_MAGICS:
        return (_whole_cell(source, modules),)
    lines = source.splitlines(keepends=True)
    found: list[Statement] = []
    for node, following in zip_longest(code.tree.body, code.tree.body[1:]):
        segment = _segment(lines, node, following)
        found.append(_statement(node, segment, following is not None, modules))
    return tuple(found)


@lru_cache(maxsize=4096)
def _parse(source: str) -> CellCode | None:
    try:
        return parse_cell(source)
    except SyntaxError:
        return None


def _tree(source: str) -> ast.Module:
    code = _parse(source)
    return code.tree if code else ast.Module([], [])


@lru_cache(maxsize=4096)
def imported_modules(source: str) -> frozenset[str]:
    """Return the top-level names of the modules that the code imports, inside functions as well."""
    return _imports(_tree(source))


def mentioned(source: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that occur in the code, so that its analysis stays cached."""
    return names & _words(source) if names else names


@lru_cache(maxsize=4096)
def _words(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d]\w*", source))


@lru_cache(maxsize=4096)
def definitions(source: str, modules: frozenset[str] = frozenset()) -> tuple[Statement, ...]:
    """Return the top-level statements of a step's cell that are code, not values."""
    found = statements(source, modules)
    bound_as_values = {name for statement in found if not statement.is_definition for name in statement.binds}
    return tuple(s for s in found if s.is_definition and not s.binds & bound_as_values)


@lru_cache(maxsize=4096)
def called_names(source: str) -> frozenset[str]:
    """Return the names that the code calls."""
    return _calls(_tree(source))


@lru_cache(maxsize=4096)
def conditional_names(
    source: str, bound: frozenset[str], modules: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return those of the names `bound` by the code that some paths through it leave alone."""
    names = sorted(bound)
    if not names or not any(isinstance(node, _COMPOUND) for node in _tree(source).body):
        return frozenset()
    after = analyze(f"{source}\n({', '.join(names)},)", modules)
    return frozenset(names) & (after.optional_reads | after.reads)


def _loaded_builtins(nodes: Iterable[ast.AST]) -> frozenset[str]:
    names = frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return names & BUILTINS


def _statement(node: ast.stmt, segment: str, has_following: bool, modules: frozenset[str]) -> Statement:
    line = _first_line(node)
    # Analysed on its own it would count as the cell's last expression, whose value is displayed.
    thrown_away = isinstance(node, ast.Expr) and has_following and not segment.endswith(";")
    known = mentioned(segment, modules)
    names = analyze(segment + ";" if thrown_away else segment, known)
    now, deferred = _split_reads(node, names, known)
    bound = names.writes | names.mutates | names.maybe_mutates
    open_names = (
        conditional_names(segment, names.writes, known) if isinstance(node, _COMPOUND) else frozenset[str]()
    )
    stripped = _without_bodies(node)
    is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return Statement(
        line=line,
        source=segment,
        binds=bound | {STAR} if _is_star_import(node) else bound,
        firm=names.writes - open_names,
        reads=now.reads,
        optional_reads=now.optional_reads | _loaded_builtins(ast.walk(stripped)),
        deferred=deferred,
        calls=_calls(stripped),
        deferred_calls=_calls(node) if is_function else frozenset(),
        read_lines={name: line + at - 1 for name, at in names.read_lines.items()},
        imports=_imports(node),
        is_function=is_function,
        is_definition=_is_code(node),
        is_import=isinstance(node, _IMPORTS),
        is_future=isinstance(node, ast.ImportFrom) and node.module == "__future__",
    )


def _whole_cell(source: str, modules: frozenset[str]) -> Statement:
    # What an unknown cell magic does with its cell is not ours to know: it may bind any name.
    names = analyze(source, mentioned(source, modules))
    return Statement(
        line=1,
        source=source,
        binds=names.writes | {STAR},
        reads=names.reads,
        optional_reads=names.optional_reads,
        read_lines=names.read_lines,
    )


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _segment(lines: list[str], node: ast.stmt, following: ast.stmt | None) -> str:
    first, last = _first_line(node), node.end_lineno or node.lineno
    text = lines[first - 1 : last]
    shares_end = following is not None and _first_line(following) == last
    if shares_end:
        text[-1] = text[-1].encode()[: node.end_col_offset].decode()
    if first == node.lineno and node.col_offset:
        text[0] = text[0].encode()[node.col_offset :].decode()
    return "".join(text).rstrip()


class _BodyStripper(ast.NodeTransformer):
    """Leaves of a statement what runs when it runs: no bodies of functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = [ast.Pass()]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        node.body = ast.Constant(None)
        return node


def _without_bodies(node: ast.stmt) -> ast.stmt:
    if not any(isinstance(inner, _FUNCTIONS) for inner in ast.walk(node)):
        return node
    copied = ast.parse(ast.unparse(node)).body[0]
    _BodyStripper().visit(copied)
    return ast.fix_missing_locations(copied)


def _split_reads(node: ast.stmt, names: Names, modules: frozenset[str]) -> tuple[Names, frozenset[str]]:
    """Return the names needed when the statement runs, and those needed when its functions are called."""
    stripped = _without_bodies(node)
    if stripped is node:
        return names, frozenset()
    now = analyze(ast.unparse(stripped), modules)
    table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
    return now, frozenset(_globals_of_functions(table))


def _globals_of_functions(table: symtable.SymbolTable, inside: bool = False) -> Iterator[str]:
    for child in table.get_children():
        is_function = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
        if inside or is_function:
            yield from (s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced())
        yield from _globals_of_functions(child, inside or is_function)


def _calls(node: ast.AST) -> frozenset[str]:
    called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    decorators = {
        decorator.id
        for definition in ast.walk(node)
        if isinstance(definition, _DEFINITIONS)
        for decorator in definition.decorator_list
        if isinstance(decorator, ast.Name)
    }
    return frozenset(called | decorators)


def _imports(node: ast.AST) -> frozenset[str]:
    modules: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
            modules.add(inner.module.partition(".")[0])
    return frozenset(modules - {"__future__"})


def _is_star_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _is_code(node: ast.stmt) -> bool:
    """Whether the statement is code only, as in `try: import a` / `except ImportError: a = None`."""
    if isinstance(node, (*_DEFINITIONS, *_IMPORTS)):
        return True
    branches = _branches(node)
    leaves = [leaf for branch in branches for leaf in branch]
    return any(_is_code(leaf) for leaf in leaves) and all(_is_code(x) or _is_placeholder(x) for x in leaves)


def _branches(node: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(node, ast.If):
        return [node.body, node.orelse]
    if isinstance(node, ast.Try):
        return [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
    return []


def _is_placeholder(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    )
