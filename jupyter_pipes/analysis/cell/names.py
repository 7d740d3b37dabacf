"""Cell source -> the names that it reads, writes and mutates, and what could not be seen."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from msgspec import Struct

from jupyter_pipes.analysis.cell.magic_effects import CODE_CELL_MAGICS, SCRATCH_MAGICS, TEXT_CELL_MAGICS
from jupyter_pipes.analysis.cell.magic_flow import CellFlow
from jupyter_pipes.analysis.cell.record import CellRecord, Facts
from jupyter_pipes.analysis.cell.scopes import (
    ALWAYS_THERE,
    NOTEBOOK_NAMES,
    PROMPT_NAMES,
    Scope,
    declared_global,
    imported_names,
)
from jupyter_pipes.analysis.cell.source import CellCode, parse_cell
from jupyter_pipes.analysis.effects.expansion import changed_globals
from jupyter_pipes.analysis.effects.repertoire import Repertoire
from jupyter_pipes.analysis.effects.summaries import Environment
from jupyter_pipes.analysis.effects.values import NOTHING
from jupyter_pipes.analysis.foreign_magics import is_foreign
from jupyter_pipes.analysis.quoted_code import text_names
from jupyter_pipes.analysis.syntax import room_for_depth
from jupyter_pipes.model.steps import Diagnostic
from jupyter_pipes.system.memory import remembered

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NOTHING: frozenset[str] = frozenset()
_EMPTY = Environment()


class Names(Struct, frozen=True):
    """What one cell does with names (interface.md §4, design.md §3).

    Attributes:
        reads: names used where nothing in the cell binds them first; no builtins.
        optional_reads: names used that the cell binds before on some paths only.
        writes: module-level names bound when the cell ends, on some path at least.
        mutates: names from outside whose object is changed for sure (`x[k] =`, `x.a =`, `x +=`, `del x[k]`).
        maybe_mutates: names from outside on which a method is called that may change them.
        opaque: whether the cell runs code that cannot be seen here; a diagnostic says which.
        uses_extensions: whether it uses magics that extensions bring.
        evaluates_texts: whether it evaluates or runs texts that may come from elsewhere.
        diagnostics: the problems found, by line.
        definitions: names whose only binding is an unconditional `def`, `class` or import: code, not values.
        modules: names that imports bind, modules and what comes out of them alike.
        read_lines: name -> the first line on which it is read, for reads and optional reads.
        optional_writes: those of `writes` that the cell binds on some paths only.
        deferred_writes: module-level names that functions of the cell bind, whoever calls them.
        deferred_changes: those whose objects they change.
        leaves: what later cells must know of the functions, classes and values that it binds.
    """

    reads: frozenset[str] = frozenset()
    optional_reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    maybe_mutates: frozenset[str] = frozenset()
    opaque: bool = False
    uses_extensions: bool = False
    evaluates_texts: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    definitions: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    read_lines: Mapping[str, int] = {}
    optional_writes: frozenset[str] = frozenset()
    deferred_writes: frozenset[str] = frozenset()
    deferred_changes: frozenset[str] = frozenset()
    leaves: Environment = Environment()


@remembered
def analyze(
    source: str,
    modules: frozenset[str] = _NOTHING,
    shadowed: frozenset[str] = _NOTHING,
    environment: Environment = _EMPTY,
    behind: str = "",
) -> Names:
    """Return what the cell does with names; never raises on account of the source.

    Args:
        source: the cell's text, IPython syntax allowed; line numbers are those of this text.
        modules: names that earlier cells import: changing them changes no value that steps hand on.
        shadowed: names that are always there and that earlier cells bind: read like any other.
        environment: what is known of the functions, classes and values of earlier cells.
        behind: an expression of the cell's first line that is computed when the cell has run; "" for none.
    """
    try:
        with room_for_depth():
            return _analyze(parse_cell(source), source, modules, shadowed, environment, behind)
    except (SyntaxError, ValueError) as error:
        return Names(diagnostics=(_syntax_diagnostic(error),))
    except (RecursionError, MemoryError):
        message = (
            "this cell is nested too deeply to be read; say what it reads and writes with --in and --out"
        )
        return Names(opaque=True, diagnostics=(Diagnostic("JP002", message, severity="warning"),))


def _analyze(
    code: CellCode,
    source: str,
    modules: frozenset[str],
    shadowed: frozenset[str],
    environment: Environment,
    behind: str,
) -> Names:
    assigned = declared_global(code.tree) if "global" in source else _NOTHING
    cell = CellRecord(modules, shadowed, assigned, _displayed(code), Repertoire(environment))
    flow = CellFlow(cell, Scope("module"))
    flow.walk_cell(code)
    if behind:
        flow.walk_cell(parse_cell(f"({behind}\n)"))
    facts = flow.finish()
    _settle_deferred(cell, facts)
    if cell.evaluates_texts:
        for name in text_names(code.tree) - facts.exit.definite - ALWAYS_THERE:
            facts.optional.setdefault(name, 1)
    return _names(cell, facts, code)


def _syntax_diagnostic(error: SyntaxError | ValueError) -> Diagnostic:
    what, line = str(error), 1
    if isinstance(error, SyntaxError):
        what, line = error.msg, error.lineno or 1
    return Diagnostic("JP001", f"Python cannot read this cell: {what}; correct line {line}", line=line)


def _displayed(code: CellCode) -> ast.Expr | None:
    """Return the last expression, whose value the notebook shows unless a semicolon follows it."""
    last = code.tree.body[-1] if code.tree.body else None
    if not isinstance(last, ast.Expr) or _ends_with_semicolon(code.body):
        return None
    return last


def _ends_with_semicolon(text: str) -> bool:
    for line in reversed(text.splitlines()):
        stripped = line.partition("#")[0].rstrip()
        if stripped:
            return stripped.endswith(";")
    return False


def _settle_deferred(cell: CellRecord, facts: Facts) -> None:
    """Decide about names that functions use whenever they are called: at the latest after the cell."""
    left = facts.exit
    for function in cell.deferred:
        for name, line in (*function.reads.items(), *function.optional.items()):
            if name in left.definite or (name in ALWAYS_THERE and name not in cell.shadowed):
                continue
            perhaps = name in cell.bindings or name in function.optional or cell.has_star_import
            (facts.optional if perhaps else facts.reads).setdefault(name, line)


def _names(cell: CellRecord, facts: Facts, code: CellCode) -> Names:
    writes = frozenset(name for name in facts.exit.possible if "." not in name)
    # Who asks whether a name is there can do without it.
    # And what a magic that nobody knows does with its text is not known.
    reads = _NOTHING if _is_unknown(code) else frozenset(facts.reads) - cell.asked_for
    lines = facts.optional | facts.reads
    for name in facts.reads.keys() & facts.optional.keys():
        lines[name] = min(facts.optional[name], facts.reads[name])
    _note_shadowed_builtins(cell, writes)
    return Names(
        reads=reads,
        optional_reads=frozenset(lines) - reads,
        writes=writes,
        mutates=frozenset(facts.mutates),
        maybe_mutates=frozenset(facts.maybe_mutates) - facts.mutates,
        opaque=cell.is_opaque,
        uses_extensions=cell.uses_extensions,
        evaluates_texts=cell.evaluates_texts,
        diagnostics=cell.diagnostics,
        definitions=_definitions(cell, code.tree) & writes,
        modules=frozenset(name for name in cell.bindings if cell.has_import(name)),
        read_lines=lines,
        optional_writes=writes - facts.exit.definite,
        deferred_writes=frozenset(
            name for function in cell.deferred for name in function.exit.possible if "." not in name
        ),
        deferred_changes=_NOTHING.union(*(changed_globals(function.summary) for function in cell.deferred)),
        leaves=cell.repertoire.left_by(
            {
                name: facts.exit.values.get(name, NOTHING)
                for name in sorted(writes | facts.mutates | facts.maybe_mutates)
            }
        ),
    )


def _is_unknown(code: CellCode) -> bool:
    names = {magic.name for magic in code.magics} - CODE_CELL_MAGICS - SCRATCH_MAGICS - TEXT_CELL_MAGICS
    return any(not is_foreign(name) for name in names)


def _note_shadowed_builtins(cell: CellRecord, writes: frozenset[str]) -> None:
    for name in (writes & ALWAYS_THERE) - PROMPT_NAMES - NOTEBOOK_NAMES.keys():
        if not name.startswith("__") and name in cell.bindings:
            cell.note_shadowed_builtin(name, min(line for _, line in cell.bindings[name]))


def _definitions(cell: CellRecord, tree: ast.Module) -> frozenset[str]:
    defined: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, _Definition) and len(cell.bindings.get(statement.name, ())) == 1:
            defined.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            defined.update(name for name in imported_names(statement) if cell.is_import(name))
    return frozenset(defined - cell.changed_in_place)
