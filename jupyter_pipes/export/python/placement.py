"""Where each piece of code stands in an exported module: at its top, or inside of a step's function.

In a notebook's step all names are global. In a module the names that a step reads and writes are its
function's, so code that uses them has to stand inside of that function. All else stands once, at the top,
where every step sees it; unless two steps would have to see different things under one name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.export.python.lifting import lift
from jupyter_pipes.export.python.pieces import Order, Piece, StepCode
from jupyter_pipes.export.python.source import (
    Chunk,
    chunks,
    code_chunk,
    decides_imports,
    imported_names,
    single_imports,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_pipes.model.steps import Cell, CodePiece, Step


def place(steps: Sequence[Step], cells: Sequence[Cell]) -> list[StepCode]:
    """Decide for every step what stands inside of its function."""
    sources = {source for step in steps for source in step.sources}
    modules = frozenset[str]().union(*map(imported_names, sorted(sources)))
    codes = [_step_code(step, {cell.number: cell for cell in cells}, modules) for step in steps]
    lift(codes)
    while any(_nest_local(code) for code in codes) or _nest_conflicts(codes):
        pass
    return codes


def top_level(codes: Iterable[StepCode]) -> list[Piece]:
    """Return what stands at the module's top, each piece once, in order."""
    pieces = {piece.key: piece for code in codes for piece in sorted(code.outer, key=_order, reverse=True)}
    return sorted(pieces.values(), key=_order)


def split_setup(top: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Part what must run before the other imports, as set-up that decides what these give, from the rest."""
    setup = [piece for piece in top if piece.order[0] == 0]
    if not any(decides_imports(piece.chunk.node) for piece in setup if not piece.chunk.is_import):
        return [], list(top)
    first = {piece.key for piece in setup}
    needed = set[str]().union(*(piece.chunk.free for piece in setup))
    while more := [piece for piece in top if piece.key not in first and piece.chunk.binds & needed]:
        first |= {piece.key for piece in more}
        needed = needed.union(*(piece.chunk.free for piece in more))
    borrowed = [piece for piece in top if piece.key in first and piece not in setup]
    return [*borrowed, *setup], [piece for piece in top if piece.key not in first]


def _order(piece: Piece) -> Order:
    return piece.order


def _step_code(step: Step, cells: dict[int, Cell], modules: frozenset[str]) -> StepCode:
    own = _own_pieces(step, modules)
    setup = [piece for code in step.setup for piece in _setup_pieces(code, modules)]
    prelude = [
        piece
        for code in step.prelude
        for chunk in _with_comments(code, cells, modules)
        for piece in _pieces(chunk, 1, _number(code.label), chunk.line)
    ]
    everything = [*setup, *prelude, *own]
    needed = set[str]().union(*(piece.chunk.free for piece in everything))
    reached = [piece for piece in prelude if not piece.chunk.is_import or _is_needed(piece, needed)]
    fixed = {piece.key for piece in own if not _may_move(piece, own)}
    return StepCode(step, [*setup, *reached], own, fixed)


def _setup_pieces(code: CodePiece, modules: frozenset[str]) -> Iterator[Piece]:
    for chunk in chunks(code.source, modules):
        yield from _pieces(chunk, 0, _number(code.label), code.line + chunk.line - 1)


def _own_pieces(step: Step, modules: frozenset[str]) -> list[Piece]:
    return [
        piece
        for chunk in chunks(step.body, modules)
        for piece in _pieces(chunk, 1, _number(step.label), chunk.line)
    ]


def _may_move(piece: Piece, own: Sequence[Piece]) -> bool:
    """Whether a statement of the step's cell may stand at the top: imports, and what is defined once."""
    others = [other for other in own if other.chunk.binds & piece.chunk.binds and other.key != piece.key]
    if piece.chunk.is_import:
        if any(decides_imports(other.chunk.node) for other in own[: own.index(piece)]):
            return False
        return all(other.chunk.is_import for other in others)
    return piece.chunk.is_definition and not others


def _pieces(chunk: Chunk, group: int, cell: int, line: int) -> Iterator[Piece]:
    if chunk.is_import:
        for place_, part in enumerate(single_imports(chunk)):
            yield Piece(part.code, (group, cell, line, place_), part)
    elif chunk.is_definition:
        yield Piece(chunk.code, (group, cell, line, 0), chunk)
    else:
        yield Piece(f"cell {cell}, line {line}: {chunk.code}", (group, cell, line, 0), chunk)


def _is_needed(piece: Piece, needed: set[str]) -> bool:
    return bool(piece.chunk.binds & (needed | {STAR})) or piece.key.startswith("from __future__")


def _nest_local(code: StepCode) -> bool:
    """Take in what uses the function's own names; return whether there was any."""
    local = code.local_names
    found = {piece.key for piece in code.outer if (piece.chunk.binds | piece.chunk.free) & local}
    code.nested |= found
    return bool(found)


def _nest_conflicts(codes: Sequence[StepCode]) -> bool:
    """Take in what would not mean the same to every step that sees its name; return whether there was any."""
    found = False
    for name in set[str]().union(*(piece.chunk.binds for code in codes for piece in code.outer)) - {STAR}:
        seen = {_meaning(code, name) for code in codes if name not in code.local_names}
        # A step that has no use for the name does not mind what it is.
        if len(seen - {None}) > 1:
            for code in codes:
                code.nested |= {piece.key for piece in code.outer if name in piece.chunk.binds}
            found = True
    return found


def _meaning(code: StepCode, name: str) -> tuple[str, ...] | None:
    keys = sorted({_identity(piece) for piece in code.outer if name in piece.chunk.binds})
    return tuple(keys) if keys or name in code.free_names else None


def _identity(piece: Piece) -> str:
    match piece.chunk.node:
        case ast.Import([ast.alias(name=name, asname=None)]):
            # `import a.b` and `import a.c` both bind `a`, and do not disagree.
            return f"import {name.partition('.')[0]}"
        case _:
            return piece.key


def _with_comments(code: CodePiece, cells: dict[int, Cell], modules: frozenset[str]) -> list[Chunk]:
    """The statement with the comments that stand around it in its cell; several for what a guard guards."""
    cell = cells.get(_number(code.label))
    if cell is not None:
        for chunk in chunks(cell.body, modules):
            if chunk.line == code.line and code.source.startswith(chunk.code):
                return [chunk]
    found = chunks(code.source, modules)
    if len(found) > 1:
        return [msgspec.structs.replace(chunk, line=code.line + chunk.line - 1) for chunk in found]
    return [msgspec.structs.replace(code_chunk(code.source, modules), line=code.line)]


def _number(label: str) -> int:
    number = label.removeprefix("cell ")
    return int(number) if number.isdecimal() else 0
