"""Cell source -> its top-level statements, each with what it binds, needs at once, and needs when called."""

from __future__ import annotations

import ast
import copy
import symtable
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress

from msgspec import Struct

from jupyter_pipes.analysis.cell.magic_effects import CODE_CELL_MAGICS, SCRATCH_MAGICS, TEXT_CELL_MAGICS
from jupyter_pipes.analysis.cell.names import Names, analyze
from jupyter_pipes.analysis.cell.scopes import (
    ALWAYS_THERE,
    SUBCLASSES,
    declared_global,
    perhaps_bound_globals,
)
from jupyter_pipes.analysis.cell.source import (
    DEFINITIONS,
    IMPORTS,
    first_line,
    parsed,
    parts_of,
    registered_in,
    words,
)
from jupyter_pipes.analysis.effects.own_state import ancestors, changes_itself, runs_for_subclasses
from jupyter_pipes.analysis.effects.summaries import Environment, restricted, updated
from jupyter_pipes.analysis.effects.wrappers import runs_at_once, without_wrappers
from jupyter_pipes.analysis.foreign_magics import keeps_state
from jupyter_pipes.analysis.quoted_code import text_names
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.system.memory import remembered

STAR = "*"
"""The name that a star import binds: any name may come from it."""

EXTENSIONS = "%"
"""The name for all magics beside IPython's own: what brings them or sets them up binds it."""

NO_NAMES = frozenset({STAR, EXTENSIONS, SUBCLASSES}) | STREAM_NAMES
"""What statements bind that is no name of Python."""

_REGISTERING = frozenset({"register_cell_magic", "register_line_magic", "register_line_cell_magic"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NOTHING = frozenset[str]()
_EMPTY, _HUGE = Environment(), 200_000
_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


class Statement(Struct, frozen=True):
    """A top-level statement of a cell.

    Attributes:
        line: line of the cell on which it begins, decorators included.
        source: its text as written.
        binds: names that it binds or changes.
        changes: those whose objects it changes only (a decorator may put what it decorates somewhere).
        firm: those that it binds whatever happens; the value from before does not shine through.
        reads: names that it needs when it runs.
        optional_reads: names that it needs when it runs on some paths only.
        deferred: free names of the functions that it defines, needed when those are called.
        deferred_optional: those that can be missing even then: on some paths, or in a formula's text.
        calls: names that it calls when it runs.
        deferred_longer: those that only wrappers need which a decorator returns: its call does not run them.
        deferred_calls: names that a function definition calls when it is called itself.
        deferred_changes: names whose objects the functions that it defines change when they are called.
        deferred_seeds: global streams of random numbers that those functions seed.
        derives: bases and metaclass of the class that it defines.
        runs_for_subclasses: whether that class has code which runs when another is derived from it.
        read_lines: name -> line of the cell where the name is read first.
        imports: top-level modules that it imports.
        evaluates_texts: whether it, or a function that it defines, evaluates texts from elsewhere.
        is_function: whether it is a `def`.
        is_definition: whether it is code only: imports, `def`, `class`, or a choice between such.
        is_import: whether it is an import.
        is_future: whether it is a `from __future__` import.
    """

    line: int
    source: str
    binds: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    firm: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    optional_reads: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()
    deferred_optional: frozenset[str] = frozenset()
    deferred_longer: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    deferred_calls: frozenset[str] = frozenset()
    deferred_changes: frozenset[str] = frozenset()
    deferred_seeds: frozenset[str] = frozenset()
    derives: frozenset[str] = frozenset()
    runs_for_subclasses: bool = False
    read_lines: Mapping[str, int] = {}
    imports: frozenset[str] = frozenset()
    evaluates_texts: bool = False
    is_function: bool = False
    is_definition: bool = False
    is_import: bool = False
    is_future: bool = False

    def line_of(self, name: str) -> int:
        """Return the line of the cell where `name` is read, or else where the statement begins."""
        return self.read_lines.get(name, self.line)


@remembered
def statements(
    source: str, modules: frozenset[str] = frozenset(), environment: Environment = _EMPTY
) -> tuple[Statement, ...]:
    """Return the top-level statements of a cell, in order; none if it cannot be parsed.

    Args:
        source: the cell's code, in IPython's syntax.
        modules: names that earlier cells import.
        environment: what is known of the functions, classes and values of earlier cells.
    """
    code = parsed(source)
    if any(magic.name in SCRATCH_MAGICS for magic in code.magics):
        return ()
    if not {magic.name for magic in code.magics} <= CODE_CELL_MAGICS | TEXT_CELL_MAGICS:
        return (_whole_cell(source, modules),)
    return tuple(_in_turn(parts_of(source), modules, environment))


@remembered
def definitions(
    source: str,
    modules: frozenset[str] = frozenset(),
    environment: Environment = _EMPTY,
    known: frozenset[str] = frozenset(),
) -> tuple[Statement, ...]:
    """Return the top-level statements of a step's cell that are code, not values.

    Args:
        known: names of functions and classes in which it may register something.
    """
    parts = tuple(parts_of(source))
    are_code = [bool(_is_code(node) or registered_in(node) & known) for node, *_ in parts]
    code = list(_in_turn(compress(parts, are_code), modules, environment))
    sure = analyze(source, modules, _NOTHING).definitions if code else _NOTHING
    if all(statement.binds - statement.changes - NO_NAMES <= sure for statement in code):
        return tuple(code)
    # Bound more than once: code all the same, unless one of the bindings is a value.
    others = compress(parts, (not each for each in are_code))
    values = _NOTHING.union(*(each.binds for each in _in_turn(others, modules, environment)))
    return tuple(statement for statement in code if not (statement.binds - statement.changes) & values)


@remembered
def imported_modules(source: str) -> frozenset[str]:
    """Return the top-level names of the modules that the code imports, inside functions as well."""
    return _imports(ast.walk(parsed(source).tree))


@remembered
def plain_texts(source: str) -> tuple[str, ...] | None:
    """Return the texts of a cell's top-level statements, in order; None where it has magics."""
    return None if parsed(source).magics else tuple(text for _, text, _ in parts_of(source))


@remembered
def names_in_texts(source: str) -> frozenset[str]:
    """Return the names in the code's string literals, for helpers that evaluate what they are given."""
    return text_names(parsed(source).tree)


@remembered
def called_names(source: str) -> frozenset[str]:
    """Return the names that the code calls, inside functions as well."""
    return _calls(ast.walk(parsed(source).tree))


def mentioned(source: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that occur in the code, so that its analysis stays cached."""
    return names & words(source) if names else names


def _in_turn(
    parts: Iterable[tuple[ast.stmt, str, bool]], modules: frozenset[str], environment: Environment
) -> Iterator[Statement]:
    """Yield statements, each with what is known of the functions that those before it define."""
    for part in parts:
        statement, names = _statement(*part, modules, restricted(environment, words(part[1])))
        yield statement
        environment = updated(environment, names.writes, names.leaves)


def _statement(
    node: ast.stmt, segment: str, has_following: bool, modules: frozenset[str], environment: Environment
) -> tuple[Statement, Names]:
    # Analysed on its own it would count as the cell's last expression, whose value is displayed.
    thrown_away = isinstance(node, ast.Expr) and has_following and not segment.endswith(";")
    modules = mentioned(segment, modules)
    names = analyze(segment + ";" if thrown_away else segment, modules, _NOTHING, environment)
    nodes = list(ast.walk(node))
    has_functions = any(isinstance(inner, _FUNCTIONS) for inner in nodes)
    is_later = has_functions and not runs_at_once(node, environment)
    stripped = _without_bodies(node) if is_later else node
    now = analyze(ast.unparse(stripped), modules, _NOTHING, environment) if has_functions else names
    nodes_now = list(ast.walk(stripped)) if has_functions else nodes
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    changes = now.mutates | now.maybe_mutates | (registered_in(node) - modules)
    if isinstance(node, ast.ClassDef) and node.bases:
        changes |= {SUBCLASSES}
    binds = now.writes | changes
    is_star = isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    line = first_line(node)
    sets_up = names.uses_extensions or any(map(_brings_magics, nodes))
    deferred = _deferred(node, segment) if has_functions else _NOTHING
    at_call = without_wrappers(node)
    perhaps = names.optional_reads - names.reads - now.optional_reads - declared_global(node)
    own = names.writes if changes_itself(node) else _NOTHING
    statement = Statement(
        line=line,
        source=segment,
        binds=binds | {STAR for _ in range(is_star)} | {EXTENSIONS for _ in range(sets_up)},
        changes=changes - now.writes,
        firm=now.writes - now.optional_writes,
        reads=now.reads,
        optional_reads=now.optional_reads
        | _always_there(nodes_now)
        | {EXTENSIONS for _ in range(names.uses_extensions)},
        deferred=deferred - perhaps,
        deferred_longer=_NOTHING if at_call is node else deferred - _deferred(at_call, ast.unparse(at_call)),
        deferred_optional=(perhaps | (perhaps_bound_globals(node) - deferred)) if has_functions else _NOTHING,
        calls=_calls(nodes_now),
        derives=ancestors(node),
        runs_for_subclasses=runs_for_subclasses(node),
        deferred_calls=_calls(nodes) if is_function else _NOTHING,
        deferred_changes=((names.writes | names.deferred_writes | names.deferred_changes) - binds) | own,
        read_lines={name: line + at - 1 for name, at in names.read_lines.items()},
        imports=_imports(nodes),
        evaluates_texts=names.evaluates_texts,
        is_function=is_function,
        is_definition=_is_code(node),
        is_import=isinstance(node, IMPORTS),
        is_future=isinstance(node, ast.ImportFrom) and node.module == "__future__",
    )
    return statement, names


def _whole_cell(source: str, modules: frozenset[str]) -> Statement:
    names, code = analyze(source, modules, _NOTHING), parsed(source)
    # What an unknown cell magic does with code in Python is not ours to know: it may bind any name.
    anything = {STAR} if code.tree.body else _NOTHING
    lasting = {EXTENSIONS} if any(keeps_state(magic.name) for magic in code.magics) else _NOTHING
    return Statement(
        line=1,
        source=source,
        binds=names.writes | anything | lasting,
        firm=names.writes,
        reads=names.reads,
        optional_reads=names.optional_reads | {EXTENSIONS},
        read_lines=names.read_lines,
    )


def _brings_magics(node: ast.AST) -> bool:
    """Whether the code registers magics, or loads an extension that may."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[
                ast.Constant(value="load_ext" | "reload_ext" | "alias" | "alias_magic"),
                ast.Constant(value=what),
            ],
        ):
            return what not in ("jupyter_pipes", "autoreload")
        case ast.Call(
            func=ast.Attribute(attr="load_extension" | "register_magic_function" | "register_magics")
        ):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _REGISTERING
        case _:
            return False


class _BodyStripper(ast.NodeTransformer):
    """Leaves of a statement what runs when it runs: no bodies of functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = ast.Constant(None)
        return self.generic_visit(node)


def _without_bodies(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        # Bodies are most of a notebook: not to be copied only to be dropped.
        node = copy.copy(node)
        node.body = [ast.Pass()]
    return ast.fix_missing_locations(_BodyStripper().visit(copy.deepcopy(node)))


def _deferred(node: ast.stmt, segment: str) -> frozenset[str]:
    """Return the free names of the functions in the statement."""
    try:
        table = symtable.symtable(segment if len(segment) < _HUGE else ast.unparse(node), "<cell>", "exec")
    except SyntaxError:
        # IPython syntax; the tree has Python in its place.
        table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
    return frozenset(_globals_of_functions(table)) | _augmented_globals(node)


def _augmented_globals(node: ast.stmt) -> frozenset[str]:
    """Return the globals that functions in the statement read only to add to them: `global n; n += 1`."""
    declared = declared_global(node)
    targets = (inner.target for inner in ast.walk(node) if isinstance(inner, ast.AugAssign))
    return frozenset(target.id for target in targets if isinstance(target, ast.Name)) & declared


def _globals_of_functions(table: symtable.SymbolTable, inside: bool = False) -> Iterator[str]:
    for child in table.get_children():
        is_function = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
        if inside or is_function:
            yield from (s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced())
        yield from _globals_of_functions(child, inside or is_function)


def _always_there(nodes: Iterable[ast.AST]) -> frozenset[str]:
    names = frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return names & ALWAYS_THERE


def _calls(nodes: Iterable[ast.AST]) -> frozenset[str]:
    called: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
        elif isinstance(node, DEFINITIONS):
            called.update(d.id for d in node.decorator_list if isinstance(d, ast.Name))
    return frozenset(called)


def _imports(nodes: Iterable[ast.AST]) -> frozenset[str]:
    modules: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.partition(".")[0])
    return frozenset(modules - {"__future__"})


def _is_code(node: ast.stmt) -> bool:
    """Whether the statement is code only, as in `try: import a` / `except ImportError: a = None`."""
    if isinstance(node, (*DEFINITIONS, *IMPORTS)):
        return True
    leaves = [leaf for branch in _branches(node) for leaf in branch]
    return any(_is_code(leaf) for leaf in leaves) and all(_is_code(x) or _is_placeholder(x) for x in leaves)


def _branches(node: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(node, ast.If):
        return [node.body, node.orelse]
    if isinstance(node, ast.Try):
        return [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
    return []


def _is_placeholder(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or isinstance(getattr(node, "value", None), ast.Constant)


def hides_names(cell: Cell) -> bool:
    """Whether a cell may bind names that its code does not show: by `exec`, or in `globals()`."""
    if cell.role not in ("step", "code"):
        return False
    names = analyze(cell.body)
    return names.opaque and (cell.role == "step" or not names.definitions)
